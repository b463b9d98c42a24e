"""Filters and boosts written on a command line."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from es_hybrid.cli.app import build_parser
from es_hybrid.cli.filters import boost, filter_clause, filter_query
from es_hybrid.cli.search import search_arguments


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("brand=Aya", {"term": {"brand": "Aya"}}),
        ("category_path=鞋 > 跑鞋", {"term": {"category_path": "鞋 > 跑鞋"}}),
        ("url=http://x?a=b", {"term": {"url": "http://x?a=b"}}),
        ("price>=10", {"range": {"price": {"gte": "10"}}}),
        ("price < 10", {"range": {"price": {"lt": "10"}}}),
        ('{"exists": {"field": "ean"}}', {"exists": {"field": "ean"}}),
    ],
)
def test_a_filter_becomes_a_clause(text: str, clause: dict[str, Any]) -> None:
    """Equality, comparison and JSON are understood; only the first sign counts."""
    assert filter_clause(text) == clause


@pytest.mark.parametrize("text", ["", "brand", "brand=", "=Aya", "{", "{}", '{"a": {}, "b": {}}'])
def test_what_is_no_filter_is_refused(text: str) -> None:
    """A filter that would filter by nothing is a mistake."""
    with pytest.raises(argparse.ArgumentTypeError):
        filter_clause(text)


def test_values_of_one_field_are_alternatives() -> None:
    """Two brands mean either; different fields and other clauses mean all."""
    clauses = [filter_clause(text) for text in ("brand=Aya", "price<9", "brand=Bo", "shop=7")]
    assert filter_query(clauses) == {
        "bool": {
            "filter": [
                {"terms": {"brand": ["Aya", "Bo"]}},
                {"term": {"shop": "7"}},
                {"range": {"price": {"lt": "9"}}},
            ]
        }
    }
    assert filter_query([]) is None


@pytest.mark.parametrize(
    ("text", "equals", "factor"),
    [
        ("in_stock=true:1.2", True, 1.2),
        ("stock=0:0.5", 0, 0.5),
        ("brand=Aya:2", "Aya", 2.0),
        ("ratio=16:9:1.1", "16:9", 1.1),
        ("brand=null:1.1", "null", 1.1),
    ],
)
def test_a_boost_has_a_typed_value_and_a_factor(text: str, equals: object, factor: float) -> None:
    """Numbers and truth values are compared as such, everything else as text."""
    field = text.partition("=")[0]
    assert boost(text) == {"field": field, "equals": equals, "factor": factor}


@pytest.mark.parametrize(
    "text", ["in_stock", "in_stock=true", "a=b:0", "a=b:-1", "a=b:x", "a=b:inf", "a=b:nan", ":1"]
)
def test_what_is_no_boost_is_refused(text: str) -> None:
    """A boost needs a field, a value and a factor above 0."""
    with pytest.raises(argparse.ArgumentTypeError):
        boost(text)


def test_a_search_says_only_what_was_asked() -> None:
    """Without flags a request holds the words alone; each flag adds its own part."""
    parse = build_parser().parse_args
    assert search_arguments(parse(["search", "p", "red shoe"])) == {
        "index": "p",
        "size": 10,
        "ext": {"hybrid": {"text": "red shoe"}},
    }
    flags = ["--size=3", "--from=6", "--filter=a=b", "--boost=c=d:2", "--no-rerank", "--explain"]
    assert search_arguments(parse(["search", "p", "red shoe", *flags])) == {
        "index": "p",
        "size": 3,
        "from_": 6,
        "query": {"bool": {"filter": [{"term": {"a": "b"}}]}},
        "ext": {
            "hybrid": {
                "text": "red shoe",
                "rerank": False,
                "boosts": [{"field": "c", "equals": "d", "factor": 2.0}],
                "explain": True,
            }
        },
    }
