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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_hybrid.errors import ConfigurationError
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

    Attributes:
        penalty: Of large weights; the larger, the closer to the untrained order.
        unjudged_weight: Weight of a pair whose worse product nobody judged.
    """

    penalty: float = 10.0
    unjudged_weight: float = 0.1

    def __str__(self) -> str:
        return f"weights, penalty {self.penalty:g}, unjudged {self.unjudged_weight:g}"


def linear_weights(examples: Sequence[Example], how: Linear) -> dict[str, float]:
    """Return the weight of each feature, those of 0 left out.

    Args:
        examples: At least one whose candidates have different grades.
        how: Penalty and weight of the unjudged.

    Raises:
        ConfigurationError: SciPy is missing.
    """
    minimize = _minimize()
    parts = [_pairs(example, how) for example in examples]
    differences = np.concatenate([part[0] for part in parts])
    ahead = np.concatenate([part[1] for part in parts])
    counts = np.concatenate([part[2] for part in parts]) / len(examples)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = _STEEPNESS * (ahead + differences @ weights)
        slope = counts * _STEEPNESS / (1.0 + np.exp(np.minimum(margin, 500.0)))
        value = counts @ np.logaddexp(0.0, -margin) + how.penalty * weights @ weights
        return float(value), 2.0 * how.penalty * weights - differences.T @ slope

    found = minimize(
        loss, np.zeros(len(_WEIGHED)), jac=True, method="L-BFGS-B", bounds=_BOUNDS
    ).x.tolist()
    return {name: weight for name, weight in zip(_WEIGHED, found, strict=True) if weight}


def _minimize() -> Any:
    try:
        from scipy.optimize import minimize  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigurationError(
            "training needs SciPy", hint="pip install 'es-hybrid[ltr]'"
        ) from None
    return minimize


def _pairs(
    example: Example, how: Linear
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return of each pair: the difference in features, in relevance, and what it counts."""
    columns = [standardised(example.rows[:, FEATURES.index(name)]) for name in _WEIGHED]
    values = np.column_stack(columns)
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
    counts = swapped / max(best, 1.0)
    counts = np.where(example.grades[worse] < 0, how.unjudged_weight, 1.0) * counts
    kept = counts > 0.0
    better, worse = better[kept], worse[kept]
    relevance = example.relevance[better] - example.relevance[worse]
    return values[better] - values[worse], relevance, counts[kept]
