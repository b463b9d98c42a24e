"""Variety at the top: relevance weighed against likeness to what already stands above."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np

from es_hybrid.policies import Diversity
from es_hybrid.rank.values import text_column
from es_hybrid.types import Hit, HitKey, Vector, Vectors

_POOL = 3
"""Candidates that may come up into the various places, as a multiple of these."""


def pool_size(diversity: Diversity) -> int:
    """Return how many of the best take part.

    Example:
        >>> pool_size(Diversity(first=10))
        30
    """
    return diversity.first * _POOL


def by_field(
    order: Sequence[int], scores: Sequence[float], hits: Sequence[Hit], diversity: Diversity
) -> list[int]:
    """Return an order in which values of a field alternate as far as relevance allows.

    Greedy: each place goes to the best of `score * (1 - strength) ** n`, where n products of the
    same value stand above it. A product without a value is like no other.

    Args:
        order: Positions, best first.
        scores: Their scores, 0 to 1, in the same order.
        hits: All candidates.
        diversity: Field, strength and number of places.

    Example:
        >>> hits = [Hit("i", i, fields={"brand": [b]}) for i, b in (("1", "A"), ("2", "A"), ("3", "B"))]
        >>> by_field([0, 1, 2], [1.0, 0.9, 0.8], hits, Diversity("brand", strength=0.5))
        [0, 2, 1]
    """
    pool = list(order[: pool_size(diversity)])
    found = text_column(hits, diversity.field or "").texts
    members: dict[str | int, deque[int]] = {}
    for place, position in enumerate(pool):
        alike = found[position][0] if found[position] else place
        members.setdefault(alike, deque()).append(place)
    keep = 1.0 - diversity.strength
    # Of each value the best one waits: what stands above lowers all of a value alike.
    best = [(-scores[own[0]], own[0], 0, own) for own in members.values()]
    heapq.heapify(best)
    chosen: list[int] = []
    while best and len(chosen) < diversity.first:
        _, _, above, own = best[0]
        chosen.append(own.popleft())
        if not own:
            heapq.heappop(best)
            continue
        gain = scores[own[0]]
        for _ in range(above + 1):
            gain *= keep
        heapq.heapreplace(best, (-gain, own[0], above + 1, own))
    return _with_rest(order, pool, chosen)


def by_vectors(
    order: Sequence[int],
    scores: Sequence[float],
    hits: Sequence[Hit],
    diversity: Diversity,
    *,
    vectors: Mapping[HitKey, Vector],
) -> list[int]:
    """Return an order of maximal marginal relevance.

    Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking" (SIGIR 1998): each place
    goes to the best of `(1 - strength) * score - strength * likeness`, where likeness is the
    highest cosine to a product above. A product without a vector is like no other.

    Args:
        order: Positions, best first.
        scores: Their scores, 0 to 1, in the same order.
        hits: All candidates.
        diversity: Strength and number of places.
        vectors: Stored vectors, of any length, by key.
    """
    pool = list(order[: pool_size(diversity)])
    rows = _unit_rows([vectors.get(hits[position].key) for position in pool])
    if rows is None:
        return list(order)
    relevance = (1.0 - diversity.strength) * np.array(scores[: len(pool)], dtype=np.float64)
    likeness = np.zeros(len(pool))
    free = np.zeros(len(pool))
    chosen: list[int] = []
    for _ in range(min(diversity.first, len(pool))):
        best = int((relevance - diversity.strength * likeness + free).argmax())
        chosen.append(best)
        free[best] = -np.inf
        likeness = np.maximum(likeness, rows @ rows[best])
    return _with_rest(order, pool, chosen)


def _with_rest(order: Sequence[int], pool: Sequence[int], chosen: Sequence[int]) -> list[int]:
    top = [pool[place] for place in chosen]
    taken = set(top)
    return top + [position for position in order if position not in taken]


def _unit_rows(vectors: Sequence[Vector | None]) -> Vectors | None:
    """Return vectors as rows of length 1, zeros where there is none."""
    dims = next((len(vector) for vector in vectors if vector is not None), None)
    if dims is None:
        return None
    zero = np.zeros(dims, dtype=np.float32)
    rows = np.array([zero if v is None or len(v) != dims else v for v in vectors], np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0.0] = 1.0
    return np.asarray(rows / lengths, dtype=np.float32)
