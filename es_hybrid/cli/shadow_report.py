"""Say whether it is safe to switch, from what shadow mode has recorded."""

from __future__ import annotations

import argparse
import dataclasses

from es_hybrid.checks import Status
from es_hybrid.cli.arguments import share
from es_hybrid.cli.output import Output
from es_hybrid.experiments import ShadowRecord, ShadowReport, SwitchLimits
from es_hybrid.record_file import read_records

__all__ = ["add_arguments", "run"]

_MEANINGS = {
    "searches": "fewest compared searches",
    "errors": "largest share of new searches that fail, by its upper 95%% bound",
    "degraded": "largest share that run without one of their parts, the same",
    "lost": "largest share where only the old search finds anything, the same",
    "p95_ms": "largest 95th percentile of the new searches' time, in ms",
    "overlap": "least mean overlap of the first products",
    "price": "largest change of a page's mean price",
    "stock": "largest fall in the share of products in stock",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `experiment shadow-report` takes."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="what ShadowClient(record=FILE) has written"
    )
    for field in dataclasses.fields(SwitchLimits):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=int if field.name == "searches" else share,
            default=field.default,
            metavar="N" if field.name in {"searches", "p95_ms"} else "SHARE",
            help=f"{_MEANINGS[field.name]} (default: {field.default})",
        )


def run(args: argparse.Namespace) -> int:
    """Print the report; return 1 where it is not safe to switch."""
    out = Output.of(args)
    limits = SwitchLimits(
        **{f.name: getattr(args, f.name) for f in dataclasses.fields(SwitchLimits)}
    )
    records = [
        record
        for path in args.files
        for record in read_records(path, "shadow", ShadowRecord.from_dict)
    ]
    report = ShadowReport.of(records, limits=limits)
    if out.json:
        out.document(report.to_dict())
    else:
        _show(report, out)
    return 0 if report.safe else 1


def _show(report: ShadowReport, out: Output) -> None:
    marks = {Status.OK: "yes", Status.NOTE: "?", Status.PROBLEM: "no"}
    rows = [[check.name, check.detail, check.hint, marks[check.status]] for check in report.checks]
    out.table(["", "found", "limit", "kept"], rows)
    if report.searches:
        out.line()
        old, new = report.old_ms, report.new_ms
        out.line(
            f"same page      {report.same or 0:.0%}, rank-biased overlap {report.rbo or 0:.2f}"
        )
        out.line(
            f"milliseconds   p50 {old['p50']:.0f} -> {new['p50']:.0f}, p95 {old['p95']:.0f} -> {new['p95']:.0f}"
        )
        out.line("found nothing  {:.2%} -> {:.2%}".format(*report.zero_results))
    for what, count in {**report.errors, **report.degraded}.items():
        out.line(f"{what}: {count:,}")
    for text, alike in report.least_alike:
        out.line(f"overlap {alike:.2f}: {text}")
    out.line(report.verdict)
