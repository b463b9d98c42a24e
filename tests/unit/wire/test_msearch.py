"""`_msearch` lines say what the caller said, and answers are read without guessing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from elasticsearch.serializer import JsonSerializer
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.types import LegName
from es_hybrid.wire.msearch import ANSWER_PATHS, encode, msearch_lines, read_leg, read_native

WHEN = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


class Document:
    """Stands for a query object of the DSL."""

    def to_dict(self) -> dict[str, Any]:
        return {"match_all": {}}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (np.array([0.5, 0.25], dtype=np.float32), [0.5, 0.25]),
        (np.array([0.5, 0.25], dtype=">f4"), [0.5, 0.25]),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (Decimal("9.95"), 9.95),
        (date(2026, 6, 1), "2026-06-01"),
        (WHEN, WHEN.isoformat()),
        (UUID(int=1), str(UUID(int=1))),
        ({"a"}, ["a"]),
        (frozenset({1}), [1]),
        (("a", 1), ["a", 1]),
        (Document(), {"match_all": {}}),
        ({1: "a"}, {"1": "a"}),
        (None, None),
        ("连衣裙", "连衣裙"),
    ],
)
def test_what_a_body_may_hold(value: Any, read: Any) -> None:
    """Everything that shops put into bodies becomes the JSON they mean."""
    assert json.loads(encode({"v": value})) == {"v": read}


@pytest.mark.parametrize("value", [WHEN, date(2026, 6, 1), Decimal("9.95"), UUID(int=1)])
def test_as_the_official_client_does(value: Any) -> None:
    """Values that the official client knows are sent as it sends them."""
    assert json.loads(encode({"v": value})) == json.loads(JsonSerializer().dumps({"v": value}))


@pytest.mark.parametrize("value", [object(), b"bytes", 1j])
def test_what_cannot_be_sent(value: Any) -> None:
    """The error names the type, and never the value."""
    with pytest.raises(TypeError, match=type(value).__name__):
        encode({"v": value})


@pytest.mark.parametrize("extra", [None, np.array([0.5], dtype=np.float32), WHEN, {1: "a"}])
def test_lone_surrogates(extra: Any) -> None:
    """A broken half of an emoji is sent on for the server to judge, whatever stands beside it."""
    line = encode({"query": "shoe \ud83d", "extra": extra})
    assert b"\xed\xa0\xbd" in line
    assert b"\n" not in line


@given(st.recursive(st.text() | st.integers(0, 9) | st.booleans(), st.lists, max_leaves=8))
def test_any_text_comes_back(value: Any) -> None:
    """Quotes, braces, line ends and emoji change nothing but themselves."""
    line = encode({"v": value})
    assert b"\n" not in line
    assert json.loads(line) == {"v": value}


def test_lines() -> None:
    """A header and a body a search, each on its line, the last one ended too."""
    lines = msearch_lines([({}, {"size": 1}), ({"routing": "a"}, {"q": "a\nb"})])
    assert lines == b'{}\n{"size":1}\n{"routing":"a"}\n{"q":"a\\nb"}\n'


def hit(id_: str, score: float | None, **rest: Any) -> dict[str, Any]:
    return {"_index": "i", "_id": id_, "_score": score, **rest}


def answer(*hits: dict[str, Any], **rest: Any) -> dict[str, Any]:
    total = {"value": len(hits), "relation": "eq"}
    return {"took": 3, "status": 200, "hits": {"total": total, "hits": list(hits)}, **rest}


def test_the_lexical_leg() -> None:
    """Ranks count from 1; the other leg's score is read from its named query."""
    named = {"matched_queries": {"es_hybrid.semantic": 0.8, "mine": 1.0}}
    leg = read_leg(
        LegName.LEXICAL,
        answer(hit("a", 7.0, **named), hit("b", 5.0), aggregations={"x": 1}, _shards={}),
        id_field=None,
    )
    first, second = leg.hits
    assert (first.key, first.lexical_rank, first.lexical_score) == (("i", "a"), 1, 7.0)
    assert (first.semantic_score, first.semantic_rank) == (0.8, None)
    assert (second.lexical_rank, second.semantic_score) == (2, None)
    assert leg.error is None
    assert leg.body["total"] == {"value": 2, "relation": "eq"}
    assert leg.body["aggregations"] == {"x": 1}
    assert not {"hits", "status"} & leg.body.keys()


def test_the_semantic_leg() -> None:
    """The same, the other way round."""
    named = {"matched_queries": {"es_hybrid.lexical": 4.0}}
    leg = read_leg(LegName.SEMANTIC, answer(hit("a", 0.9, **named)), id_field=None)
    found = leg.hits[0]
    assert (found.semantic_rank, found.semantic_score) == (1, 0.9)
    assert (found.lexical_rank, found.lexical_score) == (None, 4.0)


def test_exact_scores_of_a_server_that_cannot_rescore() -> None:
    """Where the exact score was asked for by name, the leg's own approximate one does not count."""
    hits = [
        hit("a", 0.9, matched_queries={"es_hybrid.semantic": 0.87, "es_hybrid.lexical": 4.0}),
        hit("b", 0.8, matched_queries={"es_hybrid.semantic": 0.81}),
    ]
    found = read_leg(LegName.SEMANTIC, answer(*hits), id_field=None).hits
    assert [each.semantic_score for each in found] == [0.87, 0.81]
    assert [each.lexical_score for each in found] == [4.0, None]
    assert read_leg(LegName.SEMANTIC, answer(), id_field=None).hits == ()


def test_codes() -> None:
    """Products found by code are marked, without score or rank."""
    found = read_leg(LegName.CODE, answer(hit("a", 0.0)), id_field=None).hits[0]
    assert found.code
    assert (found.lexical_score, found.lexical_rank, found.semantic_score) == (None, None, None)


def test_names_without_scores() -> None:
    """Where a server lists only the names of matching queries, no score is made up."""
    listed = hit("a", 7.0, matched_queries=["es_hybrid.semantic"])
    assert read_leg(LegName.LEXICAL, answer(listed), id_field=None).hits[0].semantic_score is None


@pytest.mark.parametrize("leg", list(LegName))
def test_ids_from_a_field(leg: LegName) -> None:
    """With an id field no stored field is read: the id is a doc value."""
    raw = {"_index": "i", "_score": 1.0, "fields": {"id": ["p7"], "sales": [3]}}
    found = read_leg(leg, answer(raw), id_field="id").hits[0]
    assert (found.key, found.fields["sales"]) == (("i", "p7"), [3])


@pytest.mark.parametrize("leg", list(LegName))
def test_a_failed_leg(leg: LegName) -> None:
    """An error is a value with its status, and has no hits."""
    error = {"type": "index_not_found_exception", "reason": "no such index"}
    failed = read_leg(leg, {"error": error, "status": 404}, id_field=None)
    assert (failed.error, failed.status, failed.hits) == (error, 404, ())
    assert read_native(leg, {"error": error, "status": 404}, id_field=None) == failed


def test_without_a_total() -> None:
    """Counting may be switched off."""
    assert read_leg(LegName.LEXICAL, {"hits": {"hits": []}}, id_field=None).body["total"] is None


def test_the_native_leg() -> None:
    """The score is the sum that Elasticsearch made; both legs' own are named."""
    named = {"matched_queries": {"es_hybrid.lexical": 4.0, "es_hybrid.semantic": 0.8}}
    leg = read_native(LegName.LEXICAL, answer(hit("a", 4.8, **named), hit("b", 0.7)), id_field=None)
    first, second = leg.hits
    assert (first.native_score, first.lexical_score, first.semantic_score) == (4.8, 4.0, 0.8)
    assert (second.native_score, second.lexical_score) == (0.7, None)


def test_all_that_is_read_is_asked_for() -> None:
    """`filter_path` drops the rest of the answer, never a part that is used."""
    paths = ANSWER_PATHS.split(",")
    for part in ("_shards", "status", "error", "aggregations", "suggest", "profile", "timed_out"):
        assert f"responses.{part}" in paths
    for part in ("_index", "_id", "_score", "fields", "matched_queries"):
        assert f"responses.hits.hits.{part}" in paths
