"""What must not be touched is not touched, and says why; asked for explicitly it is an error."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.errors import RequestError
from es_hybrid.query.decide import make_passthrough
from es_hybrid.query.passthrough import passthrough_reason, sorts_by_score
from es_hybrid.query.request import parse_request
from es_hybrid.types import PassthroughReason as Reason
from es_hybrid.types import PlanName

QUERY = {"match": {"title": "shoe"}}
AMBIGUOUS = {"bool": {"must": [QUERY, {"match": {"brand": "Acme"}}]}}

REASONS: list[tuple[dict[str, Any], Reason, str]] = [
    ({"query": {"match_all": {}}}, Reason.NO_TEXT, "ext.hybrid.text"),
    ({}, Reason.NO_TEXT, "ext.hybrid.text"),
    ({"query": AMBIGUOUS}, Reason.AMBIGUOUS_TEXT, "ext.hybrid.text"),
    ({"sort": "price"}, Reason.SORT, "sort"),
    ({"sort": ["price:asc", "_score"]}, Reason.SORT, "sort"),
    ({"sort": [{"_score": "asc"}]}, Reason.SORT, "sort"),
    ({"scroll": "1m"}, Reason.SCROLL, "scroll"),
    ({"search_after": [1]}, Reason.SEARCH_AFTER, "search_after"),
    ({"pit": {"id": "x"}}, Reason.PIT, "pit"),
    ({"slice": {"id": 0, "max": 2}}, Reason.SLICE, "slice"),
    ({"size": 0}, Reason.SIZE_ZERO, "size"),
    ({"from_": 9_995}, Reason.PAST_RESULT_WINDOW, "from"),
    ({"size": 10_001}, Reason.PAST_RESULT_WINDOW, "from"),
    ({"knn": {"field": "e"}}, Reason.KNN, "knn"),
    ({"retriever": {"standard": {}}}, Reason.RETRIEVER, "retriever"),
    ({"rank": {"rrf": {}}}, Reason.RANK, "rank"),
    ({"min_score": 1}, Reason.MIN_SCORE, "min_score"),
    ({"min_score": 0}, Reason.MIN_SCORE, "min_score"),
    ({"terminate_after": 10}, Reason.TERMINATE_AFTER, "terminate_after"),
    ({"index": None}, Reason.NO_INDEX, "index"),
    ({"filter_path": "hits"}, Reason.PARAMETER, "filter_path"),
    ({"batched_reduce_size": 2}, Reason.PARAMETER, "batched_reduce_size"),
    ({"suggest_field": "t"}, Reason.PARAMETER, "suggest_field"),
    ({"indx": "products"}, Reason.PARAMETER, "body"),
    ({"body": {"query": QUERY}}, Reason.PARAMETER, "body"),
]
IDS = [f"{reason}-{str(asked)[:40]}" for asked, reason, _ in REASONS]


def arguments(asked: dict[str, Any]) -> dict[str, Any]:
    return {"index": "products", "query": QUERY, **asked} if asked else {"index": "products"}


@pytest.mark.parametrize(("asked", "reason", "path"), REASONS, ids=IDS)
def test_reasons(asked: dict[str, Any], reason: Reason, path: str) -> None:
    """Each request that a second leg would change is named with the path that decides."""
    request = parse_request(arguments(asked))
    assert passthrough_reason(request) == (reason, path)
    plan = make_passthrough(request)
    assert plan is not None
    assert (plan.name, plan.passthrough) == (PlanName.PASSTHROUGH, reason)


@pytest.mark.parametrize(("asked", "reason", "path"), REASONS, ids=IDS)
def test_asked_for_explicitly(asked: dict[str, Any], reason: Reason, path: str) -> None:
    """`ext.hybrid` beside what rules it out is an error at that path, not a silent passthrough."""
    request = parse_request({**arguments(asked), "ext": {"hybrid": {"window": 100}}})
    with pytest.raises(RequestError) as caught:
        make_passthrough(request)
    assert caught.value.path == path


@pytest.mark.parametrize(("asked", "reason", "path"), REASONS, ids=IDS)
def test_switched_off(asked: dict[str, Any], reason: Reason, path: str) -> None:
    """`"hybrid": false` goes straight through, whatever else is asked."""
    request = parse_request({**arguments(asked), "ext": {"hybrid": False}})
    plan = make_passthrough(request)
    assert plan is not None
    assert plan.passthrough is Reason.SWITCHED_OFF


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": "_score"},
        {"sort": []},
        {"from_": 9_990},
        {"size": 10_000},
        {"aggs": {"b": {"terms": {"field": "brand"}}}},
        {"post_filter": {"term": {"brand": "Acme"}}},
        {"collapse": {"field": "group"}},
        {"highlight": {"fields": {"title": {}}}},
        {"suggest": {"s": {"text": "shoo", "term": {"field": "title"}}}},
        {"rescore": {"query": {"rescore_query": QUERY}}},
        {"track_total_hits": False},
        {"preference": "me"},
        {"routing": "a"},
        {"knn": None},
        {"knn": []},
        {"q": "shoe", "query": None},
    ],
)
def test_what_can_be_improved(asked: dict[str, Any]) -> None:
    """Requests that keep their meaning with a second leg are improved."""
    request = parse_request({"index": "products", "query": QUERY, **asked})
    assert passthrough_reason(request) is None
    assert make_passthrough(request) is None


@pytest.mark.parametrize("page", [{"size": -1}, {"from_": -1}, {"size": "x"}, {"from_": [1]}])
def test_a_page_that_makes_no_sense(page: dict[str, Any]) -> None:
    """A page that Elasticsearch refuses is left for Elasticsearch to refuse."""
    request = parse_request({"index": "p", "query": QUERY, **page})
    assert passthrough_reason(request) is not None


@pytest.mark.parametrize(
    ("sort", "by_score"),
    [
        (None, True),
        ([], True),
        ("_score", True),
        ("_score:desc", True),
        (["_score"], True),
        ([{"_score": {"order": "desc"}}], True),
        ({"_score": "desc"}, True),
        ({"_score": {}}, True),
        ("_score:asc", False),
        ({"_score": "asc"}, False),
        ({"_score": {"order": "asc"}}, False),
        ("price", False),
        ("price:asc,_score", False),
        (["_score", "price"], False),
        ({"_score": "desc", "price": "asc"}, False),
        ("_doc", False),
        ("_geo_distance", False),
    ],
)
def test_sorts_by_score(sort: Any, by_score: bool) -> None:
    """Only what search does anyway counts as sorting by score."""
    assert sorts_by_score(sort) is by_score
