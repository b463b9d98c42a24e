"""A harvested filter may let too much through, and never too little: asked of the real engine."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from es_hybrid.query.filters import conjunction, harvest_filters

pytestmark = pytest.mark.es

TEXTS = st.sampled_from(
    [
        {"match": {"title": "shoe"}},
        {"match": {"title": {"query": "running tent red", "operator": "or"}}},
        {"multi_match": {"query": "shoe stove", "fields": ["title", "description"]}},
        {"query_string": {"query": "shoe OR bag", "fields": ["title"]}},
    ]
)
FILTERS = st.sampled_from(
    [
        {"term": {"colour": "red"}},
        {"terms": {"brand": ["Norvik", "Ostara"]}},
        {"range": {"price": {"lt": 50}}},
        {"exists": {"field": "sales"}},
        {"match_all": {}},
        {"nested": {"path": "sizes", "query": {"range": {"sizes.left": {"gte": 2}}}}},
    ]
)
MINIMA = st.sampled_from([None, 0, 1, 2, -1, "0", "1", "50%", "-50%", "0%", "100%", "-100%", "2<1"])


def wrapped(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    clauses = st.lists(inner | FILTERS, max_size=2)
    return (
        st.builds(boolean, clauses, st.lists(FILTERS | inner, max_size=2), clauses, clauses, MINIMA)
        | st.builds(lambda q: {"function_score": {"query": q}}, inner)
        | st.builds(lambda q: {"constant_score": {"filter": q}}, inner)
        | st.builds(
            lambda q, n: {"boosting": {"positive": q, "negative": n, "negative_boost": 0.5}},
            inner,
            FILTERS,
        )
        | st.builds(lambda q: {"dis_max": {"queries": q}}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda q: {"script_score": {"query": q, "script": {"source": "1.0"}}}, inner)
    )


def boolean(must: Any, filters: Any, must_not: Any, should: Any, minimum: Any) -> dict[str, Any]:
    sections = {"must": must, "filter": filters, "must_not": must_not, "should": should}
    clauses: dict[str, Any] = {name: value for name, value in sections.items() if value}
    if minimum is not None:
        clauses["minimum_should_match"] = minimum
    return {"bool": clauses}


QUERIES = st.recursive(TEXTS, wrapped, max_leaves=6)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(query=QUERIES)
def test_no_hit_of_the_query_is_filtered_out(
    es: Elasticsearch, products_index: str, query: dict[str, Any]
) -> None:
    """What the query finds, it finds under its own harvested filters too."""
    harvested = conjunction(harvest_filters(query))
    if harvested is None:
        return
    both = {"bool": {"must": [query], "filter": [harvested]}}
    lines: list[Any] = []
    for one in (query, both):
        lines += [{}, {"query": one, "size": 100, "_source": False}]
    answer = es.msearch(index=products_index, searches=lines)
    found, kept = ([hit["_id"] for hit in r["hits"]["hits"]] for r in answer["responses"])
    assert found == kept
