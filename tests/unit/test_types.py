"""The values between stages are small, frozen, and say what they mean."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import pytest

from es_hybrid.types import (
    FUSED_LEGS,
    NAMED_QUERY,
    Degradation,
    DegradationReason,
    FusionOptions,
    Hit,
    LegName,
    LegResult,
    PassthroughReason,
    PlanName,
    Stage,
)


def test_a_hits_key() -> None:
    """Index and id together: the same id in two indices is two products."""
    assert Hit("a", "1").key != Hit("b", "1").key


def test_scores_and_ranks_by_leg() -> None:
    """Each leg's own."""
    hit = Hit("i", "1", lexical_score=7.0, semantic_score=0.5, lexical_rank=1, semantic_rank=3)
    assert [hit.score(leg) for leg in FUSED_LEGS] == [7.0, 0.5]
    assert [hit.rank(leg) for leg in FUSED_LEGS] == [1, 3]
    options = FusionOptions(lexical_weight=0.3, semantic_weight=0.7)
    assert [options.weight(leg) for leg in FUSED_LEGS] == [0.3, 0.7]


def test_nothing_known_is_not_zero() -> None:
    """A bare hit has no scores, and a bare leg no hits."""
    assert Hit("i", "1").score(LegName.LEXICAL) is None
    assert (LegResult(LegName.SEMANTIC).hits, LegResult(LegName.SEMANTIC).error) == ((), None)


def test_fresh_defaults() -> None:
    """No two legs share a body."""
    assert LegResult(LegName.LEXICAL).body is not LegResult(LegName.LEXICAL).body


@pytest.mark.parametrize(
    "value",
    [
        Degradation(Stage.EMBED, DegradationReason.TIMEOUT, "slow"),
        Hit("i", "1", fields={"a": [1]}),
        FusionOptions(),
        LegResult(LegName.LEXICAL),
    ],
)
def test_values_travel(value: object) -> None:
    """They can be cached and sent to another process."""
    assert pickle.loads(pickle.dumps(value)) == value


def test_values_do_not_change() -> None:
    """Stages return new values."""
    with pytest.raises(FrozenInstanceError):
        FusionOptions().k = 1  # type: ignore[misc]


@pytest.mark.parametrize("names", [Stage, PlanName, PassthroughReason, DegradationReason, LegName])
def test_names_read_as_text(names: type[Stage]) -> None:
    """What users see and count is a plain lower-case word."""
    for name in names:
        assert str(name) == name.value == name.name.lower()


def test_named_queries() -> None:
    """Each fused leg has a name of its own, in our own namespace."""
    assert set(NAMED_QUERY) == set(FUSED_LEGS)
    assert len(set(NAMED_QUERY.values())) == len(FUSED_LEGS)
    assert all(name.startswith("es_hybrid.") for name in NAMED_QUERY.values())
