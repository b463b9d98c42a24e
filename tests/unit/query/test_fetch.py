"""Documents are fetched once their order is known, as the caller asked for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from es_hybrid.query.fetch import fetch_params, groups_body, page_body, rest_body, text_body
from es_hybrid.query.plan import Plan, RerankPlan
from es_hybrid.query.request import parse_request
from es_hybrid.types import PlanName

QUERY = {"match": {"title": "shoe"}}
KEYS = [("i", "1"), ("i", "2")]
BY_ID = {"bool": {"filter": [{"term": {"_index": "i"}}, {"ids": {"values": ["1", "2"]}}]}}


def plan(query: Any = QUERY, **asked: Any) -> Plan:
    request = parse_request({"index": "products", "query": query, **asked})
    return Plan(name=PlanName.MSEARCH_FUSION, request=request, query=query)


def test_a_plain_page() -> None:
    """Without anything that reads the query, documents come by id alone."""
    assert page_body(plan(), KEYS) == {"query": BY_ID, "size": 2, "track_total_hits": False}


def test_what_the_caller_asked_of_a_hit() -> None:
    """Everything that says what of a hit is answered is passed on; what counts or orders is not."""
    asked: dict[str, Any] = {
        "source": ["title"],
        "fields": ["price"],
        "docvalue_fields": ["sales"],
        "script_fields": {"x": {}},
        "stored_fields": ["a"],
        "version": True,
        "seq_no_primary_term": True,
        "runtime_mappings": {"r": {}},
    }
    counted: dict[str, Any] = {"aggs": {"a": {}}, "suggest": {}, "from_": 5, "rescore": {"q": {}}}
    body = page_body(plan(**asked, **counted), KEYS)
    assert body["_source"] == ["title"]
    assert asked.keys() - {"source"} <= body.keys()
    assert not {"aggs", "suggest", "from", "rescore"} & body.keys()


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        (QUERY, {"highlight": {"fields": {"title": {}}}}),
        (QUERY, {"explain": True}),
        (
            {"bool": {"must": [QUERY], "should": [{"match": {"a": {"query": "b", "_name": "n"}}}]}},
            {},
        ),
        ({"nested": {"path": "p", "query": QUERY, "inner_hits": {}}}, {}),
    ],
)
def test_the_query_takes_part_where_it_is_read(query: Any, asked: dict[str, Any]) -> None:
    """Highlights, explanations, named queries and inner hits need it; no hit may drop out."""
    body = page_body(plan(query, **asked), KEYS)
    assert body["query"] == {"bool": {"filter": [BY_ID], "should": [query]}}


def test_the_same_id_in_two_indices() -> None:
    """Each index is asked for its own ids alone, so that no namesake takes a place."""
    body = page_body(plan(), [("a", "1"), ("b", "1"), ("b", "2")])
    wanted = [clause["bool"]["filter"] for clause in body["query"]["bool"]["should"]]
    assert wanted == [
        [{"term": {"_index": "a"}}, {"ids": {"values": ["1"]}}],
        [{"term": {"_index": "b"}}, {"ids": {"values": ["1", "2"]}}],
    ]
    assert body["size"] == 3


def test_what_a_reranker_reads() -> None:
    """Only the fields it is shown, under the caller's time limit."""
    made = plan(timeout="1s", highlight={"fields": {}})
    body = text_body(replace(made, rerank=RerankPlan(50, ("title", "brand"), None, 0.5)), KEYS)
    assert body == {
        "query": BY_ID,
        "size": 2,
        "track_total_hits": False,
        "_source": ["title", "brand"],
        "timeout": "1s",
    }


def test_parameters() -> None:
    """URL parameters that say where documents are apply to a fetch; others do not."""
    made = plan(routing="a", preference="b", ignore_unavailable=True, q="x", typed_keys=True)
    assert fetch_params(made) == {"routing": "a", "preference": "b", "ignore_unavailable": True}


def test_what_follows_the_candidates() -> None:
    """The lexical order goes on without what was shown, under the caller's own filter."""
    red: dict[str, Any] = {"term": {"colour": "red"}}
    made = plan(post_filter=red, source=["title"], aggs={"a": {}})
    body = rest_body(made, [("a", "1"), ("b", "2"), ("a", "3")], [], from_=5, size=10)
    assert (body["from"], body["size"], body["post_filter"]) == (5, 10, red)
    assert body["_source"] == ["title"]
    assert "aggs" not in body
    shown = body["query"]["bool"]["must_not"]
    assert body["query"]["bool"]["must"] == [QUERY]
    assert [clause["bool"]["filter"][1]["ids"]["values"] for clause in shown] == [["1", "3"], ["2"]]


def test_groups_that_were_shown_do_not_come_again() -> None:
    """With collapsing, a whole group is shown with its first hit; hits of no group are one group."""
    made = plan(collapse={"field": "group"})
    body = rest_body(made, KEYS, ["g1", None], from_=0, size=10)
    assert body["collapse"] == {"field": "group"}
    shown = body["query"]["bool"]["must_not"]
    assert {"terms": {"group": ["g1"]}} in shown
    assert {"bool": {"must_not": {"exists": {"field": "group"}}}} in shown


def test_inner_hits_of_groups() -> None:
    """A group's variants are all that the query matches, and the page's own hits."""
    collapse = {"field": "group", "inner_hits": {"name": "variants"}}
    page: list[dict[str, Any]] = [
        {"_index": "i", "_id": "1", "fields": {"group": ["g1"]}},
        {"_index": "i", "_id": "2"},
    ]
    body = groups_body(plan(collapse=collapse, post_filter={"term": {"a": 1}}), page)
    assert body is not None
    assert body["collapse"] == collapse
    assert body["query"]["bool"]["should"] == [QUERY]
    assert {"bool": {"should": [QUERY, BY_ID]}} in body["query"]["bool"]["filter"]
    assert {"term": {"a": 1}} in body["query"]["bool"]["filter"]
    assert groups_body(plan(collapse={"field": "group"}), page) is None
    assert groups_body(plan(), page) is None
    assert groups_body(plan(collapse=collapse), []) is None


def test_what_follows_without_groups() -> None:
    """Where no candidate had a group, none is shut out."""
    body = rest_body(plan(collapse={"field": "group"}), KEYS, [], from_=0, size=10)
    assert "group" not in str(body["query"])
