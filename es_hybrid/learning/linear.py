"""Weighs a few features whose direction is known: for a few dozen judged queries.

A pair of products of different grades counts by what swapping them would do to NDCG@10, as in
LambdaRank (Burges, "From RankNet to LambdaRank to LambdaMART: An Overview", MSR-TR-2010-82), here at
their places in the untrained order, so that what is minimised is convex:

    sum of w(i, j) ln(1 + exp(-s (r(i) - r(j) + v (x(i) - x(j))))) / queries  +  penalty |v|^2

over pairs of which `i` has the better grade, with the untrained relevance `r`, the standardised
features `x` and the weights `v`, none of which may go against the sense of its feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from es_hybrid.errors import missing_extra
from es_hybrid.learning.examples import Example
from es_hybrid.rank.features import FEATURES, MONOTONE
from es_hybrid.rank.learned import standardised

__all__ = ["Linear", "linear_weights"]

_DEPTH = 10
_STEEPNESS = 10.0
"""A tenth of the range of relevance makes a pair as good as decided."""

_WEIGHED = tuple(name for name in FEATURES if name in MONOTONE and name != "relevance")
_BOUNDS = [(0.0, None) if MONOTONE[name] > 0 else (None, 0.0) for name in _WEIGHED]


@dataclass(frozen=True, slots=True)
class Linear:
    """How to weigh features.

    The weights of every penalty with every weight of the unjudged are averaged: with a few dozen
    queries, which of them is best is a matter of luck, and their mean depends less on it.

    Attributes:
        penalties: Of large weights; the larger, the closer to the untrained order.
        unjudged_weights: Weights of a pair whose worse product nobody judged.
    """

    penalties: tuple[float, ...] = (1.0, 10.0, 100.0)
    unjudged_weights: tuple[float, ...] = (0.0, 0.1, 0.5)

    def __str__(self) -> str:
        return "weights of features"


def linear_weights(examples: Sequence[Example], how: Linear) -> dict[str, float]:
    """Return the weight of each feature, those of 0 left out.

    Args:
        examples: At least one whose candidates have different grades.
        how: Penalties and weights of the unjudged.

    Raises:
        ConfigurationError: SciPy is missing.
    """
    pairs = _Pairs.of(examples)
    found = np.mean(
        [
            pairs.weights(penalty, unjudged)
            for penalty in how.penalties
            for unjudged in how.unjudged_weights
        ],
        axis=0,
    )
    return {name: weight for name, weight in zip(_WEIGHED, found.tolist(), strict=True) if weight}


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of one query's products, the first with the better grade.

    Attributes:
        differences: In the features, shape `(pairs, features)`.
        ahead: In the untrained relevance, shape `(pairs,)`.
        counts: What swapping them would do to NDCG@10, shape `(pairs,)`.
        unjudged: Whether nobody judged the second, shape `(pairs,)`.
    """

    differences: NDArray[np.float64]
    ahead: NDArray[np.float64]
    counts: NDArray[np.float64]
    unjudged: NDArray[np.bool_]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Self:
        """Return those of all queries, each query counting the same."""
        parts = list(zip(*map(_pairs, examples), strict=True))
        differences, ahead, counts, unjudged = (np.concatenate(part) for part in parts)
        return cls(differences, ahead, counts / len(examples), unjudged)

    def weights(self, penalty: float, unjudged_weight: float) -> NDArray[np.float64]:
        """Return the weights that make the loss smallest."""
        counts = np.where(self.unjudged, unjudged_weight, 1.0) * self.counts

        def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            margin = _STEEPNESS * (self.ahead + self.differences @ weights)
            slope = counts * _STEEPNESS / (1.0 + np.exp(np.minimum(margin, 500.0)))
            value = counts @ np.logaddexp(0.0, -margin) + penalty * weights @ weights
            return float(value), 2.0 * penalty * weights - self.differences.T @ slope

        start = np.zeros(len(_WEIGHED))
        found = _minimize()(loss, start, jac=True, method="L-BFGS-B", bounds=_BOUNDS)
        return np.asarray(found.x)


def _minimize() -> Any:
    try:
        from scipy.optimize import minimize  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise missing_extra(error, user="training", extra="ltr") from None
    return minimize


def _pairs(example: Example) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return differences, lead, counts and whether the worse is unjudged, of one query's pairs."""
    values = standardised(example.rows[:, [FEATURES.index(name) for name in _WEIGHED]])
    places = np.empty(len(example.ids), dtype=np.intp)
    places[np.argsort(-example.relevance, kind="stable")] = np.arange(len(example.ids))
    discount = np.where(places < _DEPTH, 1.0 / np.log2(places + 2.0), 0.0)
    grades = np.maximum(example.grades, 0)
    gain = 2.0**grades - 1.0
    judged = sorted(example.judged.values(), reverse=True)[:_DEPTH]
    best = sum((2.0**grade - 1.0) / np.log2(place + 2.0) for place, grade in enumerate(judged))
    graded = np.flatnonzero(grades)
    better, worse = np.nonzero(grades[graded, None] > grades[None, :])
    better = graded[better]
    swapped = (gain[better] - gain[worse]) * np.abs(discount[better] - discount[worse])
    kept = swapped > 0.0
    better, worse, counts = better[kept], worse[kept], swapped[kept] / max(best, 1.0)
    ahead = example.relevance[better] - example.relevance[worse]
    return values[better] - values[worse], ahead, counts, example.grades[worse] < 0
