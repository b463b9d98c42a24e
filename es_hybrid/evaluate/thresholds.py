"""A floor under a measure, for a gate in CI."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from es_hybrid.evaluate.judgments import JudgmentError
from es_hybrid.evaluate.measures import Measure
from es_hybrid.evaluate.report import EvaluationReport

__all__ = ["Shortfall", "Threshold"]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A recipe that stayed below a floor."""

    recipe: str
    measure: str
    value: float
    wanted: float

    def __str__(self) -> str:
        return f"{self.recipe}: {self.measure} is {self.value:.4f}, below {self.wanted:g}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least that a recipe must reach.

    Attributes:
        measure: By which.
        least: The least mean.
        recipe: Whose; `None` is the last recipe of the report, which is the search in full.
    """

    measure: Measure
    least: float
    recipe: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `ndcg@10=0.74`, or `hybrid:ndcg@10=0.74` for a recipe by name.

        Raises:
            JudgmentError: It is not written like that.

        Example:
            >>> Threshold.parse("hybrid:ndcg@10=0.74").recipe
            'hybrid'
        """
        name, _, number = text.rpartition("=")
        recipe, _, measure = name.rpartition(":")
        try:
            least = float(number)
        except ValueError:
            least = math.nan
        if not 0.0 <= least <= 1.0:
            raise JudgmentError(
                f"{text!r} is no floor", hint="write measure=value from 0 to 1: ndcg@10=0.74"
            )
        return cls(Measure.parse(measure), least, recipe or None)

    def shortfall(self, report: EvaluationReport) -> Shortfall | None:
        """Return how a report fails this, or `None` where it does not.

        Raises:
            JudgmentError: The report has no such recipe or measure.
        """
        result = report.result(self.recipe) if self.recipe else report.results[-1]
        means = result.means()
        if str(self.measure) not in means:
            raise JudgmentError(f"{self.measure} was not computed")
        value = means[str(self.measure)]
        if value >= self.least:
            return None
        return Shortfall(result.recipe, str(self.measure), value, self.least)
