"""What another ranking would have earned, estimated from a log of this one.

Inverse propensity scoring weighs each logged reward by how much likelier the new ranking is to show
it (Horvitz and Thompson, 1952; Joachims, Swaminathan and Schnabel, "Unbiased learning-to-rank with
biased feedback", WSDM 2017). The self-normalised estimate trades a little bias for much less
variance (Swaminathan and Joachims, "The self-normalized estimator for counterfactual learning",
NIPS 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from es_hybrid.types import Scores

__all__ = ["Estimate", "ips", "snips"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated mean reward.

    Attributes:
        value: Reward of one logged event under the new ranking.
        standard_error: Of the value.
        effective_events: How many unweighted events would say as much (Kish); a small share of the
            log means that it knows little of the new ranking.
        clipped: Share of the events whose weight was cut.
    """

    value: float
    standard_error: float
    effective_events: float
    clipped: float


def ips(
    rewards: Sequence[float],
    logged: Sequence[float],
    target: Sequence[float],
    *,
    clip: float = 10.0,
) -> Estimate:
    """Return `mean(reward * min(target / logged, clip))`.

    Args:
        rewards: Of each logged event: a click, a purchase, money.
        logged: Probability that the logging ranking showed it so that it was seen, above 0. With
            a position-based click model: the examination of its place.
        target: The same of the new ranking; 0 where it does not show it.
        clip: Largest weight. Lower is less noisy and more biased towards 0.

    Raises:
        ValueError: Lengths differ, there are no events, or a logged probability is not above 0.

    Example:
        >>> ips([1, 0], [0.5, 0.5], [1.0, 0.25]).value
        1.0
    """
    reward, weight, clipped = _weighted(rewards, logged, target, clip)
    values = reward * weight
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")
    return Estimate(float(values.mean()), error, _effective(weight), clipped)


def snips(
    rewards: Sequence[float],
    logged: Sequence[float],
    target: Sequence[float],
    *,
    clip: float = 10.0,
) -> Estimate:
    """Return `sum(reward * weight) / sum(weight)`, the weights as in `ips`.

    Args:
        rewards: As in `ips`.
        logged: As in `ips`.
        target: As in `ips`.
        clip: As in `ips`.

    Raises:
        ValueError: As `ips`, or the new ranking shows nothing of what was logged.

    Example:
        >>> round(snips([1, 0], [0.5, 0.5], [1.0, 0.25]).value, 3)
        0.8
    """
    reward, weight, clipped = _weighted(rewards, logged, target, clip)
    total = float(weight.sum())
    if total <= 0.0:
        raise ValueError("the new ranking shows nothing of what was logged")
    value = float((reward * weight).sum() / total)
    error = float(np.sqrt((weight**2 * (reward - value) ** 2).sum()) / total)
    return Estimate(value, error, _effective(weight), clipped)


def _weighted(
    rewards: Sequence[float], logged: Sequence[float], target: Sequence[float], clip: float
) -> tuple[Scores, Scores, float]:
    reward, before, after = (np.asarray(part, dtype=float) for part in (rewards, logged, target))
    if not len(reward) == len(before) == len(after) > 0:
        raise ValueError("rewards and probabilities must be of the same length, and not empty")
    if not (before > 0.0).all():
        raise ValueError("what was logged was shown: its probability must be above 0")
    weight = after / before
    return reward, np.minimum(weight, clip), float((weight > clip).mean())


def _effective(weight: Scores) -> float:
    squares = float((weight**2).sum())
    return float(weight.sum() ** 2 / squares) if squares else 0.0
