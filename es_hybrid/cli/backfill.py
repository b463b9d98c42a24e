"""Embed the documents of INDEX whose vector is missing or belongs to another text.

For an index with your own mapping that a reindex has given vectors: the shop's own writers store products without. Run this
regularly. What changes while it runs is left for the next run. es-hybrid warm --products does the same for an index that
create-index made, or for some ids only.
"""

from __future__ import annotations

import argparse

from es_hybrid.cli.connect import open_task
from es_hybrid.cli.output import Output

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "backfill products"
INTERRUPTED = "what has its vector keeps it; run the same command again for the rest"

_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `backfill` takes."""
    parser.add_argument("name", metavar="INDEX", help="index or alias")


def run(args: argparse.Namespace) -> int:
    """Make missing vectors and print how many."""
    out = Output.of(args)
    with open_task(args, out, f"backfill {args.name}") as (shop, progress):
        report = shop.backfill(args.name, on_progress=lambda so_far: progress.done(so_far.done))
    out.report(report)
    if not out.json:
        for failure in report.failures[:_SHOWN]:
            out.problem(f"id {failure.id}: {failure.reason}")
    return 3 if report.failed else 0
