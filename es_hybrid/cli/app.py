"""The command `es-hybrid`: its argument tree and its exit codes.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with failures, 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from types import MappingProxyType

from es_hybrid import __version__
from es_hybrid.cli import (
    backfill,
    bought_together,
    create_index,
    doctor,
    evaluate,
    experiment,
    follow,
    ingest,
    judge,
    kibana,
    logs,
    playground,
    recommend,
    reindex,
    roles,
    rollback,
    rules,
    score,
    search,
    serve,
    signals,
    simulate,
    train,
    tune,
    update,
    warm,
)
from es_hybrid.cli.arguments import Parser, add_common
from es_hybrid.cli.failures import sentence
from es_hybrid.cli.output import Output

__all__ = ["build_parser", "main"]

_COMMANDS = MappingProxyType(
    {
        "create-index": (create_index, "create an index for products, behind an alias"),
        "ingest": (ingest, "embed products and write them into an index"),
        "update": (update, "change price, stock, sales and the like of products"),
        "follow": (follow, "write changes into an index as they come"),
        "reindex": (reindex, "build an index anew behind its alias, without downtime"),
        "rollback": (rollback, "move an alias back to the index before its last reindex"),
        "backfill": (backfill, "embed products whose vector is missing or out of date"),
        "search": (search, "search an index as a shop would"),
        "playground": (playground, "try searches in a browser, recipes side by side"),
        "signals": (signals, "count clicks and sales into products, and smooth their ratings"),
        "bought-together": (bought_together, "learn from orders what is bought together"),
        "recommend": (
            recommend,
            "recommend products: similar, for a cart, for a shopper, trending",
        ),
        "serve": (serve, "serve hybrid search on Elasticsearch's own wire, for any language"),
        "rules": (rules, "save, read, compare and roll back business rules"),
        "simulate": (simulate, "show what a rule set would change for the queries of a log"),
        "evaluate": (evaluate, "judge recipes on queries with graded products"),
        "logs": (logs, "set up the log of searches, and say what it tells"),
        "kibana": (kibana, "put dashboards of the log into Kibana, or write them into files"),
        "experiment": (experiment, "try the new search on some shoppers, and say which is better"),
        "train": (train, "learn a ranking from judged or clicked products"),
        "score": (score, "compare a learned ranking with the untrained order"),
        "judge": (judge, "queries and products to judge, by people or a language model"),
        "tune": (tune, "choose weights and sizes on judged queries"),
        "warm": (warm, "compute the vectors of frequent queries before they are asked for"),
        "roles": (roles, "print the least role that a key needs, or create such a key"),
        "doctor": (doctor, "check settings, Elasticsearch, index and model servers"),
    }
)
_EPILOG = """\
exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with failures, 130 stopped
settings:   ES_HYBRID_* variables, or --settings FILE; es-hybrid doctor shows those in force"""


def build_parser() -> argparse.ArgumentParser:
    """Return the whole argument tree.

    Example:
        >>> build_parser().parse_args(["search", "products", "shoe"]).index
        'products'
    """
    parser = Parser(
        prog="es-hybrid",
        description="Hybrid product search on your own Elasticsearch.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"es-hybrid {__version__}")
    add_common(parser, default=True)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module, purpose) in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=module.__doc__)
        module.add_arguments(command)
        add_common(command, default=False)
        command.set_defaults(run=module.run, interrupted=module.INTERRUPTED)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises, never shows a traceback unasked.

    Example:
        `sys.exit(main(["search", "products", "trail running shoe"]))`
    """
    for stream in (sys.stdout, sys.stderr):
        # A title may hold what the terminal's encoding lacks; that must not end the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        args = build_parser().parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    out = Output.of(args)
    try:
        code = _outcome(args, out)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of a pipe, such as head, has left; Python would complain when flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _outcome(args: argparse.Namespace, out: Output) -> int:
    try:
        code: int = args.run(args)
        return code
    except KeyboardInterrupt:
        out.problem(f"stopped; {args.interrupted}")
        return 130
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the one place where everything becomes a line
        if args.traceback:
            traceback.print_exc()
        out.problem(f"error: {sentence(error)}")
        if out.json:
            # A command that prints a document a line goes on doing so.
            show = out.event if getattr(args, "streams", False) else out.document
            show({"error": {"type": type(error).__name__, "message": sentence(error)}})
        return 1
