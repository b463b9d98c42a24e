"""How alike two rankings are, without any judgment."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["overlap", "rank_biased_overlap"]


def overlap(first: Sequence[str], second: Sequence[str], *, k: int = 10) -> float:
    """Return the share of the first `k` products that both rankings have there.

    Two rankings that are both shorter than `k` are compared at the longer one's length; two empty
    ones are alike.

    Args:
        first: Product ids, best first.
        second: The other ranking's.
        k: Depth.

    Example:
        >>> overlap(["a", "b"], ["b", "c"], k=2)
        0.5
    """
    depth = min(k, max(len(first), len(second)))
    return len(set(first[:k]) & set(second[:k])) / depth if depth else 1.0


def rank_biased_overlap(first: Sequence[str], second: Sequence[str], *, p: float = 0.9) -> float:
    """Return the rank-biased overlap, extrapolated: agreement that counts less further down.

    `RBO_ext = (1-p)/p * sum(agreement(d) * p^d) + agreement(n) * p^n`, with agreement the shared
    part of the first `d` products, for rankings of one length, as equation 32 of Webber, Moffat and
    Zobel, "A similarity measure for indefinite rankings", ACM TOIS 28(4), 2010, handles unequal ones.

    Args:
        first: Distinct product ids, best first.
        second: The other ranking's.
        p: Weight of each further place; 0.9 puts 86 % of the weight on the first ten.

    Returns:
        From 0, nothing in common, to 1, the same; 1 for two empty rankings.

    Example:
        >>> rank_biased_overlap(["a", "b", "c"], ["a", "b", "c"])
        1.0
        >>> rank_biased_overlap(["a"], ["b"])
        0.0
    """
    short, long = sorted((first, second), key=len)
    if not long:
        return 1.0
    if not short:
        return 0.0
    seen_short: set[str] = set()
    seen_long: set[str] = set()
    shared, s = 0, len(short)
    weighted = beyond = 0.0
    shared_short = 0
    for depth, product in enumerate(long, start=1):
        seen_long.add(product)
        if depth <= s:
            other = short[depth - 1]
            seen_short.add(other)
            shared += (product in seen_short) + (other in seen_long) - (product == other)
            if depth == s:
                shared_short = shared
        else:
            shared += product in seen_short
            beyond += shared_short * (depth - s) / (s * depth) * p**depth
        weighted += shared / depth * p**depth
    n = len(long)
    tail = ((shared - shared_short) / n + shared_short / s) * p**n
    return min((1.0 - p) / p * (weighted + beyond) + tail, 1.0)
