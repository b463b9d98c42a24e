"""Filters are found wherever every hit must satisfy them, and only there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.query.filters import as_list, conjunction, harvest_filters

TEXT = {"match": {"title": "shoe"}}
RED = {"term": {"colour": "red"}}
ACME = {"term": {"brand": "Acme"}}
CHEAP = {"range": {"price": {"lt": 10}}}

KEYS = [
    "bool",
    "must",
    "must_not",
    "should",
    "filter",
    "minimum_should_match",
    "query",
    "queries",
    "positive",
    "organic",
    "nested",
    "function_score",
    "script_score",
    "constant_score",
    "boosting",
    "dis_max",
    "pinned",
    "path",
    "match",
]

CASES: dict[str, tuple[Any, list[Any]]] = {
    "nothing": (None, []),
    "empty": ({}, []),
    "not a query": ("shoe", []),
    "broken": ({"bool": "shoe"}, []),
    "a text alone": (TEXT, []),
    "filter": ({"bool": {"must": TEXT, "filter": RED}}, [RED]),
    "filters": ({"bool": {"must": TEXT, "filter": [RED, ACME]}}, [RED, ACME]),
    "a text as a filter": ({"bool": {"must": TEXT, "filter": [TEXT]}}, [TEXT]),
    "must_not": (
        {"bool": {"must": TEXT, "must_not": [RED, ACME]}},
        [{"bool": {"must_not": [RED, ACME]}}],
    ),
    "must without text": ({"bool": {"must": [TEXT, RED]}}, [RED]),
    "bool in must": ({"bool": {"must": [{"bool": {"must": TEXT, "filter": RED}}]}}, [RED]),
    "optional should": ({"bool": {"must": TEXT, "should": [RED]}}, []),
    "required should": (
        {"bool": {"must": TEXT, "should": [RED, ACME], "minimum_should_match": 1}},
        [{"bool": {"should": [RED, ACME], "minimum_should_match": 1}}],
    ),
    "should of texts": ({"bool": {"should": [TEXT], "minimum_should_match": 1}}, []),
    "text or filter": ({"bool": {"should": [TEXT, RED]}}, []),
    "switched-off should": (
        {"bool": {"must": TEXT, "should": [RED], "minimum_should_match": 0}},
        [],
    ),
    "function_score": (
        {"function_score": {"query": {"bool": {"must": TEXT, "filter": RED}}}},
        [RED],
    ),
    "script_score": ({"script_score": {"query": {"bool": {"must": TEXT, "filter": RED}}}}, [RED]),
    "constant_score": ({"constant_score": {"filter": {"bool": {"must": [TEXT, RED]}}}}, [RED]),
    "boosting": ({"boosting": {"positive": {"bool": {"must": TEXT, "filter": RED}}}}, [RED]),
    "demoted": ({"boosting": {"positive": TEXT, "negative": RED}}, []),
    "nested": (
        {"nested": {"path": "sizes", "query": {"bool": {"must": TEXT, "filter": CHEAP}}}},
        [{"nested": {"path": "sizes", "query": CHEAP}}],
    ),
    "nested text": ({"nested": {"path": "sizes", "query": TEXT}}, []),
    "nested in must": (
        {"bool": {"must": [TEXT, {"nested": {"path": "sizes", "query": CHEAP}}]}},
        [{"nested": {"path": "sizes", "query": CHEAP}}],
    ),
    "disjunction": ({"dis_max": {"queries": [TEXT, {"bool": {"must": TEXT, "filter": RED}}]}}, []),
    "geo": (
        {"bool": {"must": TEXT, "filter": {"geo_distance": {"distance": "9km", "shop": [0, 0]}}}},
        [{"geo_distance": {"distance": "9km", "shop": [0, 0]}}],
    ),
}


@pytest.mark.parametrize(("query", "filters"), CASES.values(), ids=list(CASES))
def test_what_binds(query: Any, filters: list[Any]) -> None:
    """Conjunctive parts bind, optional and demoting parts do not."""
    assert harvest_filters(query) == filters


@pytest.mark.parametrize("minimum", [0, "0", "0%", "-1", -1, "-100%"])
def test_a_should_that_need_not_match_is_no_filter(minimum: Any) -> None:
    """However "none of them" is written, an optional clause beside a text never filters."""
    query = {"bool": {"must": TEXT, "should": [RED], "minimum_should_match": minimum}}
    assert harvest_filters(query) == []


def test_branches_that_all_filter() -> None:
    """Where every branch of a disjunction brings a filter, a hit satisfies one of them."""
    branches = [{"bool": {"must": TEXT, "filter": RED}}, {"bool": {"must": TEXT, "filter": ACME}}]
    either = [{"bool": {"should": [RED, ACME], "minimum_should_match": 1}}]
    assert harvest_filters({"dis_max": {"queries": branches}}) == either
    assert harvest_filters({"bool": {"should": branches}}) == either


def test_a_missing_nested_path_stays_forgiven() -> None:
    """`ignore_unmapped` goes with the harvested filter, or it would fail where the query does not."""
    inner = {"bool": {"must": TEXT, "filter": CHEAP}}
    query = {"nested": {"path": "sizes", "ignore_unmapped": True, "query": inner}}
    assert harvest_filters(query) == [
        {"nested": {"path": "sizes", "ignore_unmapped": True, "query": CHEAP}}
    ]


def test_nothing_of_the_query_is_edited() -> None:
    """Harvesting leaves the caller's query as it was."""
    filters = [RED]
    query = {"bool": {"must": [TEXT, ACME], "must_not": [CHEAP], "filter": filters}}
    harvested = harvest_filters(query)
    harvested.append(CHEAP)
    assert filters == [RED]
    assert query == {"bool": {"must": [TEXT, ACME], "must_not": [CHEAP], "filter": [RED]}}


def test_conjunction() -> None:
    """No filter is none, one is itself, several hold together."""
    assert conjunction([]) is None
    assert conjunction([RED]) == RED
    assert conjunction([RED, ACME]) == {"bool": {"filter": [RED, ACME]}}


def test_as_list() -> None:
    """A section of `bool` may be absent, one object, or a list."""
    assert [as_list(None), as_list(RED), as_list([RED]), as_list((RED,))] == [
        [],
        [RED],
        [RED],
        [RED],
    ]


@pytest.mark.parametrize(
    "minimum", ["x<1", "<", "3<x", "", "abc", "%", 1.5, True, [], {}, None, "∞"]
)
def test_a_minimum_that_makes_no_sense(minimum: Any) -> None:
    """It is left for Elasticsearch to refuse."""
    harvest_filters({"bool": {"must": TEXT, "should": [RED], "minimum_should_match": minimum}})


@given(
    st.recursive(
        st.none() | st.text(max_size=3) | st.just(TEXT) | st.just(RED),
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_no_shape_breaks_it(query: Any) -> None:
    """Whatever a caller sends, harvesting never raises: Elasticsearch judges the query."""
    harvest_filters(query)
