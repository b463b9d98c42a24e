"""Prints what a log tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from es_hybrid.cli.output import Output
from es_hybrid.evaluate.clicks import ClickModel, Session
from es_hybrid.evaluate.counterfactual import Estimate
from es_hybrid.logs.report import Figures, LogReport
from es_hybrid.logs.sessions import Change

__all__ = ["print_change", "print_model", "print_report"]

_COLUMNS = {
    "CTR": "click_rate",
    "carts": "cart_rate",
    "conversion": "conversion",
    "bounce": "bounce_rate",
    "nothing found": "zero_result_rate",
    "other words": "reformulation_rate",
}
_Z95 = 1.96


def print_report(report: LogReport, out: Output) -> None:
    """Print the figures of all searches, of each day and of each variant."""
    rows = [_row("all", report.total)]
    rows += [_row(day, figures) for day, figures in report.by_day.items()]
    rows += [_row(name, figures) for name, figures in report.by_variant.items()]
    out.table(["", "searches", *_COLUMNS, "revenue a search"], rows)
    if report.recommendations:
        out.line()
        rows = [_row(kind, figures) for kind, figures in report.recommendations.items()]
        out.table(["recommended", "lists", *_COLUMNS, "revenue a list"], rows)
    latency = report.total.latency_ms
    if latency:
        out.line()
        rows = [[stage, times.p50, times.p95, times.p99] for stage, times in latency.items()]
        out.table(["milliseconds", "p50", "p95", "p99"], rows)
    for lack, share in report.total.degraded.items():
        out.line(f"{_percent(share)} of the searches went without {lack}")
    if report.total.explored_share:
        out.line(
            f"{_percent(report.total.explored_share)} of the shown products were there to be tried"
            f" out; {_percent(report.total.explored_click_rate)} of these were clicked"
        )
    if report.unmatched:
        out.note(f"{report.unmatched:,} of {report.events:,} events are of no search in this log")
    if report.repeated:
        out.note(f"{report.repeated:,} of {report.events:,} events came again, and count once")


def _row(name: str, figures: Figures) -> list[object]:
    shares = [_percent(getattr(figures, column)) for column in _COLUMNS.values()]
    revenue = figures.revenue_per_search
    return [name, figures.searches, *shares, "-" if revenue is None else f"{revenue:.2f}"]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.2f} %"


def print_model(fitted: ClickModel, sessions: Sequence[Session], out: Output, *, top: int) -> None:
    """Print how far down shoppers look, and what they like that they were shown most often."""
    out.table(
        ["place", "examination"],
        [[place, f"{value:.3f}"] for place, value in enumerate(fitted.examination, start=1)],
    )
    views: Counter[tuple[str, str]] = Counter()
    clicks: Counter[tuple[str, str]] = Counter()
    for session in sessions:
        for place, product in enumerate(session.shown):
            if place not in session.left_out:
                views[session.query, product] += 1
                clicks[session.query, product] += place in session.clicked
    rows = [
        [key[0], key[1], count, clicks[key], f"{fitted.attraction.get(key, 0.0):.3f}"]
        for key, count in views.most_common(top)
    ]
    out.line()
    out.table(["query", "product", "shown", "clicked", "attraction"], rows)


def print_change(change: Change, reward: str, out: Output) -> None:
    """Print what the new ranking would have earned, and how much the log knows of it."""
    out.line(
        f"{reward} a search: {change.logged:.4f} as logged, {_interval(change.changed)} changed"
    )
    if change.liked_seen and change.liked_seen_changed:
        out.line(
            f"of what shoppers like they looked at {_percent(change.liked_seen.value)} as logged,"
            f" {_percent(change.liked_seen_changed.value)} changed"
        )
    out.line(
        f"{change.searches:,} searches, {_percent(change.covered)} of the log; it shows"
        f" {_percent(change.known)} of what the new ranking would have had looked at"
    )
    if change.changed.clipped:
        out.note(f"the weights of {_percent(change.changed.clipped)} of the events were cut")


def _interval(estimate: Estimate) -> str:
    wide = _Z95 * estimate.standard_error
    return f"{estimate.value:.4f} ± {wide:.4f}"
