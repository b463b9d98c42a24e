"""A report as one HTML file that needs nothing else (extra `evaluate`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from es_hybrid.errors import missing_extra
from es_hybrid.evaluate.compare import Comparison
from es_hybrid.evaluate.evidence import QueryEvidence
from es_hybrid.evaluate.judgments import JudgedQuery
from es_hybrid.evaluate.measures import Metric
from es_hybrid.evaluate.plots import (
    changes_plot,
    latency_plot,
    means_plot,
    slice_columns,
    slices_plot,
)
from es_hybrid.evaluate.report import EvaluationReport
from es_hybrid.evaluate.thresholds import Shortfall

__all__ = ["render_html"]

_FEW_JUDGED = 0.6


def render_html(
    report: EvaluationReport,
    *,
    comparisons: Sequence[Comparison] = (),
    evidence: Mapping[str, Sequence[QueryEvidence]] | None = None,
    queries: Sequence[JudgedQuery] = (),
    shortfalls: Sequence[Shortfall] = (),
    title: str = "Evaluation",
    facts: Sequence[str] = (),
) -> str:
    """Return a page with figures, plots, tests, and the queries that changed most.

    Args:
        report: As `judge` returns it; its first measure is the one that is plotted.
        comparisons: As `compare` returns them.
        evidence: By recipe, the queries to show in full.
        queries: Words of the queries, for the table of all.
        shortfalls: Floors that were not reached.
        title: On top.
        facts: Below it, such as the index and the date.

    Raises:
        ConfigurationError: The extra `evaluate` is not installed.

    Example:
        `Path("report.html").write_text(render_html(report, comparisons=compare(report)))`
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - an extra
        from markupsafe import Markup  # noqa: PLC0415
    except ImportError as error:
        raise missing_extra(error, user="an HTML report", extra="evaluate") from error
    # Everything is escaped but the plots, which are drawn here.
    pages = Environment(
        loader=PackageLoader("es_hybrid.evaluate"), autoescape=True, undefined=StrictUndefined
    )
    measures = list(report.results[0].values)
    decides = measures[0]
    means = [result.means() for result in report.results]
    drawn = latency_plot(report, measure=decides)
    return pages.get_template("report.html.jinja").render(
        title=title,
        facts=facts,
        warnings=_warnings(report),
        shortfalls=shortfalls,
        report=report,
        measures=measures,
        best={name: max(found[name] for found in means) for name in measures},
        comparisons=comparisons,
        smallest_seen=min((c.detectable for c in comparisons), default=0.0),
        tone=_tone,
        means_plot=Markup(means_plot(report, measure=decides)),  # noqa: S704 - drawn here
        latency_plot=drawn and Markup(drawn),  # noqa: S704
        slice_plots=[
            (column, Markup(slices_plot(report, measure=decides, column=column)))  # noqa: S704
            for column in slice_columns(report)
        ],
        changes=[
            {
                "comparison": comparison,
                "plot": Markup(changes_plot(comparison)),  # noqa: S704
                "groups": _groups((evidence or {}).get(comparison.recipe, ())),
            }
            for comparison in comparisons
        ],
        words={query.id: query.text for query in queries},
    )


def _groups(found: Sequence[QueryEvidence]) -> list[tuple[str, list[QueryEvidence]]]:
    return [
        ("Lost most", [one for one in found if one.change.difference < 0]),
        ("Gained most", [one for one in found if one.change.difference > 0]),
    ]


def _tone(comparison: Comparison) -> str:
    if comparison.p_holm >= 0.05:
        return "open"
    return "better" if comparison.difference > 0 else "worse"


def _warnings(report: EvaluationReport) -> list[str]:
    """Say what a reader must know before believing a figure."""
    found = []
    for result in report.results:
        for name, value in result.means().items():
            if name.startswith(f"{Metric.JUDGED}@") and value < _FEW_JUDGED:
                found.append(
                    f"{result.recipe}: {name} is {value:.2f}. Products that nobody judged count as"
                    " wrong, so its other figures may be too low; judge what it shows."
                )
        asked = len(report.query_ids)
        lacks = [f"{what} ({count} of {asked})" for what, count in result.degraded.items()]
        if lacks:
            found.append(f"{result.recipe} went without {', '.join(lacks)}.")
    return found
