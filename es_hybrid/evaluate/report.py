"""Judge runs: means, values a query, latency, slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from es_hybrid.evaluate.judgments import (
    JudgedQuery,
    JudgmentError,
    Judgments,
    relevance_threshold,
)
from es_hybrid.evaluate.measures import DEFAULT_MEASURES, Measure, Scale
from es_hybrid.evaluate.metrics import percentile
from es_hybrid.evaluate.runs import Run
from es_hybrid.types import Json

__all__ = ["EvaluationReport", "QuerySlice", "RecipeResult", "judge", "judged_queries"]

_ROUND = 6


@dataclass(frozen=True, slots=True)
class QuerySlice:
    """The queries that share a label, such as `language` = `zh`."""

    column: str
    label: str
    query_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecipeResult:
    """What one recipe reached.

    Attributes:
        recipe: Its name.
        values: Metric name, such as `ndcg@10`, to query id to value.
        latency_ms: `p50` and `p95` of a search of a page.
        stages_ms: Mean milliseconds per stage, over the queries that went through it.
        degraded: Queries that went without something, by `"stage: reason"`.
        faults: Queries among them where something broke or was too slow.
    """

    recipe: str
    values: Mapping[str, Mapping[str, float]]
    latency_ms: Mapping[str, float]
    stages_ms: Mapping[str, float] = field(default_factory=dict)
    degraded: Mapping[str, int] = field(default_factory=dict)
    faults: int = 0

    def means(self, query_ids: Iterable[str] | None = None) -> dict[str, float]:
        """Return the mean of each metric, over all queries or over these."""
        chosen = None if query_ids is None else tuple(query_ids)
        return {
            metric: fmean(values.values() if chosen is None else (values[q] for q in chosen))
            for metric, values in self.values.items()
        }


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """How recipes compare on one judged set.

    Attributes:
        results: One a recipe, in the order they ran.
        query_ids: The queries that count: those with a relevant product.
        left_out: Queries without one, or without judgments.
        relevant_from: The lowest grade that counts as relevant.
        slices: The queries by label, where the file of queries had labels.
    """

    results: tuple[RecipeResult, ...]
    query_ids: tuple[str, ...]
    left_out: int
    relevant_from: int
    slices: tuple[QuerySlice, ...] = ()

    def result(self, recipe: str) -> RecipeResult:
        """Return one recipe's result.

        Raises:
            JudgmentError: There is none of this name.
        """
        for result in self.results:
            if result.recipe == recipe:
                return result
        names = ", ".join(result.recipe for result in self.results)
        raise JudgmentError(f"there is no recipe {recipe!r} in the report", hint=f"of {names}")

    def to_dict(self, *, per_query: bool = False) -> Json:
        """Return what a machine reads; with the values a query, where asked."""
        return {
            "queries": {"counted": len(self.query_ids), "left_out": self.left_out},
            "relevant_from": self.relevant_from,
            "recipes": {result.recipe: self._recipe(result, per_query) for result in self.results},
        }

    def _recipe(self, result: RecipeResult, per_query: bool) -> Json:  # noqa: FBT001 - private
        slices: dict[str, Json] = {}
        for part in self.slices:
            slices.setdefault(part.column, {})[part.label] = {
                "queries": len(part.query_ids),
                "metrics": _rounded(result.means(part.query_ids)),
            }
        found: Json = {
            "metrics": _rounded(result.means()),
            "latency_ms": _rounded(result.latency_ms),
            "stages_ms": _rounded(result.stages_ms),
            "degraded": dict(result.degraded),
            "faults": result.faults,
            "slices": slices,
        }
        if per_query:
            found["per_query"] = {
                query: _rounded({name: values[query] for name, values in result.values.items()})
                for query in self.query_ids
            }
        return found


def judged_queries(
    queries: Sequence[JudgedQuery], judgments: Judgments, *, relevant_from: int | None = None
) -> tuple[JudgedQuery, ...]:
    """Return the queries that count: those with at least one relevant product.

    Args:
        queries: All of the set.
        judgments: Their grades.
        relevant_from: The lowest relevant grade; `None` takes `relevance_threshold`.

    Raises:
        JudgmentError: No query counts.

    Example:
        >>> judged_queries([JudgedQuery("q1", "shoe")], {"q1": {"a": 3}})[0].id
        'q1'
    """
    least = relevance_threshold(judgments) if relevant_from is None else relevant_from
    counted = tuple(
        query for query in queries if max(judgments.get(query.id, {}).values(), default=-1) >= least
    )
    if not counted:
        raise JudgmentError(
            f"none of the {len(queries)} queries has a product of grade {least} or more",
            hint="check that both files use the same query ids, or lower the relevant grade",
        )
    return counted


def judge(
    runs: Sequence[Run],
    *,
    queries: Sequence[JudgedQuery],
    judgments: Judgments,
    measures: Sequence[Measure] = DEFAULT_MEASURES,
    relevant_from: int | None = None,
    slice_by: Sequence[str] = ("language", "type"),
) -> EvaluationReport:
    """Judge what recipes answered: NDCG@10, MRR@10, recall@100 unless others are named; latency.

    Every mean is over the queries with at least one relevant product, so that all figures of a
    report speak of the same queries.

    Args:
        runs: One a recipe, with an answer to every query that counts.
        queries: All queries of the set.
        judgments: Their grades.
        measures: What is computed; runs must be as deep as they look.
        relevant_from: The lowest relevant grade; `None` takes `relevance_threshold`.
        slice_by: Labels of the queries by which means are also given.

    Raises:
        JudgmentError: No query counts, a run lacks an answer, or two runs have one name.

    Example:
        >>> from es_hybrid.evaluate import Answer, Run
        >>> run = Run("mine", (Answer("q1", ("b", "a"), took_ms=2.0),))
        >>> report = judge([run], queries=[JudgedQuery("q1", "shoe")], judgments={"q1": {"a": 3}})
        >>> report.results[0].means()["mrr@10"]
        0.5
    """
    scale = Scale.of(judgments, relevant_from=relevant_from)
    counted = judged_queries(queries, judgments, relevant_from=scale.relevant_from)
    names = [run.recipe for run in runs]
    if len(set(names)) < len(names):
        raise JudgmentError(f"two runs have one name: {', '.join(names)}", hint="rename one")
    return EvaluationReport(
        results=tuple(_result(run, counted, judgments, measures, scale) for run in runs),
        query_ids=tuple(query.id for query in counted),
        left_out=len(queries) - len(counted),
        relevant_from=scale.relevant_from,
        slices=tuple(_slices(counted, slice_by)),
    )


def _result(
    run: Run,
    counted: Sequence[JudgedQuery],
    judgments: Judgments,
    measures: Sequence[Measure],
    scale: Scale,
) -> RecipeResult:
    answers = {answer.query_id: answer for answer in run.answers}
    missing = [query.id for query in counted if query.id not in answers]
    if missing:
        raise JudgmentError(f"run {run.recipe} has no answer to query {missing[0]}")
    took = [answers[query.id].took_ms for query in counted]
    return RecipeResult(
        recipe=run.recipe,
        values={
            str(measure): {
                query.id: measure.value(answers[query.id].ranking, judgments[query.id], scale=scale)
                for query in counted
            }
            for measure in measures
        },
        latency_ms={"p50": percentile(took, 50), "p95": percentile(took, 95)},
        stages_ms=_stage_means(run),
        degraded=run.degraded(),
        faults=run.faults(),
    )


def _stage_means(run: Run) -> dict[str, float]:
    spent: dict[str, list[float]] = {}
    for answer in run.answers:
        for stage, took_ms in answer.stages_ms.items():
            spent.setdefault(str(stage), []).append(took_ms)
    return {stage: fmean(values) for stage, values in spent.items()}


def _slices(counted: Sequence[JudgedQuery], columns: Sequence[str]) -> Iterable[QuerySlice]:
    for column in columns:
        members: dict[str, list[str]] = {}
        for query in counted:
            if column in query.labels:
                members.setdefault(query.labels[column], []).append(query.id)
        for label in sorted(members):
            yield QuerySlice(column, label, tuple(members[label]))


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, _ROUND) for name, value in values.items()}
