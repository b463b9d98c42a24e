"""Bring a leg's scores to a common scale; every result is finite and from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types import Normalizer, Scores

_HUGE = 1e100


def minmax(scores: Scores) -> Scores:
    """Map the lowest known score to 0 and the highest to 1; unknown (NaN) becomes 0.

    Where all known scores are equal they are all 1: a match is a match.

    Example:
        >>> minmax(np.array([2.0, 4.0, np.nan])).tolist()
        [0.0, 1.0, 0.0]
    """
    known = np.isfinite(scores)
    if not known.any():
        return np.zeros_like(scores)
    scaled = _scaled(scores, known)
    low, high = scaled[known].min(), scaled[known].max()
    spread = high - low
    # A spread of nothing but rounding would blow noise up to the full range.
    if spread <= _noise(scaled, known):
        return known.astype(np.float64)
    return np.where(known, (scaled - low) / spread, 0.0)


def robust(scores: Scores) -> Scores:
    """Map the 10th percentile of the known scores to 0 and the highest to 1; below it, all are 0.

    With complete scores each leg also scores the other leg's candidates, and a few that it hardly
    matches would drag the minimum down and squeeze all others together. On judged electronics the
    plateau reaches from the 7th to the 15th percentile (docs/tuning.md).

    Example:
        >>> robust(np.array([0.0, 5.0, 6.0, 10.0, np.nan])).round(2).tolist()
        [0.0, 0.41, 0.53, 1.0, 0.0]
    """
    known = np.isfinite(scores)
    if known.any():
        scores = np.maximum(scores, np.percentile(scores[known], 10.0))
    return minmax(scores)


def zscore(scores: Scores) -> Scores:
    """Centre on the mean, scale by the deviation, squash by the logistic function.

    Example:
        >>> zscore(np.array([1.0, 3.0])).round(2).tolist()
        [0.27, 0.73]
    """
    known = np.isfinite(scores)
    if not known.any():
        return np.zeros_like(scores)
    scaled = _scaled(scores, known)
    deviation = scaled[known].std()
    if deviation <= _noise(scaled, known):
        return np.where(known, 0.5, 0.0)
    return sigmoid((scaled - scaled[known].mean()) / deviation)


def sigmoid(scores: Scores) -> Scores:
    """Squash by the logistic function; unknown (NaN) becomes 0.

    Example:
        >>> sigmoid(np.array([0.0, np.nan])).tolist()
        [0.5, 0.0]
    """
    with np.errstate(over="ignore"):
        squashed = 1.0 / (1.0 + np.exp(-scores))
    return np.where(np.isfinite(scores), squashed, 0.0)


def identity(scores: Scores) -> Scores:
    """Leave scores as they are; unknown (NaN) becomes 0."""
    return np.where(np.isfinite(scores), scores, 0.0)


def _scaled(scores: Scores, known: NDArray[np.bool_]) -> Scores:
    """Shrink scores so large that their differences or squares would overflow."""
    largest = np.abs(scores[known]).max()
    return scores / largest if largest > _HUGE else scores


def _noise(scores: Scores, known: NDArray[np.bool_]) -> float:
    """Return the spread below which scores are equal but for rounding."""
    return 1e-6 * max(1.0, float(np.abs(scores[known]).max()))


NORMALIZERS: Mapping[Normalizer, Callable[[Scores], Scores]] = {
    Normalizer.ROBUST: robust,
    Normalizer.MINMAX: minmax,
    Normalizer.ZSCORE: zscore,
    Normalizer.SIGMOID: sigmoid,
    Normalizer.NONE: identity,
}
