"""An evaluation report as tables."""

from __future__ import annotations

from es_hybrid.cli.output import Output
from es_hybrid.evaluate import EvaluationReport

__all__ = ["print_report"]


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
    out.line()
    out.table(
        ["NDCG@10 by", "", "queries", *(result.recipe for result in report.results)],
        [
            [
                part.column,
                part.label,
                len(part.query_ids),
                *(_number(r.means(part.query_ids)["ndcg@10"], 3) for r in report.results),
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
    out.line()
    out.table(
        ["NDCG@10 of", *(result.recipe for result in report.results)],
        [
            [query, *(_number(r.values["ndcg@10"][query], 3) for r in report.results)]
            for query in report.query_ids
        ],
    )


def _heading(metric: str) -> str:
    name, _, depth = metric.partition("@")
    return f"{name if name == 'recall' else name.upper()}@{depth}"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
