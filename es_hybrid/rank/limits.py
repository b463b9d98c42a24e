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
    return np.minimum(np.maximum(boosted, relevance - most), relevance + most)


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
    rank = dict(zip(after, range(len(after)), strict=True))
    coming = [rank[position] for position in before]  # by their ranks in `after` from here on
    ready = coming[:places]
    heapq.heapify(ready)
    placed: set[int] = set()
    order: list[int] = []
    for place in range(len(coming)):
        if place + places < len(coming):
            heapq.heappush(ready, coming[place + places])
        chosen = coming[place - places] if place >= places else None
        if chosen is None or chosen in placed:
            chosen = heapq.heappop(ready)
            while chosen in placed:
                chosen = heapq.heappop(ready)
        placed.add(chosen)
        order.append(after[chosen])
    return order
