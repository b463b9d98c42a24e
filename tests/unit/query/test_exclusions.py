"""What rules leave out becomes a filter that says exactly that."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.policies import NO_POLICIES, Exclusion, Policies, StockAction, StockPolicy
from es_hybrid.query.exclusions import exclusion_filters, narrowed

HIDE = StockAction.HIDE


@pytest.mark.parametrize(
    ("policies", "filters"),
    [
        (NO_POLICIES, []),
        (Policies(stock=StockPolicy("stock", StockAction.BURY)), []),
        (
            Policies(stock=StockPolicy("stock", HIDE)),
            [{"bool": {"must_not": [{"range": {"stock": {"lte": 0.0}}}]}}],
        ),
        (
            Policies(stock=StockPolicy("stock", HIDE, above=2, missing_is_in_stock=False)),
            [{"range": {"stock": {"gt": 2}}}],
        ),
        (
            Policies(stock=StockPolicy("s", HIDE, equals=("yes",), missing_is_in_stock=False)),
            [{"terms": {"s": ["yes"]}}],
        ),
        (
            Policies(stock=StockPolicy("s", HIDE, equals=(True,))),
            [
                {
                    "bool": {
                        "should": [
                            {"terms": {"s": [True]}},
                            {"bool": {"must_not": [{"exists": {"field": "s"}}]}},
                        ],
                        "minimum_should_match": 1,
                    }
                }
            ],
        ),
        (
            Policies(exclusions=(Exclusion(ids=("1",)), Exclusion(field="b", values=("x",)))),
            [{"bool": {"must_not": [{"ids": {"values": ["1"]}}, {"terms": {"b": ["x"]}}]}}],
        ),
    ],
)
def test_filters(policies: Policies, filters: list[Any]) -> None:
    """One filter for the exclusions and one for the stock, each only where there is a rule."""
    assert exclusion_filters(policies) == filters


def test_a_query_without_exclusions_is_the_caller_s_own() -> None:
    """Where nothing is left out, the query goes out as it came."""
    query = {"match": {"title": "shoe"}}
    assert narrowed(query, []) is query
    assert narrowed(query, [{"term": {"a": 1}}]) == {
        "bool": {"must": [query], "filter": [{"term": {"a": 1}}]}
    }
