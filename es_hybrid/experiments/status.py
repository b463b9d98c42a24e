"""How an experiment stands: searches, effect, guardrails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from es_hybrid.checks import Check, Status
from es_hybrid.experiments.definition import Experiment, ExperimentVersion
from es_hybrid.experiments.guardrails import Counts, guard_checks, sample_ratio_check
from es_hybrid.experiments.outcomes import (
    Effect,
    Outcome,
    effect_of,
    preference_of,
    samples_of,
    totals_of,
)
from es_hybrid.types import Json, Variant

__all__ = ["ExperimentStatus"]

_REVENUE = "revenue"


@dataclass(frozen=True, slots=True)
class ExperimentStatus:
    """How an experiment stands.

    Attributes:
        version: What is in force.
        experiment: The same, checked.
        counts: Searches by variant, of all processes.
        totals: What shoppers did by variant and metric, summed.
        effect: What the treatment changed; `None` where no outcomes are known.
        sign_test: Of an interleaved experiment, the p-value for a look at an end set before.
        guardrails: Each guardrail, and whether it holds.
        sample_ratio: Whether as many shoppers got the treatment as were assigned it; `None` where
            that cannot be told.
    """

    version: ExperimentVersion
    experiment: Experiment
    counts: Mapping[Variant, Counts]
    totals: Mapping[Variant, Mapping[str, float]]
    effect: Effect | None
    sign_test: float | None
    guardrails: tuple[Check, ...]
    sample_ratio: Check | None

    @property
    def harm(self) -> str | None:
        """Which guardrails are broken, in words; `None` where all hold."""
        broken = [each for each in self.guardrails if each.status is Status.PROBLEM]
        said = [f"{each.name} {each.detail}, allowed {each.hint}" for each in broken]
        return "; ".join(said) or None

    def to_dict(self) -> Json:
        """Return the status as JSON."""
        return {
            **self.version.to_dict(),
            "label": self.version.label,
            "counts": {str(variant): counts.to_dict() for variant, counts in self.counts.items()},
            "totals": {str(variant): dict(sums) for variant, sums in self.totals.items()},
            "effect": None if self.effect is None else self.effect.to_dict(),
            "sign_test": self.sign_test,
            "guardrails": [check.to_dict() for check in self.guardrails],
            "sample_ratio": None if self.sample_ratio is None else self.sample_ratio.to_dict(),
            "harm": self.harm,
        }

    @classmethod
    def of(
        cls,
        version: ExperimentVersion,
        counts: Mapping[Variant, Counts],
        outcomes: Iterable[Outcome] = (),
    ) -> Self:
        """Return how an experiment stands.

        Args:
            version: What is in force.
            counts: Searches by variant.
            outcomes: What shoppers did; those of other runs are passed over.
        """
        experiment, label = version.experiment, version.label
        own = [outcome for outcome in outcomes if outcome.experiment == label]
        sign_test = sample_ratio = None
        if experiment.design == "interleave":
            effect, sign_test = preference_of(own)
        else:
            samples = samples_of(own, experiment.metric)
            least = experiment.guardrails.searches
            sample_ratio = sample_ratio_check(experiment.share, samples, least=least)
            effect = effect_of(
                samples,
                metric=experiment.metric,
                expected_difference=experiment.expected_difference,
            )
        revenue = samples_of(own, _REVENUE) if any(o.metric == _REVENUE for o in own) else None
        checks = guard_checks(experiment.guardrails, counts, revenue)
        return cls(
            version, experiment, counts, totals_of(own), effect, sign_test, checks, sample_ratio
        )
