"""Times and lacks are taken down as they happen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from es_hybrid.respond.notes import Notes
from es_hybrid.types import Degradation, DegradationReason, Stage


def ticking(*seconds: float) -> Notes:
    ticks: Iterator[float] = iter(seconds)
    return Notes(lambda: next(ticks))


def test_a_stage_of_several_parts() -> None:
    """Times of the same stage add up."""
    notes = ticking(0.0, 1.0, 1.5, 2.0, 2.25)
    for _ in range(2):
        with notes.timing(Stage.RERANK):
            pass
    assert notes.timings_ms == {Stage.RERANK: 750.0}


def test_a_failing_stage_is_timed_too() -> None:
    """An error inside is passed on, its time kept."""
    notes = ticking(0.0, 1.0, 1.5)
    with pytest.raises(KeyError), notes.timing(Stage.EMBED):
        raise KeyError
    assert notes.timings_ms == {Stage.EMBED: 500.0}


def test_lacks_in_order() -> None:
    """What a search did without is kept in the order it happened."""
    notes = ticking(0.0, 3.0)
    first = Degradation(Stage.EMBED, DegradationReason.TIMEOUT)
    second = Degradation(Stage.RERANK, DegradationReason.CONTRACT)
    notes.degraded(first)
    notes.degraded()
    notes.degraded(second)
    assert notes.degradations == (first, second)
    assert notes.took_ms() == 3000.0


def test_what_is_handed_out_is_a_copy() -> None:
    """Nobody edits the notes from outside."""
    notes = ticking(0.0)
    notes.timings_ms[Stage.EMBED] = 1.0
    assert notes.timings_ms == {}
