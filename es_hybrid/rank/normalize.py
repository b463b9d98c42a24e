"""Bring a leg's scores to a common scale; every result is finite and from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types import Normalizer, Scores

_HUGE = 1e100
_NOISE = 1e-6
"""Spread, as a share of the largest score, below which scores are equal but for rounding."""


def minmax(scores: Scores) -> Scores:
    """Map the lowest known score to 0 and the highest to 1; unknown (NaN) becomes 0.

    Where all known scores are equal they are all 1: a match is a match.

    Example:
        >>> minmax(np.array([2.0, 4.0, np.nan])).tolist()
        [0.0, 1.0, 0.0]
    """
    known = scores[np.isfinite(scores)]
    if not known.size:
        return np.zeros_like(scores)
    return _between(scores, float(known.min()), float(known.max()))


def robust(scores: Scores) -> Scores:
    """Map the 10th percentile of the known scores to 0 and the highest to 1; below it, all are 0.

    With complete scores each leg also scores the other leg's candidates, and a few that it hardly
    matches would drag the minimum down and squeeze all others together. On judged electronics the
    plateau reaches from the 7th to the 15th percentile (docs/tuning.md).

    Example:
        >>> robust(np.array([0.0, 5.0, 6.0, 10.0, np.nan])).round(2).tolist()
        [0.0, 0.41, 0.53, 1.0, 0.0]
    """
    known = np.sort(scores[np.isfinite(scores)])
    if not known.size:
        return np.zeros_like(scores)
    return _between(scores, _percentile(known, 0.1), float(known[-1]))


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


def _between(scores: Scores, low: float, high: float) -> Scores:
    """Map low, and all below it, to 0 and high to 1; unknown becomes 0.

    Few calls of numpy, each of which costs more than the arithmetic on a few hundred scores.
    """
    largest = max(1.0, abs(low), abs(high))
    if largest > _HUGE:
        return _between(scores / largest, low / largest, high / largest)
    # A spread of nothing but rounding would blow noise up to the full range.
    if high - low <= _NOISE * largest:
        return np.isfinite(scores).astype(np.float64)
    with np.errstate(over="ignore"):  # far below low
        scaled = (scores - low) / (high - low)
    known = np.isfinite(scaled)
    # fmax takes the other number where one is NaN, but infinity is no score either.
    return np.fmax(scaled, 0.0) if known.all() else np.where(known, np.fmax(scaled, 0.0), 0.0)


def _percentile(ordered: Scores, share: float) -> float:
    """Return a percentile, interpolated between neighbours; numpy's own takes ten times as long."""
    place, rest = divmod(share * (len(ordered) - 1), 1.0)
    low = float(ordered[int(place)])
    # Each part by itself: the difference of two huge scores would overflow.
    return low if rest == 0.0 else (1.0 - rest) * low + rest * float(ordered[int(place) + 1])


def _scaled(scores: Scores, known: NDArray[np.bool_]) -> Scores:
    """Shrink scores so large that their differences or squares would overflow."""
    largest = np.abs(scores[known]).max()
    return scores / largest if largest > _HUGE else scores


def _noise(scores: Scores, known: NDArray[np.bool_]) -> float:
    """Return the spread below which scores are equal but for rounding."""
    return _NOISE * max(1.0, float(np.abs(scores[known]).max()))


NORMALIZERS: Mapping[Normalizer, Callable[[Scores], Scores]] = {
    Normalizer.ROBUST: robust,
    Normalizer.MINMAX: minmax,
    Normalizer.ZSCORE: zscore,
    Normalizer.SIGMOID: sigmoid,
    Normalizer.NONE: identity,
}
