"""Try the new search on some shoppers: shadow reports, pilots, A/B tests, and how to end them.

An experiment lies in an index, so that what is started or stopped here acts on running processes.
"""

from __future__ import annotations

import argparse

from es_hybrid.cli import shadow_report
from es_hybrid.cli.arguments import add_common

__all__ = ["INTERRUPTED", "add_arguments", "run"]

INTERRUPTED = "an experiment that was not named as started or stopped is as it was"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `experiment` takes."""
    actions = parser.add_subparsers(
        title="actions", metavar="ACTION", required=True, help="what to do"
    )
    purpose = "say whether it is safe to switch, from what shadow mode has recorded"
    command = actions.add_parser("shadow-report", help=purpose, description=shadow_report.__doc__)
    shadow_report.add_arguments(command)
    command.set_defaults(act=shadow_report.run)
    for command in actions.choices.values():
        add_common(command, default=False)


def run(args: argparse.Namespace) -> int:
    """Do one action; return its exit code."""
    code: int = args.act(args)
    return code
