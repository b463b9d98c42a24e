"""Who may stand at which place: fixed products, and at most so many of one value."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from es_hybrid.policies import Cap
from es_hybrid.rank.values import texts
from es_hybrid.types import Hit


@dataclass(slots=True)
class _Counter:
    """Counts one cap's values in the present run of places.

    Attributes:
        cap: The cap.
        values: Each candidate's values that are capped.
        seen: How often each value stands in the present run.
    """

    cap: Cap
    values: Sequence[tuple[str, ...]]
    seen: dict[str, int] = field(default_factory=dict)

    def full(self, position: int) -> str | None:
        """Return the value of which no further product may stand in this run."""
        most, seen = self.cap.most, self.seen
        return next((value for value in self.values[position] if seen.get(value, 0) >= most), None)

    def add(self, position: int) -> None:
        """Count a product that was placed."""
        for value in self.values[position]:
            self.seen[value] = self.seen.get(value, 0) + 1


def arrange(
    order: Sequence[int],
    hits: Sequence[Hit],
    *,
    fixed: Mapping[int, int],
    caps: Sequence[Cap] = (),
    exempt: Sequence[Collection[str]] = (),
    free: Collection[int] = (),
) -> tuple[list[int], dict[int, str]]:
    """Return an order with fixed products at their places, in which every cap holds.

    A product over a cap waits for the next run of places; what follows moves up. Only where nothing
    else is left does it stand over its cap. Fixed products stand whatever the caps say, and count.

    Args:
        order: Positions of the candidates that are not fixed, best first.
        hits: All candidates.
        fixed: Position by place, from 0; places past the end are the last ones.
        caps: All of them hold.
        exempt: For each cap the values that it does not count.
        free: Positions that no cap holds back.

    Returns:
        All positions, and the value for which a product had to wait, by position.

    Example:
        >>> hits = [Hit("i", i, fields={"brand": [b]}) for i, b in (("1", "A"), ("2", "A"), ("3", "B"))]
        >>> arrange([0, 1, 2], hits, fixed={}, caps=[Cap("brand", most=1, per=2)])
        ([0, 2, 1], {1: 'A'})
    """
    counters = list(_counters(hits, caps, exempt, free))
    total = len(order) + len(fixed)
    late = deque(p for place, p in sorted(fixed.items()) if place >= total)
    queue, waiting = deque(order), deque[int]()
    arranged: list[int] = []
    held: dict[int, str] = {}
    for place in range(total):
        for counter in counters:
            if place % counter.cap.per == 0:
                counter.seen.clear()
                waiting.extend(queue)
                queue, waiting = waiting, deque()
        position = fixed.get(place)
        if position is None:
            position = _next(queue, waiting, counters, held, late)
        for counter in counters:
            counter.add(position)
        arranged.append(position)
    return arranged, held


def _next(
    queue: deque[int],
    waiting: deque[int],
    counters: Sequence[_Counter],
    held: dict[int, str],
    late: deque[int],
) -> int:
    """Return who is next, letting those over a cap wait."""
    while queue:
        position = queue.popleft()
        over = next((value for c in counters if (value := c.full(position)) is not None), None)
        if over is None:
            return position
        held.setdefault(position, over)
        waiting.append(position)
    return waiting.popleft() if waiting else late.popleft()


def _counters(
    hits: Sequence[Hit],
    caps: Sequence[Cap],
    exempt: Sequence[Collection[str]],
    free: Collection[int],
) -> Iterator[_Counter]:
    for number, cap in enumerate(caps):
        named = exempt[number] if number < len(exempt) else ()
        yield _Counter(
            cap,
            [
                ()
                if position in free
                else tuple(v for v in dict.fromkeys(texts(hit.fields, cap.field)) if v not in named)
                for position, hit in enumerate(hits)
            ],
        )
