"""Who may stand at which place: fixed products, early ones, and at most so many of one value."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from es_hybrid.policies import Cap
from es_hybrid.rank.values import text_column
from es_hybrid.types import Hit


@dataclass(frozen=True, slots=True)
class Capped:
    """The values of all caps as groups, numbered through; of a group only so many may stand in a run.

    Attributes:
        groups: Of each candidate, by position.
        values: The value of each group.
        most: How many may stand in a run of places, by group.
        runs: Of each cap: places of a run, its first group, and the one behind its last.
    """

    groups: Sequence[tuple[int, ...]]
    values: Sequence[str]
    most: Sequence[int]
    runs: Sequence[tuple[int, int, int]]

    @classmethod
    def of(
        cls,
        caps: Iterable[Cap],
        hits: Sequence[Hit],
        *,
        is_named: Callable[[str], bool] | None = None,
        free: Iterable[int] = (),
    ) -> Capped:
        """Return who is held back by what.

        Args:
            caps: All of them hold.
            hits: All candidates.
            is_named: Whether the shopper named a value; then it is not counted, unless the cap says
                otherwise.
            free: Positions of candidates that no cap holds back.
        """
        groups: list[tuple[int, ...]] = [()] * len(hits)
        values: list[str] = []
        most: list[int] = []
        runs = []
        for cap in caps:
            first, found = len(values), text_column(hits, cap.field)
            values += dict.fromkeys(chain.from_iterable(found.first))
            exempt = is_named if cap.exempt_named else None
            number = {
                value: group
                for group, value in enumerate(values[first:], start=first)
                if exempt is None or not exempt(value)
            }
            held_by = {
                own: tuple(dict.fromkeys(number[value] for value in own if value in number))
                for own in found.first
            }
            groups = [
                before + held_by[own] for before, own in zip(groups, found.texts, strict=True)
            ]
            most += [cap.most] * (len(values) - first)
            runs.append((cap.per, first, len(values)))
        for position in free:
            groups[position] = ()
        return cls(groups, values, most, runs)


_NOBODY: Mapping[int, int] = {}


def arrange(
    order: Sequence[int],
    *,
    fixed: Mapping[int, int],
    capped: Capped,
    early: Mapping[int, int] = _NOBODY,
) -> tuple[list[int], dict[int, str]]:
    """Return an order with fixed products at their places, in which every cap holds.

    A product over a cap waits for the next run of places; what follows moves up. Only where nothing
    else is left does it stand over its cap. Fixed products stand whatever the caps say, and count. An
    early one stands at its place where every cap has room for it, and else where its turn comes.

    Args:
        order: Positions of the candidates that are not fixed, best first.
        fixed: Position by place, from 0; places past the end are the last ones.
        capped: Who is held back by what.
        early: Positions of `order` that come up, by place from 0.

    Returns:
        All positions, and the value for which a product had to wait, by position.

    Example:
        >>> hits = [Hit("i", i, fields={"brand": [b]}) for i, b in (("1", "A"), ("2", "A"), ("3", "B"))]
        >>> arrange([0, 1, 2], fixed={}, capped=Capped.of([Cap("brand", most=1, per=2)], hits))
        ([0, 2, 1], {1: 'A'})
    """
    total = len(order) + len(fixed)
    late = deque(p for place, p in sorted(fixed.items()) if place >= total)
    run = _Run(capped, [0] * len(capped.values))
    begins = {place for per, _, _ in capped.runs for place in range(0, total, per)}
    queue, waiting = deque(order), deque[int]()
    arranged: list[int] = []
    held: dict[int, str] = {}
    coming, came = set(early.values()), set[int]()
    for place in range(total):
        if place in begins:
            run.begin(place)
            waiting.extend(queue)
            queue, waiting = waiting, deque()
        position = fixed.get(place)
        if position is not None:
            run.add(position)
        elif (wanted := early.get(place)) in coming and run.take(wanted) is None:
            position = wanted
            came.add(wanted)
        else:
            position = _next(queue, waiting, run, held, came)
        if position is None:
            position = late.popleft()
        if coming:
            coming.discard(position)
        arranged.append(position)
    return arranged, held


@dataclass(slots=True)
class _Run:
    """Counts the groups in the present run of places."""

    capped: Capped
    counts: list[int]

    def begin(self, place: int) -> None:
        """Forget what the caps that begin a run here have counted."""
        for per, first, end in self.capped.runs:
            if place % per == 0:
                self.counts[first:end] = [0] * (end - first)

    def take(self, position: int) -> int | None:
        """Count a product; or return the group of which no further one may stand in this run."""
        counts, most = self.counts, self.capped.most
        groups = self.capped.groups[position]
        for group in groups:
            if counts[group] >= most[group]:
                return group
        for group in groups:
            counts[group] += 1
        return None

    def add(self, position: int) -> None:
        """Count a product that stands whatever the caps say."""
        for group in self.capped.groups[position]:
            self.counts[group] += 1


def _next(
    queue: deque[int],
    waiting: deque[int],
    run: _Run,
    held: dict[int, str],
    came: Collection[int],
) -> int | None:
    """Return who is next, counted, letting those over a cap wait; `None` where nobody is left."""
    while queue:
        position = queue.popleft()
        if came and position in came:
            continue
        over = run.take(position)
        if over is None:
            return position
        held.setdefault(position, run.capped.values[over])
        waiting.append(position)
    while waiting:
        position = waiting.popleft()
        if position not in came:
            run.add(position)
            return position
    return None
