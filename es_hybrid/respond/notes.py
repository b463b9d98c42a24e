"""What a search takes down on its way: times and what it did without."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

from es_hybrid._cache import Tally
from es_hybrid.types import Degradation, Remembered, Stage


class _Timing:
    """One stage's time; a class, since half a dozen of them run in every search."""

    __slots__ = ("_clock", "_span", "_stage", "_started", "_timings")

    def __init__(
        self,
        stage: Stage,
        timings: dict[Stage, float],
        clock: Callable[[], float],
        span: AbstractContextManager[Any],
    ) -> None:
        self._stage, self._timings, self._clock, self._span = stage, timings, clock, span

    def __enter__(self) -> None:
        self._started = self._clock()
        self._span.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._span.__exit__(kind, error, traceback)
        finally:
            spent = (self._clock() - self._started) * 1000.0
            self._timings[self._stage] = self._timings.get(self._stage, 0.0) + spent


class Notes:
    """Collects one search's timings and degradations.

    Args:
        clock: Seconds, monotonic.
        span: Makes a span of a stage, for traces.

    Example:
        >>> ticks = iter([0.0, 1.0, 1.25, 2.0])
        >>> notes = Notes(lambda: next(ticks))
        >>> with notes.timing(Stage.EMBED):
        ...     pass
        >>> notes.timings_ms[Stage.EMBED], notes.took_ms()
        (250.0, 2000.0)
    """

    def __init__(
        self,
        clock: Callable[[], float],
        span: Callable[[str], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self._clock = clock
        self._span = span
        self._started = clock()
        self._timings: dict[Stage, float] = {}
        self._degradations: list[Degradation] = []
        self.timed_out = False  # whether a leg other than the lexical one did
        self.stood_in = False  # whether words stood in for the reranker
        self.cut_texts = 0  # products of which the reranker reads the beginning only
        self.vectors = Tally()
        self.scores = Tally()

    def timing(self, stage: Stage) -> AbstractContextManager[None]:
        """Add the time inside the block to a stage."""
        return _Timing(stage, self._timings, self._clock, self._span(stage.value))

    def degraded(self, *degradations: Degradation) -> None:
        """Note what the search goes on without."""
        self._degradations.extend(degradations)

    def took_ms(self) -> float:
        """Return milliseconds since the search began."""
        return (self._clock() - self._started) * 1000.0

    @property
    def remembered(self) -> Remembered:
        """What the caches had."""
        vectors, scores = self.vectors, self.scores
        return Remembered(
            vector=bool(vectors.hits) if vectors.hits or vectors.misses else None,
            scores=scores.hits,
            scored=scores.hits + scores.misses,
        )

    @property
    def timings_ms(self) -> dict[Stage, float]:
        """Milliseconds per stage."""
        return dict(self._timings)

    @property
    def degradations(self) -> tuple[Degradation, ...]:
        """What the search did without, in order."""
        return tuple(self._degradations)
