"""Bring a leg's scores to a common scale; every result is finite and from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from es_hybrid.types import Normalizer, Scores


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
    low, high = scores[known].min(), scores[known].max()
    spread = high - low
    # A spread of nothing but rounding would blow noise up to the full range.
    if spread <= 1e-6 * max(abs(high), 1.0):
        return known.astype(np.float64)
    return np.where(known, (scores - low) / spread, 0.0)


def zscore(scores: Scores) -> Scores:
    """Centre on the mean, scale by the deviation, squash by the logistic function.

    Example:
        >>> zscore(np.array([1.0, 3.0])).round(2).tolist()
        [0.27, 0.73]
    """
    known = np.isfinite(scores)
    if not known.any():
        return np.zeros_like(scores)
    deviation = scores[known].std()
    if deviation <= 1e-12:
        return np.where(known, 0.5, 0.0)
    return sigmoid((scores - scores[known].mean()) / deviation)


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


NORMALIZERS: Mapping[Normalizer, Callable[[Scores], Scores]] = {
    Normalizer.MINMAX: minmax,
    Normalizer.ZSCORE: zscore,
    Normalizer.SIGMOID: sigmoid,
    Normalizer.NONE: identity,
}
