"""The answer has Elasticsearch's shape, in the new order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import ContractError, EmbeddingError, ServiceTimeout
from es_hybrid.respond.answer import answer, below, in_order, total_of, with_inner_hits
from es_hybrid.respond.degrade import degradation_of, failed_leg, is_permanent
from es_hybrid.types import DegradationReason, LegName, LegResult, Stage

DOCUMENTS = [
    {"_index": "i", "_id": "1", "_score": 0.0, "_source": {"t": "one"}},
    {"_index": "i", "_id": "2", "_score": 0.0, "_source": {"t": "two"}},
    {"_index": "other", "_id": "1", "_score": 0.0, "_source": {"t": "else"}},
]
ONE, TWO = ("i", "1"), ("i", "2")


def body(total: Any = None, **rest: Any) -> dict[str, Any]:
    shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
    return {"took": 2, "timed_out": False, "_shards": shards, "total": total, **rest}


def answered(lexical: dict[str, Any], **options: Any) -> dict[str, Any]:
    page = in_order(DOCUMENTS, [(TWO, 0.9), (ONE, 0.4)])
    settings: dict[str, Any] = {"timed_out": False, "took_ms": 12.6, "added": 2, "max_score": 0.9}
    return answer(LegResult(LegName.LEXICAL, (), lexical), page, **{**settings, **options})


def test_the_shape() -> None:
    """Keys stand as in Elasticsearch's own answer, and in its order."""
    result = answered(body({"value": 5, "relation": "gte"}, aggregations={"b": 1}, profile={}))
    assert list(result) == ["took", "timed_out", "_shards", "hits", "aggregations", "profile"]
    assert list(result["hits"]) == ["total", "max_score", "hits"]
    assert (result["took"], result["timed_out"]) == (13, False)
    assert result["hits"]["max_score"] == 0.9
    assert result["hits"]["total"] == {"value": 7, "relation": "gte"}
    assert [hit["_source"]["t"] for hit in result["hits"]["hits"]] == ["two", "one"]


def test_either_leg_may_time_out() -> None:
    """A leg that was cut short is said."""
    assert answered(body(), timed_out=True)["timed_out"]
    assert answered(body(timed_out=True) | {"timed_out": True})["timed_out"]


def test_total_as_asked() -> None:
    """As an integer where asked; left out where counting was switched off."""
    assert answered(body({"value": 5, "relation": "eq"}), total_as_int=True)["hits"]["total"] == 7
    assert "total" not in answered(body())["hits"]


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (None, None),
        ({"value": 3, "relation": "eq"}, {"value": 5, "relation": "eq"}),
        ({"value": 3, "relation": "gte"}, {"value": 5, "relation": "gte"}),
        (3, {"value": 5, "relation": "eq"}),
    ],
)
def test_total_of(total: Any, expected: Any) -> None:
    """What the semantic leg adds is counted; the relation stays."""
    assert total_of(total, 2) == expected


def test_deleted_documents() -> None:
    """A document deleted between ranking and fetching is left out, and no other takes its place."""
    page = in_order(DOCUMENTS, [(("i", "9"), 0.9), (ONE, 0.5), (("other", "1"), 0.4)])
    assert [(hit["_index"], hit["_id"], hit["_score"]) for hit in page] == [
        ("i", "1", 0.5),
        ("other", "1", 0.4),
    ]


def test_documents_are_not_edited() -> None:
    """Elasticsearch's own dictionaries stay as they came."""
    in_order(DOCUMENTS, [(ONE, 0.9)])
    below(DOCUMENTS, 0.3)
    assert DOCUMENTS[0]["_score"] == 0.0


@given(st.lists(st.floats(0, 1e6), max_size=10), st.floats(0, 3))
def test_what_follows_is_scored_below(scores: list[float], lowest: float) -> None:
    """Hits past the candidates never outscore them, and keep their own order."""
    scores = sorted(scores, reverse=True)
    result = [hit["_score"] for hit in below([{"_score": s} for s in scores], lowest)]
    assert all(0.0 <= score <= lowest for score in result)
    assert result == sorted(result, reverse=True)


@pytest.mark.parametrize("score", [None, -1.0])
def test_hits_without_a_score(score: Any) -> None:
    """A score that is missing or negative counts as none."""
    assert below([{"_id": "1", "_score": score}], 0.5)[0]["_score"] == 0.0


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError("slow"), DegradationReason.TIMEOUT),
        (ServiceTimeout("slow", service="embed"), DegradationReason.TIMEOUT),
        (ContractError("NaN", service="embed"), DegradationReason.CONTRACT),
        (EmbeddingError("503", service="embed", status=503), DegradationReason.SERVICE_ERROR),
        (KeyError("words of a shopper"), DegradationReason.SERVICE_ERROR),
    ],
)
def test_a_models_failure(error: Exception, reason: DegradationReason) -> None:
    """Each failure becomes a value to count; a plug-in's own message is not repeated."""
    lack = degradation_of(Stage.EMBED, error)
    assert (lack.stage, lack.reason) == (Stage.EMBED, reason)
    assert lack.detail
    assert "shopper" not in lack.detail


@pytest.mark.parametrize(
    ("status", "permanent"), [(401, True), (403, True), (404, True), (429, False), (503, False)]
)
def test_what_only_a_setting_can_mend(status: int, permanent: bool) -> None:
    """A wrong key or address will not heal by waiting."""
    assert is_permanent(EmbeddingError("no", service="embed", status=status)) is permanent
    assert not is_permanent(TimeoutError())


def test_a_failed_leg() -> None:
    """The kind of error is told, its reason may quote the query and is not."""
    cause = {"type": "script_exception", "reason": "words of a shopper"}
    error = {"type": "search_phase_execution_exception", "reason": "all", "caused_by": cause}
    lack = failed_leg(LegResult(LegName.SEMANTIC, error=error, status=400))
    assert (lack.stage, lack.reason) == (Stage.RETRIEVE, DegradationReason.LEG_FAILED)
    assert lack.detail == "the semantic leg: script_exception"


def test_inner_hits_of_a_group() -> None:
    """Each hit gains the inner hits of its group and keeps its own."""
    page: list[dict[str, Any]] = [
        {"_id": "1", "fields": {"g": ["a"]}, "inner_hits": {"mine": 1}},
        {"_id": "2", "fields": {"g": ["b"]}},
        {"_id": "3"},
    ]
    heads: list[dict[str, Any]] = [
        {"fields": {"g": ["a"]}, "inner_hits": {"variants": 2}},
        {"inner_hits": {"variants": 3}},
    ]
    joined = with_inner_hits(page, heads, "g")
    assert [hit["inner_hits"] for hit in joined] == [
        {"mine": 1, "variants": 2},
        {},
        {"variants": 3},
    ]
    assert page[0]["inner_hits"] == {"mine": 1}
