"""Who may stand at which place: fixed products, early ones, and at most so many of one value."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from es_hybrid.policies import Cap
from es_hybrid.rank.values import texts
from es_hybrid.types import Hit


@dataclass(slots=True)
class CapCounter:
    """Counts one cap's values in the present run of places.

    Attributes:
        cap: The cap.
        values: Each candidate's different values that are capped, by position.
        seen: How often each value stands in the present run.
    """

    cap: Cap
    values: Sequence[tuple[str, ...]]
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        cap: Cap,
        hits: Sequence[Hit],
        *,
        is_named: Callable[[str], bool] | None = None,
        free: Iterable[int] = (),
    ) -> CapCounter:
        """Return a counter that has seen nothing yet.

        Args:
            cap: The cap.
            hits: All candidates.
            is_named: Whether the shopper named a value; then it is not counted, unless the cap says
                otherwise.
            free: Positions of candidates that no cap holds back.
        """
        name = cap.field
        values = [texts(hit.fields, name) for hit in hits]
        values = [own if len(own) < 2 else tuple(dict.fromkeys(own)) for own in values]
        exempt = set[str]()
        if is_named is not None and cap.exempt_named:
            exempt = {
                value for value in {each for own in values for each in own} if is_named(value)
            }
        if exempt:
            values = [tuple(v for v in own if v not in exempt) for own in values]
        for position in free:
            values[position] = ()
        return cls(cap, values)

    def full(self, position: int) -> str | None:
        """Return the value of which no further product may stand in this run."""
        seen, most = self.seen, self.cap.most
        for value in self.values[position]:
            if seen.get(value, 0) >= most:
                return value
        return None

    def add(self, position: int) -> None:
        """Count a product that was placed."""
        seen = self.seen
        for value in self.values[position]:
            seen[value] = seen.get(value, 0) + 1


_NOBODY: Mapping[int, int] = {}


def arrange(
    order: Sequence[int],
    *,
    fixed: Mapping[int, int],
    counters: Sequence[CapCounter] = (),
    early: Mapping[int, int] = _NOBODY,
) -> tuple[list[int], dict[int, str]]:
    """Return an order with fixed products at their places, in which every cap holds.

    A product over a cap waits for the next run of places; what follows moves up. Only where nothing
    else is left does it stand over its cap. Fixed products stand whatever the caps say, and count. An
    early one stands at its place where every cap has room for it, and else where its turn comes.

    Args:
        order: Positions of the candidates that are not fixed, best first.
        fixed: Position by place, from 0; places past the end are the last ones.
        counters: One a cap.
        early: Positions of `order` that come up, by place from 0.

    Returns:
        All positions, and the value for which a product had to wait, by position.

    Example:
        >>> hits = [Hit("i", i, fields={"brand": [b]}) for i, b in (("1", "A"), ("2", "A"), ("3", "B"))]
        >>> arrange([0, 1, 2], fixed={}, counters=[CapCounter.of(Cap("brand", most=1, per=2), hits)])
        ([0, 2, 1], {1: 'A'})
    """
    total = len(order) + len(fixed)
    late = deque(p for place, p in sorted(fixed.items()) if place >= total)
    begins: dict[int, list[CapCounter]] = {}
    for counter in counters:
        for place in range(0, total, counter.cap.per):
            begins.setdefault(place, []).append(counter)
    queue, waiting = deque(order), deque[int]()
    arranged: list[int] = []
    held: dict[int, str] = {}
    coming, came = set(early.values()), set[int]()
    for place in range(total):
        if place in begins:
            for counter in begins[place]:
                counter.seen.clear()
            waiting.extend(queue)
            queue, waiting = waiting, deque()
        position = fixed.get(place)
        if position is None and place in early:
            wanted = early[place]
            if wanted in coming and _fits(wanted, counters):
                position = wanted
                came.add(wanted)
        if position is None:
            position = _next(queue, waiting, counters, held, came)
        if position is None:
            position = late.popleft()
        for counter in counters:
            counter.add(position)
        if coming:
            coming.discard(position)
        arranged.append(position)
    return arranged, held


def _fits(position: int, counters: Sequence[CapCounter]) -> bool:
    return all(counter.full(position) is None for counter in counters)


def _next(
    queue: deque[int],
    waiting: deque[int],
    counters: Sequence[CapCounter],
    held: dict[int, str],
    came: Collection[int],
) -> int | None:
    """Return who is next, letting those over a cap wait; `None` where nobody is left."""
    while queue:
        position = queue.popleft()
        if came and position in came:
            continue
        for counter in counters:
            over = counter.full(position)
            if over is not None:
                held.setdefault(position, over)
                waiting.append(position)
                break
        else:
            return position
    while waiting:
        position = waiting.popleft()
        if position not in came:
            return position
    return None
