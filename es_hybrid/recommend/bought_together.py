"""Which products are bought together more often than chance would have it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types import Scores

__all__ = ["Companion", "bought_together", "log_likelihood_ratio"]

_LARGEST_ORDER = 50
"""An order of more products is a reseller's, and says nothing of what goes with what."""
_BEYOND_CHANCE = 3.84
"""The 95 % quantile of chi-squared with one degree of freedom."""
_BITS = 32

Counts = NDArray[np.int64]


class Companion(NamedTuple):
    """A product that is bought with another one.

    Attributes:
        id: Its id.
        strength: Share of the other's orders that it is in beyond chance, smoothed; 0 to 1.
        orders: Orders with both.
    """

    id: str
    strength: float
    orders: int


def bought_together(
    orders: Iterable[Sequence[str]],
    *,
    most: int = 20,
    least_orders: int = 2,
    prior_orders: float = 10.0,
) -> dict[str, tuple[Companion, ...]]:
    """Return for each product what is bought with it, most telling first.

    Pairs are kept and ordered by the log-likelihood ratio of being in one order (Dunning, "Accurate
    methods for the statistics of surprise and coincidence", Computational Linguistics 19(1), 1993):
    a best-seller, which is in every order, goes with nothing in particular.

    The strength of `b` for a buyer of `a` is `(both - expected) / (orders of a + prior)`, with
    `expected = orders of a * orders of b / all`: the probability of `b` given `a`, smoothed by
    `prior` made-up orders that hold `b` as often as all orders do (Dirichlet prior: Zhai and
    Lafferty, "A study of smoothing methods for language models", TOIS 22(2), 2004), less the
    probability of `b` anyway (leverage: Piatetsky-Shapiro, "Discovery, analysis, and presentation
    of strong rules", 1991). So a pair that was seen twice does not pass one that was seen often.

    Memory: eight bytes for each pair in each order, and the names of the products.

    Args:
        orders: Product ids of one order each; repeated ids count once.
        most: Products kept for each.
        least_orders: Fewer common orders are taken for chance.
        prior_orders: Made-up orders that calm what was bought seldom.

    Example:
        >>> orders = [["pen", "ink"]] * 5 + [["bag"]] * 5
        >>> bought_together(orders)["pen"]
        (Companion(id='ink', strength=0.166667, orders=5),)
    """
    numbers: dict[str, int] = {}
    singles, packed = array("q"), array("q")
    total = 0
    for order in orders:
        products = set(order)
        if not products or len(products) > _LARGEST_ORDER:
            continue
        total += 1
        places = sorted([numbers.setdefault(product, len(numbers)) for product in products])
        singles.extend(places)
        packed.extend([first << _BITS | second for first, second in combinations(places, 2)])
    if not packed:
        return {}
    pairs, both = np.unique(np.frombuffer(packed, dtype=np.int64), return_counts=True)
    single = np.bincount(np.frombuffer(singles, dtype=np.int64), minlength=len(numbers))
    first, second = pairs >> _BITS, pairs & ((1 << _BITS) - 1)
    ratio = log_likelihood_ratio(both, single[first], single[second], total)
    beyond = both - single[first] * single[second] / total
    kept = (both >= least_orders) & (beyond > 0.0) & (ratio >= _BEYOND_CHANCE)
    return _rows(
        tuple(numbers),
        (np.concatenate([first[kept], second[kept]]), np.concatenate([second[kept], first[kept]])),
        ratio=np.tile(ratio[kept], 2),
        strength=np.tile(beyond[kept], 2)
        / (np.concatenate([single[first[kept]], single[second[kept]]]) + prior_orders),
        both=np.tile(both[kept], 2),
        most=most,
    )


def log_likelihood_ratio(both: Any, first: Any, second: Any, total: int) -> Scores:
    """Return Dunning's G² of two-by-two tables: how surprising it is that two things come together.

    Args:
        both: Orders with both, shape `(n,)` or a number.
        first: Orders with the first.
        second: Orders with the second.
        total: All orders.

    Example:
        >>> float(log_likelihood_ratio(1, 10, 10, 100))
        0.0
    """
    both, first, second = (np.asarray(counts, dtype=np.float64) for counts in (both, first, second))
    cells = (both, first - both, second - both, total - first - second + both)
    rows, columns = (first, total - first), (second, total - second)
    unequal = sum(map(_entropy, cells)) - sum(map(_entropy, rows)) - sum(map(_entropy, columns))
    found: Scores = np.maximum(2.0 * (unequal + _entropy(np.asarray(float(total)))), 0.0).round(7)
    return found


def _entropy(counts: Scores) -> Scores:
    found: Scores = counts * np.log(np.maximum(counts, 1.0))
    return found


def _rows(
    names: Sequence[str],
    pairs: tuple[Counts, Counts],
    *,
    ratio: Scores,
    strength: Scores,
    both: Counts,
    most: int,
) -> dict[str, tuple[Companion, ...]]:
    """Return the best companions of each product, ties by id."""
    by_name = np.empty(len(names), dtype=np.int64)
    by_name[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    owner, other = pairs
    order = np.lexsort((by_name[other], -ratio, by_name[owner]))
    rows: dict[str, list[Companion]] = {}
    for place in order.tolist():
        row = rows.setdefault(names[owner[place]], [])
        if len(row) < most:
            found = round(float(strength[place]), 6)
            row.append(Companion(names[other[place]], found, int(both[place])))
    return {name: tuple(row) for name, row in rows.items()}
