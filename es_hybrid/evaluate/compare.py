"""Compare recipes with a baseline, query by query, and say what is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from es_hybrid.evaluate.judgments import JudgmentError
from es_hybrid.evaluate.report import EvaluationReport
from es_hybrid.evaluate.significance import (
    bootstrap_interval,
    bootstrap_p,
    detectable_difference,
    holm,
    queries_needed,
    randomisation_p,
)
from es_hybrid.types import Json

__all__ = ["Comparison", "QueryChange", "compare"]

_TIE = 1e-9
_SEEN = 0.01
_ROUND = 6


@dataclass(frozen=True, slots=True)
class QueryChange:
    """What one query gained or lost.

    Attributes:
        query_id: The judged query.
        before: Its value with the baseline.
        after: Its value with the recipe.
    """

    query_id: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """One recipe beside the baseline, by one measure.

    Attributes:
        recipe: The challenger.
        baseline: What it is compared with.
        measure: Such as `ndcg@10`.
        difference: Mean gain a query.
        interval: 95 % interval of it, by resampling queries.
        p_randomisation: Two-sided p-value of Fisher's randomisation test.
        p_bootstrap: Two-sided p-value of the shifted bootstrap.
        p_holm: `p_randomisation`, corrected for the number of recipes.
        changes: One a query, the worst loser first.
        queries_needed: Queries to see a difference of 0.01, with a power of 0.8; `None` where all
            queries changed alike.
        detectable: The smallest difference that these queries show, with a power of 0.8.
    """

    recipe: str
    baseline: str
    measure: str
    difference: float
    interval: tuple[float, float]
    p_randomisation: float
    p_bootstrap: float
    p_holm: float
    changes: tuple[QueryChange, ...]
    queries_needed: int | None
    detectable: float

    @property
    def won(self) -> int:
        """Queries that gained."""
        return sum(change.difference > _TIE for change in self.changes)

    @property
    def lost(self) -> int:
        """Queries that lost."""
        return sum(change.difference < -_TIE for change in self.changes)

    @property
    def losers(self) -> tuple[QueryChange, ...]:
        """Queries that lost, the worst first."""
        return self.changes[: self.lost]

    @property
    def winners(self) -> tuple[QueryChange, ...]:
        """Queries that gained, the best first."""
        return self.changes[len(self.changes) - self.won :][::-1]

    def verdict(self, *, alpha: float = 0.05) -> str:
        """Say in a sentence what the figures allow to be said.

        Example:
            `"hybrid is better than lexical by 0.031 ndcg@10 (0.010 to 0.052, p 0.004)"`
        """
        low, high = self.interval
        figures = f"({low:+.3f} to {high:+.3f}, p {self.p_holm:.3f})"
        if self.p_holm >= alpha:
            return (
                f"{self.recipe} is not told apart from {self.baseline}:"
                f" {self.difference:+.3f} {self.measure} {figures}"
            )
        word = "better" if self.difference > 0 else "worse"
        return (
            f"{self.recipe} is {word} than {self.baseline}"
            f" by {abs(self.difference):.3f} {self.measure} {figures}"
        )

    def to_dict(self) -> Json:
        """Return what a machine reads."""
        return {
            "recipe": self.recipe,
            "baseline": self.baseline,
            "measure": self.measure,
            "difference": round(self.difference, _ROUND),
            "interval_95": [round(bound, _ROUND) for bound in self.interval],
            "p_randomisation": round(self.p_randomisation, _ROUND),
            "p_bootstrap": round(self.p_bootstrap, _ROUND),
            "p_holm": round(self.p_holm, _ROUND),
            "queries": {
                "won": self.won,
                "lost": self.lost,
                "tied": len(self.changes) - self.won - self.lost,
            },
            "power": {
                f"queries_to_see_{_SEEN}": self.queries_needed,
                "detectable_difference": round(self.detectable, _ROUND),
            },
        }


def compare(
    report: EvaluationReport,
    *,
    baseline: str | None = None,
    measure: str | None = None,
    seed: int = 0,
    rounds: int = 10_000,
) -> tuple[Comparison, ...]:
    """Compare every recipe of a report with one of them.

    Args:
        report: As `judge` returns it.
        baseline: The recipe to compare with; the first one unless named.
        measure: The one that decides; the first one unless named.
        seed: Of the resampling: the same seed gives the same figures.
        rounds: Resamples, and random patterns of signs.

    Returns:
        One a recipe but the baseline, in the order of the report.

    Raises:
        JudgmentError: The report has no such recipe or measure.

    Example:
        `print(compare(report, baseline="lexical")[0].verdict())`
    """
    base = report.result(baseline or report.results[0].recipe)
    by = measure or next(iter(base.values))
    if by not in base.values:
        raise JudgmentError(f"{by} was not computed", hint=f"there are {', '.join(base.values)}")
    found = [
        _compared(
            result.recipe,
            base.recipe,
            by,
            [
                QueryChange(query, base.values[by][query], result.values[by][query])
                for query in report.query_ids
            ],
            rng=np.random.default_rng([seed, place]),
            rounds=rounds,
        )
        for place, result in enumerate(report.results)
        if result is not base
    ]
    return _corrected(found)


def _compared(
    recipe: str,
    baseline: str,
    measure: str,
    changes: Sequence[QueryChange],
    *,
    rng: np.random.Generator,
    rounds: int,
) -> Comparison:
    differences = [change.difference for change in changes]
    p_value = randomisation_p(differences, rng=rng, rounds=rounds)
    return Comparison(
        recipe=recipe,
        baseline=baseline,
        measure=measure,
        difference=fmean(differences),
        interval=bootstrap_interval(differences, rng=rng, rounds=rounds),
        p_randomisation=p_value,
        p_bootstrap=bootstrap_p(differences, rng=rng, rounds=rounds),
        p_holm=p_value,
        changes=tuple(sorted(changes, key=lambda change: (change.difference, change.query_id))),
        queries_needed=queries_needed(differences, difference=_SEEN),
        detectable=detectable_difference(differences),
    )


def _corrected(found: Sequence[Comparison]) -> tuple[Comparison, ...]:
    corrected = holm([comparison.p_randomisation for comparison in found])
    return tuple(
        replace(comparison, p_holm=p_value)
        for comparison, p_value in zip(found, corrected, strict=True)
    )
