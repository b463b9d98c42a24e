"""Whether a difference between two recipes on the same queries is more than chance.

All tests are paired: they look at one difference per query. Randomness is an argument, so the same
seed gives the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "bootstrap_interval",
    "bootstrap_p",
    "detectable_difference",
    "holm",
    "queries_needed",
    "randomisation_p",
]

_EXACT_UP_TO = 14  # 2^14 sign patterns are fewer than a usual number of rounds
_BLOCK_NUMBERS = 4_000_000  # 32 MB at a time, however many queries there are
_SLACK = 1e-12  # sums of the same differences in another order may differ in their last bits


def bootstrap_interval(
    differences: Sequence[float],
    *,
    rng: np.random.Generator,
    rounds: int = 10_000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval of the mean difference, by resampling queries.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.

    Args:
        differences: One a query; challenger minus baseline.
        rng: Where chance comes from.
        rounds: Resamples.
        confidence: Share of the resampled means within the interval.

    Example:
        >>> bootstrap_interval([0.1, 0.1], rng=np.random.default_rng(0), rounds=10)
        (0.1, 0.1)
    """
    means = _resampled_means(np.asarray(differences, np.float64), rng, rounds)
    tail = 50 * (1 - confidence)
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def bootstrap_p(
    differences: Sequence[float], *, rng: np.random.Generator, rounds: int = 10_000
) -> float:
    """Return the two-sided p-value of the mean difference by the shifted paired bootstrap.

    The differences are shifted to a mean of 0, which is the null hypothesis, and resampled
    (Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006, on the mean).

    Args:
        differences: One a query.
        rng: Where chance comes from.
        rounds: Resamples.

    Example:
        >>> bootstrap_p([0.0, 0.0], rng=np.random.default_rng(0))
        1.0
    """
    values = np.asarray(differences, np.float64)
    observed = abs(values.mean())
    means = _resampled_means(values - values.mean(), rng, rounds)
    return _share_at_least(means, observed)


def randomisation_p(
    differences: Sequence[float], *, rng: np.random.Generator, rounds: int = 10_000
) -> float:
    """Return the two-sided p-value of the mean difference by Fisher's randomisation test.

    If two recipes were equal, each query's difference might as well have the other sign. Up to 14
    queries all patterns of signs are tried, else `rounds` random ones (Smucker, Allan, Carterette,
    "A comparison of statistical significance tests for information retrieval evaluation",
    CIKM 2007).

    Args:
        differences: One a query.
        rng: Where chance comes from.
        rounds: Random patterns.

    Example:
        >>> randomisation_p([0.1, 0.2, 0.3], rng=np.random.default_rng(0))
        0.25
    """
    values = np.asarray(differences, np.float64)
    observed = abs(values.mean())
    if values.size <= _EXACT_UP_TO:
        signs = np.array(list(product((-1.0, 1.0), repeat=values.size)))
        means = np.abs(signs @ values) / values.size
        return float(np.mean(means >= observed - _SLACK))
    blocks = [
        (rng.integers(0, 2, (size, values.size), dtype=np.int8) * 2.0 - 1.0) @ values / values.size
        for size in _blocks(rounds, values.size)
    ]
    return _share_at_least(np.concatenate(blocks), observed)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for being several, in their order.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979: the smallest is multiplied by their number, the next by one less, and none
    becomes smaller than the one before.

    Example:
        >>> holm([0.04, 0.01])
        (0.04, 0.02)
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = largest
    return tuple(corrected)


def queries_needed(
    differences: Sequence[float],
    *,
    difference: float = 0.01,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int | None:
    """Return how many queries it takes to see a mean difference, spread as this one is.

    `((z(1 - alpha/2) + z(power)) * sd / difference)^2`, the normal approximation of the paired
    t-test (Sakai, "Statistical power in information retrieval evaluation", SIGIR 2016).

    Args:
        differences: One a query, at least two; they tell the spread.
        difference: The mean difference to be seen.
        alpha: Chance of seeing one where there is none.
        power: Chance of seeing it where it is.

    Returns:
        Queries, or `None` where all differences are the same and tell no spread.

    Example:
        >>> queries_needed([0.1, -0.1, 0.05, -0.05], difference=0.05)
        27
    """
    spread = _spread(differences)
    if not spread:
        return None
    return int(np.ceil((_z(alpha, power) * spread / difference) ** 2))


def detectable_difference(
    differences: Sequence[float], *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest mean difference that so many queries show, spread as this one is.

    The inverse of `queries_needed`.

    Example:
        >>> round(detectable_difference([0.1, -0.1, 0.05, -0.05]), 3)
        0.128
    """
    return _z(alpha, power) * _spread(differences) / math.sqrt(len(differences))


def _spread(differences: Sequence[float]) -> float:
    return float(np.std(differences, ddof=1)) if len(differences) > 1 else 0.0


def _z(alpha: float, power: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)


def _resampled_means(
    values: NDArray[np.float64], rng: np.random.Generator, rounds: int
) -> NDArray[np.float64]:
    return np.concatenate(
        [
            values[rng.integers(0, values.size, (size, values.size))].mean(axis=1)
            for size in _blocks(rounds, values.size)
        ]
    )


def _blocks(rounds: int, width: int) -> list[int]:
    """Cut rounds into blocks that fit into memory."""
    most = max(1, _BLOCK_NUMBERS // max(1, width))
    return [min(most, rounds - start) for start in range(0, rounds, most)]


def _share_at_least(means: NDArray[np.float64], observed: float) -> float:
    """Return the share of chance means as far from 0; what was observed counts as one of them."""
    extreme = int(np.count_nonzero(np.abs(means) >= observed - _SLACK))
    return (extreme + 1) / (means.size + 1)
