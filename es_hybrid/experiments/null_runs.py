"""How often a test calls two equal variants different: many simulated experiments on nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from es_hybrid.experiments.sequential import Sample, always_valid_p, fixed_p
from es_hybrid.types import Json

__all__ = ["NullRuns", "null_runs"]


@dataclass(frozen=True, slots=True)
class NullRuns:
    """How many of the experiments on nothing were called different.

    Attributes:
        runs: Experiments.
        looks: Looks at each.
        alpha: Below which p-value a difference is called one.
        fixed_once: By the fixed test, looked at once, at the end.
        fixed_peeking: By the fixed test, looked at every time.
        always_valid: By the sequential test, looked at every time.
    """

    runs: int
    looks: int
    alpha: float
    fixed_once: int
    fixed_peeking: int
    always_valid: int

    @property
    def sampling_error(self) -> float:
        """Standard error of a share of `alpha` among so many runs."""
        return math.sqrt(self.alpha * (1.0 - self.alpha) / self.runs)

    def to_dict(self) -> Json:
        """Return shares as JSON."""
        found = {"fixed, one look": self.fixed_once, "fixed, every look": self.fixed_peeking}
        found["always valid, every look"] = self.always_valid
        return {
            "runs": self.runs,
            "looks": self.looks,
            "alpha": self.alpha,
            "sampling_error": self.sampling_error,
            "false_positives": {name: count / self.runs for name, count in found.items()},
        }


def null_runs(
    *,
    runs: int = 1000,
    shoppers: int = 4000,
    looks: int = 20,
    rate: float = 0.1,
    value: float = 50.0,
    expected_difference: float = 1.0,
    alpha: float = 0.05,
    seed: int = 1,
) -> NullRuns:
    """Simulate experiments whose variants are the same, and test them as live ones are tested.

    A shopper buys with a chance of `rate`, for an amount from a gamma distribution (shape 2): most
    values are 0 and the others are skewed, as revenue is.

    Args:
        runs: Experiments.
        shoppers: Of each variant.
        looks: How often each is looked at, evenly spread.
        rate: Share of shoppers who buy.
        value: Mean amount of those who do.
        expected_difference: As for the sequential test.
        alpha: Below which p-value a difference is called one.
        seed: Of the simulation.

    Example:
        >>> found = null_runs(runs=100, shoppers=400)
        >>> found.always_valid <= found.fixed_peeking
        True
    """
    random = np.random.default_rng(seed)
    size = shoppers // looks
    sums = [_sums(random, (runs, looks, size), rate, value) for _ in range(2)]
    fixed = np.empty((runs, looks))
    valid = np.empty((runs, looks))
    for run in range(runs):
        for look in range(looks):
            one, two = (Sample((look + 1) * size, *side[:, run, look]) for side in sums)
            fixed[run, look] = fixed_p(one, two)
            valid[run, look] = always_valid_p(one, two, expected_difference=expected_difference)
    return NullRuns(
        runs,
        looks,
        alpha,
        fixed_once=int((fixed[:, -1] < alpha).sum()),
        fixed_peeking=int((fixed.min(axis=1) < alpha).sum()),
        always_valid=int((valid.min(axis=1) < alpha).sum()),
    )


def _sums(
    random: np.random.Generator, shape: tuple[int, int, int], rate: float, value: float
) -> Any:
    """Return sums and sums of squares up to each look, shape `(2, runs, looks)`."""
    buys = random.random(shape, dtype=np.float32) < rate
    spent = np.zeros(shape, dtype=np.float32)
    spent[buys] = random.standard_gamma(2.0, int(buys.sum()), dtype=np.float32) * (value / 2.0)
    each = spent.astype(np.float64)
    return np.stack([each.sum(axis=2), (each**2).sum(axis=2)]).cumsum(axis=2)
