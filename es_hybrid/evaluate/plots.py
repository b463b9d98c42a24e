"""Plots of a report, as SVG to be put into a page (extra `evaluate`)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from es_hybrid.errors import missing_extra
from es_hybrid.evaluate.compare import Comparison
from es_hybrid.evaluate.report import EvaluationReport
from es_hybrid.evaluate.significance import bootstrap_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["changes_plot", "latency_plot", "means_plot", "slices_plot"]

_COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#a463f2", "#9c6b4e", "#97bbf5", "#3ca951")
_GAIN, _LOSS = "#3ca951", "#e5484d"
_WIDTH = 9.0  # inches; about as wide as the page


def means_plot(report: EvaluationReport, *, measure: str) -> str:
    """Draw each recipe's mean, with its 95 % interval over queries.

    Args:
        report: As `judge` returns it.
        measure: Such as `ndcg@10`.

    Raises:
        ConfigurationError: The extra `evaluate` is not installed.

    Example:
        `means_plot(report, measure="ndcg@10")` begins with `<svg`.
    """

    def draw(axes: Axes) -> None:
        for place, result in enumerate(report.results):
            values = list(result.values[measure].values())
            mean = float(np.mean(values))
            low, high = bootstrap_interval(values, rng=np.random.default_rng(0))
            axes.barh(place, mean, color=_colour(place), height=0.6)
            axes.plot([low, high], [place, place], color="#333333", linewidth=1.5)
            axes.text(high + 0.01, place, f"{mean:.3f}", va="center")
        axes.set_yticks(range(len(report.results)), [r.recipe for r in report.results])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.08)
        axes.set_xlabel(f"mean {measure}, with its 95 % interval")

    return _svg(draw, height=0.8 + 0.45 * len(report.results))


def latency_plot(report: EvaluationReport, *, measure: str) -> str | None:
    """Draw quality against the median time of a search; `None` where nothing was timed.

    Raises:
        ConfigurationError: The extra `evaluate` is not installed.

    Example:
        `latency_plot(report, measure="ndcg@10")` begins with `<svg`.
    """
    if not any(result.latency_ms["p50"] for result in report.results):
        return None

    def draw(axes: Axes) -> None:
        for place, result in enumerate(report.results):
            mean = result.means()[measure]
            took = result.latency_ms["p50"]
            axes.plot(took, mean, "o", color=_colour(place), markersize=8)
            axes.annotate(result.recipe, (took, mean), (8, 4), textcoords="offset points")
        axes.margins(0.2)
        axes.set_xlim(left=0)
        axes.set_xlabel("median milliseconds of a search")
        axes.set_ylabel(f"mean {measure}")

    return _svg(draw, height=3.2)


def slices_plot(report: EvaluationReport, *, measure: str, column: str) -> str:
    """Draw every recipe's mean in each slice of one column.

    Args:
        report: As `judge` returns it.
        measure: Such as `ndcg@10`.
        column: The label by which queries are told apart, such as `kind`.

    Raises:
        ConfigurationError: The extra `evaluate` is not installed.

    Example:
        `slices_plot(report, measure="ndcg@10", column="kind")` begins with `<svg`.
    """
    parts = [part for part in report.slices if part.column == column]

    def draw(axes: Axes) -> None:
        for place, result in enumerate(report.results):
            means = [result.means(part.query_ids)[measure] for part in parts]
            offset = (place - (len(report.results) - 1) / 2) * 0.12
            rows = [row + offset for row in range(len(parts))]
            axes.plot(means, rows, "o", color=_colour(place), label=result.recipe)
        names = [f"{part.label} ({len(part.query_ids)})" for part in parts]
        axes.set_yticks(range(len(parts)), names)
        axes.set_ylim(len(parts) - 0.5, -0.5)
        axes.set_xlim(0, 1.02)
        axes.set_xlabel(f"mean {measure} (queries)")
        columns = min(5, len(report.results))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False)

    return _svg(draw, height=1.3 + 0.55 * len(parts))


def changes_plot(comparison: Comparison) -> str:
    """Draw what every query gained or lost, from the worst loser to the best winner.

    Raises:
        ConfigurationError: The extra `evaluate` is not installed.

    Example:
        `changes_plot(compare(report)[0])` begins with `<svg`.
    """
    values = [change.difference for change in comparison.changes]

    def draw(axes: Axes) -> None:
        colours = [_LOSS if value < 0 else _GAIN for value in values]
        axes.bar(range(len(values)), values, color=colours, width=1.0)
        axes.axhline(0, color="#333333", linewidth=0.8)
        axes.set_xlim(-0.5, len(values) - 0.5)
        axes.set_xticks([])
        axes.set_xlabel(f"{len(values)} queries, from the worst loser to the best winner")
        axes.set_ylabel(f"{comparison.measure} gained")

    return _svg(draw, height=2.4)


def _colour(place: int) -> str:
    return _COLOURS[place % len(_COLOURS)]


def _svg(draw: Callable[[Axes], None], *, height: float) -> str:
    """Return a drawing as an `<svg>` element whose words are text, in the page's font."""
    try:
        from matplotlib import rc_context  # noqa: PLC0415 - an extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise missing_extra(error, user="an HTML report", extra="evaluate") from error
    written = io.StringIO()
    with (
        rc_context(
            {
                "svg.fonttype": "none",
                "svg.hashsalt": "es_hybrid",  # the same report gives the same file
                "text.parse_math": False,  # a label may hold a dollar sign
                "font.size": 10,
            }
        ),
        warnings.catch_warnings(),
    ):
        # Words are measured in a font that lacks Chinese; the browser draws them in one that has it.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        figure.savefig(written, format="svg", metadata={"Date": None}, transparent=True)
    text = written.getvalue()
    return text[text.index("<svg") :]


def slice_columns(report: EvaluationReport) -> Sequence[str]:
    """Return the columns by which a report is sliced, each once."""
    return tuple(dict.fromkeys(part.column for part in report.slices))
