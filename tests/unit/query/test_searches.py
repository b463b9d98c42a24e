"""The arguments of `es.msearch` are read as one search each, or left alone."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.query.searches import read_searches

QUERY = {"query": {"match": {"title": "shoe"}}}


def test_pairs_of_lines() -> None:
    """Each header and body is one search; a header's own words win over the call's."""
    searches = [{}, QUERY, {"index": "other", "routing": "b"}, {"size": 3}]
    assert read_searches({"index": "products", "routing": "a", "searches": searches}) == [
        {"index": "products", "routing": "a", "body": QUERY},
        {"index": "other", "routing": "b", "body": {"size": 3}},
    ]


def test_lines_as_text() -> None:
    """Lines that are JSON already are read."""
    lines = ['{"index": "a"}', b'{"size": 1}']
    assert read_searches({"body": lines}) == [{"index": "a", "body": {"size": 1}}]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"searches": [{}]},
        {"searches": "{}\n{}\n"},
        {"searches": b"{}\n{}\n"},
        {"searches": 7},
        {"searches": [{}, "not json"]},
        {"searches": [{}, [1]]},
        {"searches": ["[]", {}]},
        {"searches": [{}, QUERY], "filter_path": "responses"},
        {"searches": [{}, QUERY], "unheard_of": 1},
    ],
)
def test_what_is_not_understood(arguments: Any) -> None:
    """A call that says something else goes out as it came."""
    assert read_searches(arguments) is None


def test_nothing_is_edited() -> None:
    """The caller's lines stay his."""
    searches: list[Any] = [{"index": "a"}, {"query": {}, "ext": {"hybrid": {}}}]
    read = read_searches({"searches": searches, "index": None})
    assert read is not None
    read[0]["body"]["size"] = 5
    assert searches == [{"index": "a"}, {"query": {}, "ext": {"hybrid": {}}}]
