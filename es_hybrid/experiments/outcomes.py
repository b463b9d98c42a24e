"""What shoppers did, by variant: one value per shopper, and how sure a difference is.

This is the one place that outcomes come through: whoever can yield `Outcome`s, from a file, a log or
a warehouse, can be asked which variant is better.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from es_hybrid.experiments.interleaving import preference
from es_hybrid.experiments.sequential import Sample, always_valid_interval, always_valid_p
from es_hybrid.types import Json, Variant

__all__ = [
    "CREDIT",
    "SEARCH",
    "Effect",
    "Outcome",
    "Outcomes",
    "effect_of",
    "preference_of",
    "samples_of",
    "totals_of",
]

SEARCH = "search"
"""Metric of an outcome that only says that a shopper was there."""

CREDIT = "credit"
"""Metric of an interleaved page: 1 where the treatment's products got more clicks, -1 the control's."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something that a shopper did.

    Attributes:
        experiment: The run, such as `pilot-7f3a`.
        variant: What the shopper got.
        unit: Who it was, as a hash.
        metric: What is counted, such as `revenue`.
        value: How much.
    """

    experiment: str
    variant: Variant
    unit: str
    metric: str
    value: float

    def to_dict(self) -> Json:
        """Return the outcome as one line of JSON."""
        return {
            "kind": "outcome",
            "experiment": self.experiment,
            "variant": self.variant,
            "unit": self.unit,
            "metric": self.metric,
            "value": self.value,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return the outcome that a line holds.

        Raises:
            KeyError: A key is missing.
            ValueError: A value is none.
        """
        value = float(record["value"])
        if not math.isfinite(value):
            raise ValueError("a value must be finite")
        return cls(
            str(record["experiment"]),
            Variant(record["variant"]),
            str(record["unit"]),
            str(record["metric"]),
            value,
        )


Outcomes: TypeAlias = Callable[[str], Iterable[Outcome]]
"""Yields the outcomes of a run, given its label; may block."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What the treatment changed.

    Attributes:
        metric: In which metric.
        control: Mean of a shopper's value; 0 for an interleaved experiment.
        treatment: The same of the treatment; for an interleaved experiment the mean preference.
        shoppers: How many of each.
        interval: Of the difference; valid at every look.
        p: Valid at every look.
    """

    metric: str
    control: float
    treatment: float
    shoppers: tuple[int, int]
    interval: tuple[float, float]
    p: float

    @property
    def difference(self) -> float:
        """Treatment minus control."""
        return self.treatment - self.control

    def to_dict(self) -> Json:
        """Return the effect as JSON; an endless interval is `null`."""
        low, high = self.interval
        return {
            "metric": self.metric,
            "control": self.control,
            "treatment": self.treatment,
            "shoppers": {"control": self.shoppers[0], "treatment": self.shoppers[1]},
            "difference": self.difference,
            "interval": [low, high] if math.isfinite(low) else None,
            "p": self.p,
        }


def samples_of(outcomes: Iterable[Outcome], metric: str) -> dict[Variant, Sample]:
    """Return one value per shopper, summed; who was there and did nothing counts with 0.

    Shoppers and not searches are what was assigned, and a shopper's searches are alike: counting
    searches would make every difference look surer than it is.

    Args:
        outcomes: Of one run, in any order.
        metric: What is summed.

    Example:
        >>> seen = [Outcome("pilot-1", Variant.CONTROL, unit, metric, value) for unit, metric, value
        ...         in (("u", "search", 1), ("v", "search", 1), ("v", "revenue", 5))]
        >>> samples_of(seen, "revenue")[Variant.CONTROL].mean
        2.5
    """
    totals: dict[Variant, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for outcome in outcomes:
        totals[outcome.variant][outcome.unit] += outcome.value if outcome.metric == metric else 0.0
    return {variant: Sample.of(units.values()) for variant, units in totals.items()}


def totals_of(outcomes: Iterable[Outcome]) -> dict[Variant, dict[str, float]]:
    """Return the sum of each metric by variant.

    Args:
        outcomes: Of one run, in any order.

    Example:
        >>> seen = [Outcome("pilot-1", Variant.CONTROL, unit, "clicks", 1.0) for unit in "uvv"]
        >>> totals_of(seen)[Variant.CONTROL]
        {'clicks': 3.0}
    """
    totals: dict[Variant, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for outcome in outcomes:
        totals[outcome.variant][outcome.metric] += outcome.value
    return {variant: dict(sorted(sums.items())) for variant, sums in totals.items()}


def effect_of(
    samples: Mapping[Variant, Sample], *, metric: str, expected_difference: float
) -> Effect | None:
    """Return what the treatment changed; `None` without shoppers on both sides.

    Args:
        samples: One value per shopper, by variant.
        metric: Its name.
        expected_difference: Size of effect that is looked for.

    Example:
        >>> effect_of({}, metric="revenue", expected_difference=1.0) is None
        True
    """
    control, treatment = samples.get(Variant.CONTROL), samples.get(Variant.TREATMENT)
    if control is None or treatment is None:
        return None
    tau = expected_difference
    return Effect(
        metric,
        control.mean,
        treatment.mean,
        (control.count, treatment.count),
        always_valid_interval(control, treatment, expected_difference=tau),
        always_valid_p(control, treatment, expected_difference=tau),
    )


def preference_of(outcomes: Iterable[Outcome]) -> tuple[Effect | None, float]:
    """Return how much shoppers prefer the treatment on pages of both, and a sign test's p.

    Each shopper has one vote, -1, 0 or 1: the sign of all credit given. The effect is valid at every
    look; the sign test at one that was set before.

    Args:
        outcomes: Of one interleaved run.
    """
    given: dict[str, float] = defaultdict(float)
    for outcome in outcomes:
        if outcome.variant is Variant.INTERLEAVED:
            given[outcome.unit] += outcome.value if outcome.metric == CREDIT else 0.0
    if not given:
        return None, 1.0
    votes = [int(total > 0) - int(total < 0) for total in given.values()]
    # Against a control that is 0 without any spread: the test of one sample.
    samples = {Variant.CONTROL: Sample(len(votes)), Variant.TREATMENT: Sample.of(votes)}
    effect = effect_of(samples, metric=CREDIT, expected_difference=0.1)
    return effect, preference(votes)[1]
