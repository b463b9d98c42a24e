"""Tell how settings that are chosen like this do on queries that had no say in it.

Nested cross-validation by query: outer folds measure, inner folds, of what is left, choose how
cautious to be. Varma and Simon, "Bias in error estimation when using cross-validation for model
selection", BMC Bioinformatics 7:91, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

import numpy as np

from es_hybrid.evaluate import (
    JudgedQuery,
    JudgmentError,
    bootstrap_interval,
    randomisation_p,
)
from es_hybrid.tuning.choose import Chooser
from es_hybrid.tuning.configuration import TunedSettings
from es_hybrid.tuning.scores import ScoreTable, lexical_only
from es_hybrid.types import Json

__all__ = ["CAUTIONS", "Fold", "TuningReport", "tune"]

CAUTIONS = (1.0, 1.5, 2.0, math.inf)
"""Standard errors that a change must show by, least cautious first; the last one changes nothing."""

_INNER_FOLDS = 4


@dataclass(frozen=True, slots=True)
class Fold:
    """One part of the queries, and how the settings do on it that the others chose.

    Attributes:
        query_ids: Of the part.
        default: Mean of what was in force.
        tuned: Mean of what the others chose.
        settings: What they chose.
        caution: How cautious they were.
    """

    query_ids: tuple[str, ...]
    default: float
    tuned: float
    settings: TunedSettings
    caution: float


@dataclass(frozen=True, slots=True)
class TuningReport:
    """What was chosen on all queries, and how such a choice does on others.

    Attributes:
        measure: What was computed.
        settings: Chosen on all queries.
        default: What was in force.
        caution: Standard errors that a change had to show by.
        folds: Of all repeats.
        query_ids: One a judged query.
        values: Held-out mean of each query over the repeats, by `default`, `tuned` and `lexical`.
        interval: 95 % interval of the mean difference to the default.
        p_value: Of the randomisation test.
        compared: Configurations that were drawn.
        computed: Rankings that were made.
    """

    measure: str
    settings: TunedSettings
    default: TunedSettings
    caution: float
    folds: tuple[Fold, ...]
    query_ids: tuple[str, ...]
    values: dict[str, list[float]] = field(repr=False)
    interval: tuple[float, float]
    p_value: float
    compared: int
    computed: int

    @property
    def means(self) -> dict[str, float]:
        """Held-out means."""
        return {name: fmean(values) for name, values in self.values.items()}

    @property
    def difference(self) -> float:
        """Held-out mean gain of a query over the default."""
        return fmean(self._gains)

    @property
    def is_better(self) -> bool:
        """Whether the chosen settings are other ones, and the gain is more than chance."""
        return self.settings != self.default and self.interval[0] > 0

    @property
    def verdict(self) -> str:
        """One sentence for a person."""
        what = f"{self.difference:+.3f} {self.measure} on held-out queries"
        low, high = self.interval
        said = f"{what} (95 % interval {low:+.3f} to {high:+.3f})"
        if self.is_better:
            return f"tuned beats the default: {said}; switching is recommended"
        if self.settings == self.default:
            return f"nothing beats the default on {len(self.query_ids)} queries: {said}; keep it"
        return f"tuned does not beat the default: {said}; switching is not recommended"

    @property
    def _gains(self) -> list[float]:
        pairs = zip(self.values["tuned"], self.values["default"], strict=True)
        return [tuned - default for tuned, default in pairs]

    def to_dict(self) -> Json:
        """Return what a machine reads."""
        return {
            "measure": self.measure,
            "recommended": self.is_better,
            "verdict": self.verdict,
            "queries": len(self.query_ids),
            "held_out": {name: round(mean, 4) for name, mean in self.means.items()},
            "difference": round(self.difference, 4),
            "interval_95": [round(bound, 4) for bound in self.interval],
            "p_randomisation": round(self.p_value, 4),
            "caution": _caution(self.caution),
            "folds": [
                {
                    "queries": len(fold.query_ids),
                    "default": round(fold.default, 4),
                    "tuned": round(fold.tuned, 4),
                    "caution": _caution(fold.caution),
                }
                for fold in self.folds
            ],
            "configurations": self.compared,
            "rankings": self.computed,
        }


def tune(
    table: ScoreTable,
    chooser: Chooser,
    queries: Sequence[JudgedQuery],
    *,
    folds: int = 5,
    repeats: int = 3,
    seed: int = 0,
    done: Callable[[int], None] = lambda _: None,
) -> TuningReport:
    """Choose settings on all queries, and measure the choice on held-out ones.

    Args:
        table: What configurations reach.
        chooser: How settings are chosen; its caution is chosen here.
        queries: Those that count.
        folds: Parts of the queries, each held out once a repeat.
        repeats: Different divisions into parts.
        seed: Of the divisions and of the bootstrap.
        done: Is told how many parts are done.

    Raises:
        JudgmentError: There are fewer than two queries a part.

    Example:
        chooser = Chooser(table, space, default, space.drawn(default.base, count=200, seed=0))
        report = tune(table, chooser, queries, folds=5)
    """
    if len(queries) < 2 * folds:
        raise JudgmentError(
            f"{len(queries)} judged queries are too few for {folds} folds",
            hint="judge more, or say --folds 2",
        )
    default = chooser.default
    held_out: dict[str, list[float]] = {query.id: [] for query in queries}
    made: list[Fold] = []
    for repeat in range(repeats):
        for part, others in _parts(queries, folds, seed=seed + repeat):
            fold, values = _fold(table, chooser, part, others, seed=seed + repeat)
            for query, value in zip(part, values, strict=True):
                held_out[query.id].append(value)
            made.append(fold)
            done(len(made))
    before = table.values(default, queries)
    tuned = [fmean(held_out[query.id]) for query in queries]
    gains = [new - old for new, old in zip(tuned, before, strict=True)]
    caution = _caution_for(table, chooser, queries, seed=seed)
    words = lexical_only(default.base)
    return TuningReport(
        measure=str(table.measure),
        settings=replace(chooser, caution=caution).settings(queries),
        default=default,
        caution=caution,
        folds=tuple(made),
        query_ids=tuple(query.id for query in queries),
        values={
            "default": before,
            "tuned": tuned,
            "lexical": [table.value(words, query.id) for query in queries],
        },
        interval=bootstrap_interval(gains, rng=np.random.default_rng(seed)),
        p_value=randomisation_p(gains, rng=np.random.default_rng(seed)),
        compared=len(chooser.drawn),
        computed=table.computed,
    )


def _fold(
    table: ScoreTable,
    chooser: Chooser,
    part: Sequence[JudgedQuery],
    others: Sequence[JudgedQuery],
    *,
    seed: int,
) -> tuple[Fold, list[float]]:
    caution = _caution_for(table, chooser, others, seed=seed)
    settings = replace(chooser, caution=caution).settings(others)
    values = table.values(settings, part)
    fold = Fold(
        query_ids=tuple(query.id for query in part),
        default=fmean(table.values(chooser.default, part)),
        tuned=fmean(values),
        settings=settings,
        caution=caution,
    )
    return fold, values


def _caution_for(
    table: ScoreTable, chooser: Chooser, queries: Sequence[JudgedQuery], *, seed: int
) -> float:
    """Return how cautious to be, by what does best on inner folds; of equals the most cautious."""
    if len(queries) < 2 * _INNER_FOLDS:
        return math.inf
    sums = dict.fromkeys(CAUTIONS, 0.0)
    for part, others in _parts(queries, _INNER_FOLDS, seed=seed):
        for caution in CAUTIONS:
            settings = replace(chooser, caution=caution).settings(others)
            sums[caution] += math.fsum(table.values(settings, part))
    return max(reversed(CAUTIONS), key=lambda caution: round(sums[caution], 9))


def _parts(
    queries: Sequence[JudgedQuery], folds: int, *, seed: int
) -> Iterator[tuple[list[JudgedQuery], list[JudgedQuery]]]:
    """Yield each part and the others, the same for the same seed."""
    order = np.random.default_rng(seed).permutation(len(queries)).tolist()
    for fold in range(folds):
        held_out = set(order[fold::folds])
        part = [query for place, query in enumerate(queries) if place in held_out]
        yield part, [query for place, query in enumerate(queries) if place not in held_out]


def _caution(caution: float) -> float | str:
    return "default" if math.isinf(caution) else caution
