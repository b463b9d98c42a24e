"""An evaluation report as tables."""

from __future__ import annotations

from collections.abc import Sequence

from es_hybrid.cli.output import Output
from es_hybrid.evaluate import Comparison, EvaluationReport, JudgedQuery

__all__ = ["print_comparisons", "print_report"]

_SHORT = frozenset({"ndcg", "mrr", "map", "err"})


def print_report(report: EvaluationReport, out: Output, *, per_query: bool = False) -> None:
    """Print how recipes compare: overall, by slice, by stage and, where asked, by query."""
    _totals(report, out)
    _slices(report, out)
    _stages(report, out)
    if per_query:
        _queries(report, out)
    for result in report.results:
        for what, count in result.degraded.items():
            out.note(f"{result.recipe} went without {what}: {count} of {len(report.query_ids)}")


def print_comparisons(
    comparisons: Sequence[Comparison],
    queries: Sequence[JudgedQuery],
    out: Output,
    *,
    each: int,
) -> None:
    """Print which differences are more than chance, and the queries that changed most."""
    if not comparisons:
        return
    out.line()
    first = comparisons[0]
    head = f"{_heading(first.measure)} beside {first.baseline}"
    out.table(
        [head, "difference", "95 % from", "to", "p", "p Holm", "won", "lost", "for 0.01"],
        [
            [
                found.recipe,
                _number(found.difference, 3),
                *(_number(bound, 3) for bound in found.interval),
                _number(found.p_randomisation, 3),
                _number(found.p_holm, 3),
                found.won,
                found.lost,
                found.queries_needed or "-",
            ]
            for found in comparisons
        ],
    )
    words = {query.id: query.text for query in queries}
    for found in comparisons:
        rows = [
            [change.query_id, words[change.query_id], *(_number(v, 3) for v in values)]
            for change in (*found.losers[:each], *found.winners[:each])
            for values in [(change.before, change.after, change.difference)]
        ]
        if rows:
            out.line()
            out.table(
                [f"{found.recipe} changed most", "", found.baseline, found.recipe, "difference"],
                rows,
            )
    for found in comparisons:
        out.note(found.verdict())


def _totals(report: EvaluationReport, out: Output) -> None:
    left_out = f"; {report.left_out} without one are left out" if report.left_out else ""
    out.line(
        f"{len(report.query_ids)} queries with a product of grade {report.relevant_from}"
        f" or more{left_out}"
    )
    metrics = list(report.results[0].values)
    out.table(
        ["recipe", *(_heading(metric) for metric in metrics), "p50 ms", "p95 ms"],
        [
            [
                result.recipe,
                *(_number(value, 3) for value in result.means().values()),
                _number(result.latency_ms["p50"], 1),
                _number(result.latency_ms["p95"], 1),
            ]
            for result in report.results
        ],
    )


def _slices(report: EvaluationReport, out: Output) -> None:
    if not report.slices:
        return
    decides = _decides(report)
    out.line()
    out.table(
        [f"{_heading(decides)} by", "", "queries", *(result.recipe for result in report.results)],
        [
            [
                part.column,
                part.label,
                len(part.query_ids),
                *(_number(r.means(part.query_ids)[decides], 3) for r in report.results),
            ]
            for part in report.slices
        ],
    )


def _stages(report: EvaluationReport, out: Output) -> None:
    stages = list(dict.fromkeys(stage for r in report.results for stage in r.stages_ms))
    if not stages:
        return
    out.line()
    out.table(
        ["mean ms of", *stages],
        [
            [result.recipe, *(_number(result.stages_ms.get(stage), 2) for stage in stages)]
            for result in report.results
        ],
    )


def _queries(report: EvaluationReport, out: Output) -> None:
    decides = _decides(report)
    out.line()
    out.table(
        [f"{_heading(decides)} of", *(result.recipe for result in report.results)],
        [
            [query, *(_number(r.values[decides][query], 3) for r in report.results)]
            for query in report.query_ids
        ],
    )


def _decides(report: EvaluationReport) -> str:
    """Return the measure that was named first."""
    return next(iter(report.results[0].values))


def _heading(metric: str) -> str:
    name, _, depth = metric.partition("@")
    return f"{name.upper() if name in _SHORT else name}@{depth}"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
