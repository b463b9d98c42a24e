"""The record of a search has UBI's shape, and holds what made the page."""

from __future__ import annotations

import json

import pytest

from es_hybrid.indexing.shipped import shipped_text
from es_hybrid.logs.records import Searched, Source, query_record
from es_hybrid.query.log_options import Experiment, LogOptions
from es_hybrid.rank.parts import HitParts
from es_hybrid.rank.steps import Cause, Move, Reason, StepName
from es_hybrid.response import HybridInfo
from es_hybrid.types import Degradation, DegradationReason, Hit, Json, PlanName, Stage

PINNED = Move(StepName.SLOTS, 7, 1, Reason(Cause.PINNED))
PART = HitParts(
    position=1,
    hit=Hit("i", "a", lexical_score=3.0, lexical_rank=2),
    fused=0.5,
    rerank=0.25,
    relevance=0.375,
    score=0.75,
    boost=2.0,
    factors={"sales": 2.0},
    moves=(PINNED,),
)
INFO = HybridInfo(
    PlanName.MSEARCH_FUSION,
    timings_ms=dict.fromkeys(Stage, 1.0),
    rules="default@3",
    degraded=(Degradation(Stage.RERANK, DegradationReason.TIMEOUT, "boot"),),
    explored=("b",),
    parts={("i", "a"): PART},
)


def record(*, info: HybridInfo | None = INFO, with_parts: bool = True) -> Json:
    searched = Searched(
        at_s=0.0,
        query_id="q",
        asked=LogOptions(experiment=Experiment(name="e", variant="v")),
        index="products",
        text="boot",
        from_=24,
        size=24,
        shown=[("a", 0.75), ("b", 0.5)],
        total=90,
        took_ms=12.5,
        info=info,
        teams={"b": "old"},
    )
    return query_record(searched, Source("shop", {"embed": "m"}, with_parts=with_parts))


def leaves(mapping: Json, path: str = "") -> set[str]:
    """Return the paths of all fields of a mapping."""
    found = set()
    for name, field in mapping["properties"].items():
        inner = f"{path}{name}"
        found |= leaves(field, f"{inner}.") if "properties" in field else {inner}
    return found


def paths(content: Json, path: str = "") -> set[str]:
    """Return the paths of all values of a record; what is only stored counts as one."""
    found = set()
    for name, value in content.items():
        inner = f"{path}{name}"
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict) and not inner.endswith(".shown"):
            found |= paths(first, f"{inner}.")
        else:
            found.add(inner)
    return found


def test_what_ubi_asks_for_is_there() -> None:
    """The names, types and lengths of UBI's schema 1.3.0 for a query."""
    found = record()
    assert isinstance(found["user_query"], str)
    assert found["timestamp"] == "1970-01-01T00:00:00.000Z"
    assert found["query_response_hit_ids"] == ["a", "b"]
    for name in ("application", "query_id", "object_id_field"):
        assert 0 < len(found[name]) <= 100
    assert isinstance(found["query_attributes"], dict)


def test_every_field_has_its_place_in_the_mapping() -> None:
    """Nothing of a record is left unindexed by a forgotten name in the template."""
    template = json.loads(shipped_text("ubi_queries.json"))
    known = leaves(template["template"]["mappings"])
    assert paths(record()) - known == set()


def test_each_product_tells_what_made_its_place() -> None:
    """Scores, boosts, moves by rules, exploration and the interleaved team stand by position."""
    first, second = record()["query_attributes"]["shown"]
    assert first == {
        "object_id": "a",
        "position": 25,
        "score": 0.75,
        "lexical": {"rank": 2, "score": 3.0},
        "fused": 0.5,
        "rerank": 0.25,
        "relevance": 0.375,
        "boost": 2.0,
        "factors": {"sales": 2.0},
        "moves": [PINNED.to_dict()],
    }
    assert second == {
        "object_id": "b",
        "position": 26,
        "score": 0.5,
        "explored": True,
        "team": "old",
    }
    assert record()["query_attributes"]["explored"] == 1


def test_parts_can_be_left_out() -> None:
    """Positions and what was tried out remain, which reports need; scores go."""
    first, second = record(with_parts=False)["query_attributes"]["shown"]
    assert first == {"object_id": "a", "position": 25}
    assert second == {"object_id": "b", "position": 26, "explored": True, "team": "old"}


@pytest.mark.parametrize("name", ["plan", "timings_ms", "models", "rules"])
def test_another_search_has_no_diagnostics(name: str) -> None:
    """An answer that es_hybrid did not make is logged without what it does not have."""
    assert name in record()["query_attributes"]
    assert name not in record(info=None)["query_attributes"]
