"""Count clicks and sales of the last 7 and 30 days into the products, and smooth their ratings.

FILE holds events of whole days, flat or in the User Behavior Insights standard, as NDJSON, CSV, TSV (plain or gzipped) or Parquet; - is standard
input. Counting a day again replaces its earlier counts. Vectors and all other fields stay.
"""

from __future__ import annotations

import argparse
from datetime import date

from es_hybrid.cli.connect import open_task
from es_hybrid.cli.feeds import add_file_arguments, read_files
from es_hybrid.cli.output import Output

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "signals products events.ndjson.gz --ratings"
INTERRUPTED = (
    "what was changed stays; run the same command again: it skips what is already the same"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `signals` takes."""
    parser.add_argument("name", metavar="INDEX", help="index or alias")
    add_file_arguments(parser, nargs="*", what="events")
    parser.add_argument(
        "--until",
        type=date.fromisoformat,
        metavar="DAY",
        help="last day of every window (default: the newest day in FILE)",
    )
    parser.add_argument(
        "--timezone",
        default="UTC",
        metavar="ZONE",
        help="time zone whose midnight ends a day (default: UTC)",
    )
    parser.add_argument(
        "--ratings",
        action="store_true",
        help="also compute rating_smoothed from rating and review_count",
    )
    parser.add_argument(
        "--prior-reviews",
        type=float,
        default=10.0,
        metavar="N",
        help="reviews at the mean rating that each product starts with (default: 10)",
    )


def run(args: argparse.Namespace) -> int:
    """Count, write, and print the report."""
    out = Output.of(args)
    events = read_files(args)
    with open_task(args, out, f"signals {args.name}") as (shop, progress):
        report = shop.update_signals(
            args.name,
            events,
            until=args.until,
            timezone=args.timezone,
            ratings=args.ratings,
            prior_reviews=args.prior_reviews,
            on_progress=progress.done,
        )
    out.report(report)
    if report.left_out:
        out.note(
            f"{args.name} has no field {', '.join(report.left_out)}; es-hybrid reindex"
            f" {args.name} --mapping products adds what is missing"
        )
    if report.future:
        out.note(f"{report.future:,} events lie in the future and were left out")
    return 3 if report.failed else 0
