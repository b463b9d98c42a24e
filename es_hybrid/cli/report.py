"""Prints what an ingest or an update did, and tells its exit code."""

from __future__ import annotations

from dataclasses import asdict

from es_hybrid import IngestReport
from es_hybrid.cli.output import Output

__all__ = ["print_report"]

_SHOWN = 10


def print_report(report: IngestReport, out: Output, *, dead_letter: str | None) -> int:
    """Print the report, its warnings and its first failures; return the exit code.

    Args:
        report: What was done.
        out: Where to.
        dead_letter: File that holds all failures, where there is one.
    """
    if out.json:
        out.document(asdict(report))
    else:
        out.line(report)
        _print_failures(report, out, dead_letter=dead_letter)
    return 3 if report.failed else 0


def _print_failures(report: IngestReport, out: Output, *, dead_letter: str | None) -> None:
    for warning in report.warnings:
        out.note(warning)
    for failure in report.failures[:_SHOWN]:
        place = f"line {failure.line}, " if failure.line else ""
        out.problem(f"{place}id {failure.id}: {failure.reason}")
    rest = report.failed - len(report.failures[:_SHOWN])
    if rest > 0:
        kept = f"all are in {dead_letter}" if dead_letter else "--dead-letter keeps all"
        out.problem(f"… and {rest:,} more; {kept}")
