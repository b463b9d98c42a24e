"""Move ALIAS back to the index before its last reindex, with the writes since then.

Reads and writes continue, as in a reindex. A second rollback moves forward again. If it is stopped, run it again to continue.
"""

from __future__ import annotations

import argparse

from es_hybrid.cli.connect import load_settings, open_shop, require_answer
from es_hybrid.cli.output import Output
from es_hybrid.cli.reindex import print_report, shown_steps

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "rollback products"
INTERRUPTED = "run the same command again to continue"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `rollback` takes."""
    parser.add_argument("name", metavar="ALIAS", help="the name that moves back")


def run(args: argparse.Namespace) -> int:
    """Move back and print what was carried."""
    out = Output.of(args)
    with (
        open_shop(load_settings(args)) as shop,
        shown_steps(out, f"rollback {args.name}") as steps,
    ):
        require_answer(shop)
        report = shop.rollback(args.name, on_progress=steps.tell)
    return print_report(report, out)
