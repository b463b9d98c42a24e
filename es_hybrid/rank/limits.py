"""How far boosts may move a product: by share of the relevance range, and by places."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from es_hybrid.types import Scores


def within_share(relevance: Scores, boosted: Scores, share: float) -> Scores:
    """Return boosted scores that differ from relevance by at most a share of its range.

    Args:
        relevance: Before the boosts, shape `(n,)`.
        boosted: After them, shape `(n,)`.
        share: Of the difference between the best and the worst relevance, 0 to 1.

    Example:
        >>> within_share(np.array([1.0, 0.0]), np.array([1.0, 2.0]), 0.3).tolist()
        [1.0, 0.3]
    """
    if not relevance.size:
        return boosted
    most = share * float(relevance.max() - relevance.min())
    return np.clip(boosted, relevance - most, relevance + most)


def within_places(before: Sequence[int], after: Sequence[int], places: int) -> list[int]:
    """Return the order nearest to `after` in which nothing is more than so many places from `before`.

    Place by place, the best by `after` of those that may stand there; one that may not stand any
    lower comes first. At most one has its last chance at a place, so there always is an order.

    Args:
        before: Positions of the candidates by relevance alone, best first.
        after: The same positions, as the boosts would have them.
        places: Most places up or down.

    Example:
        >>> within_places([0, 1, 2, 3], [3, 2, 1, 0], 1)
        [1, 0, 3, 2]
    """
    wanted = {position: rank for rank, position in enumerate(after)}
    placed: set[int] = set()
    ready: list[tuple[int, int]] = []
    order: list[int] = []
    arriving = 0
    for place in range(len(before)):
        while arriving < len(before) and arriving <= place + places:
            position = before[arriving]
            heapq.heappush(ready, (wanted[position], position))
            arriving += 1
        last_chance = place - places
        if last_chance >= 0 and before[last_chance] not in placed:
            chosen = before[last_chance]
        else:
            while ready[0][1] in placed:
                heapq.heappop(ready)
            chosen = heapq.heappop(ready)[1]
        placed.add(chosen)
        order.append(chosen)
    return order
