"""Which products are bought together more often than chance would have it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

__all__ = ["bought_together", "log_likelihood_ratio"]

_LARGEST_ORDER = 50
"""An order of more products is a reseller's, and says nothing of what goes with what."""
_BEYOND_CHANCE = 3.84
"""The 95 % quantile of chi-squared with one degree of freedom."""


def bought_together(
    orders: Iterable[Sequence[str]], *, most: int = 20, least_orders: int = 2
) -> dict[str, list[str]]:
    """Return for each product what is bought with it, most telling first.

    Pairs are scored by the log-likelihood ratio of being in one order (Dunning, "Accurate methods
    for the statistics of surprise and coincidence", Computational Linguistics 19(1), 1993): a
    best-seller, which is in every order, goes with nothing in particular.

    Args:
        orders: Product ids of one order each; repeated ids count once.
        most: Products kept for each.
        least_orders: Fewer common orders are taken for chance.

    Example:
        >>> orders = [["pen", "ink"]] * 5 + [["bag"]] * 5
        >>> bought_together(orders)
        {'ink': ['pen'], 'pen': ['ink']}
    """
    single: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    total = 0
    for order in orders:
        products = sorted(set(order))
        if not products or len(products) > _LARGEST_ORDER:
            continue
        total += 1
        single.update(products)
        pairs.update(combinations(products, 2))
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for (first, second), both in pairs.items():
        expected = single[first] * single[second] / total
        if both < least_orders or both <= expected:
            continue
        score = log_likelihood_ratio(both, single[first], single[second], total)
        if score >= _BEYOND_CHANCE:
            found[first].append((score, second))
            found[second].append((score, first))
    return {
        product: [other for _, other in sorted(scored, key=lambda s: (-s[0], s[1]))[:most]]
        for product, scored in sorted(found.items())
    }


def log_likelihood_ratio(both: int, first: int, second: int, total: int) -> float:
    """Return Dunning's G² of a two-by-two table: how surprising it is that two things come together.

    Args:
        both: Orders with both.
        first: Orders with the first.
        second: Orders with the second.
        total: All orders.

    Example:
        >>> log_likelihood_ratio(1, 10, 10, 100)
        0.0
    """
    cells = (both, first - both, second - both, total - first - second + both)
    rows, columns = (first, total - first), (second, total - second)
    unequal = math.fsum(map(_entropy, cells)) - math.fsum(map(_entropy, rows))
    found = 2.0 * (unequal - math.fsum(map(_entropy, columns)) + _entropy(total))
    return round(max(found, 0.0), 9)


def _entropy(count: int) -> float:
    return count * math.log(count) if count > 0 else 0.0
