"""How sure a difference is, for those who look once and for those who look every day."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

__all__ = ["Sample", "always_valid_interval", "always_valid_p", "fixed_p"]


@dataclass(frozen=True, slots=True)
class Sample:
    """What an arm has measured so far, as sums: two samples add up.

    Attributes:
        count: Observations.
        total: Their sum.
        squares: The sum of their squares.
    """

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Return the sample of some observations.

        Example:
            >>> Sample.of([0.0, 1.0]).mean
            0.5
        """
        found = list(values)
        return cls(len(found), math.fsum(found), math.fsum(value * value for value in found))

    def __add__(self, other: Sample) -> Sample:
        return Sample(
            self.count + other.count, self.total + other.total, self.squares + other.squares
        )

    @property
    def mean(self) -> float:
        """Mean of the observations, 0 without any."""
        return self.total / self.count if self.count else 0.0

    @property
    def variance(self) -> float:
        """Unbiased variance, 0 for fewer than two observations."""
        if self.count < 2:
            return 0.0
        return max(self.squares - self.total * self.mean, 0.0) / (self.count - 1)


def fixed_p(control: Sample, treatment: Sample) -> float:
    """Return the two-sided p-value of Welch's test with the normal distribution.

    Right for one look at an end that was set before. Who looks every day and stops at the first
    0.05 is wrong far more often than once in twenty: for that there is `always_valid_p`.

    Args:
        control: At least some hundred observations.
        treatment: The same.

    Example:
        >>> round(fixed_p(Sample.of([0, 1] * 500), Sample.of([0, 1, 1] * 400)), 6)
        0.0
    """
    error = _squared_error(control, treatment)
    if error <= 0.0:
        return 1.0
    return math.erfc(abs(treatment.mean - control.mean) / math.sqrt(2.0 * error))


def always_valid_p(
    control: Sample, treatment: Sample, *, expected_difference: float, before: float = 1.0
) -> float:
    """Return a p-value that may be looked at after every observation.

    The mixture sequential probability ratio test with a normal mixture of standard deviation tau
    (Johari, Koomen, Pekelis and Walsh, "Peeking at A/B tests", KDD 2017, equation 8):
    `p = min(before, 1 / Lambda)`, with `Lambda = sqrt(V / (V + tau^2)) * exp(tau^2 d^2 / (2 V (V +
    tau^2)))`, `d` the difference of means and `V` its variance. The chance that it ever falls below
    0.05 while both arms are the same is at most 5 %.

    Args:
        control: What it measured so far.
        treatment: The same.
        expected_difference: Tau, in the metric's unit: the size of effect that is looked for. It
            changes how soon a difference is found, not whether the p-value holds.
        before: The p-value of the look before; it never rises.

    Raises:
        ValueError: The expected difference is not above 0.

    Example:
        >>> same = Sample.of([0, 1] * 200)
        >>> always_valid_p(same, same, expected_difference=0.02)
        1.0
    """
    if not expected_difference > 0.0:
        raise ValueError("the expected difference must be above 0")
    error = _squared_error(control, treatment)
    if error <= 0.0:
        return before
    mixture = expected_difference**2
    difference = treatment.mean - control.mean
    log_ratio = 0.5 * math.log(error / (error + mixture))
    log_ratio += mixture * difference**2 / (2.0 * error * (error + mixture))
    return min(before, math.exp(-log_ratio) if log_ratio > 0.0 else 1.0)


def always_valid_interval(
    control: Sample, treatment: Sample, *, expected_difference: float, alpha: float = 0.05
) -> tuple[float, float]:
    """Return the interval of the difference that may be looked at after every observation.

    It holds every difference that the test of `always_valid_p` would not refuse at `alpha`: `d ±
    sqrt(2 V (V + tau^2) / tau^2 * (ln(1/alpha) + ln((V + tau^2) / V) / 2))`. The chance that the
    true difference is ever outside is at most `alpha`.

    Args:
        control: What it measured so far.
        treatment: The same.
        expected_difference: Tau, as for `always_valid_p`.
        alpha: How often it may be wrong.

    Returns:
        Low and high of treatment minus control; endless with fewer than two observations a side.

    Example:
        >>> low, high = always_valid_interval(
        ...     Sample.of([0, 1] * 500), Sample.of([0, 1, 1] * 400), expected_difference=0.1)
        >>> round(low, 2), round(high, 2)
        (0.1, 0.23)
    """
    if not expected_difference > 0.0:
        raise ValueError("the expected difference must be above 0")
    error = _squared_error(control, treatment)
    if error <= 0.0:
        return -math.inf, math.inf
    mixture = expected_difference**2
    difference = treatment.mean - control.mean
    spread = 2.0 * error * (error + mixture) / mixture
    spread *= math.log(1.0 / alpha) + 0.5 * math.log((error + mixture) / error)
    return difference - math.sqrt(spread), difference + math.sqrt(spread)


def _squared_error(control: Sample, treatment: Sample) -> float:
    if min(control.count, treatment.count) < 2:
        return 0.0
    return control.variance / control.count + treatment.variance / treatment.count
