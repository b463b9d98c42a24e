"""The command `es-hybrid`: its argument tree and its exit codes.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with failures, 130 stopped by Ctrl-C, 143 by
SIGTERM.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from itertools import takewhile
from types import MappingProxyType

from es_hybrid import __version__
from es_hybrid.cli import (
    backfill,
    bought_together,
    completion,
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
from es_hybrid.cli.arguments import Parser, Usage, add_common
from es_hybrid.cli.failures import sentence
from es_hybrid.cli.output import Output
from es_hybrid.cli.stopping import exit_code, stopped_by_sigterm

__all__ = ["build_parser", "main"]

_COMMANDS = MappingProxyType(
    {
        "create-index": (create_index, "create an index for products, behind an alias"),
        "ingest": (ingest, "embed products and write them into an index"),
        "update": (update, "change price, stock, sales and the like of products"),
        "follow": (follow, "write changes into an index as they come"),
        "reindex": (reindex, "rebuild an index behind its alias, without downtime"),
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
        "serve": (serve, "serve hybrid search with Elasticsearch's own API, for any language"),
        "rules": (rules, "save, read, compare and roll back business rules"),
        "simulate": (simulate, "show what a rule set would change for the queries of a log"),
        "evaluate": (evaluate, "evaluate recipes on queries with graded products"),
        "logs": (logs, "set up the log of searches, and report on it"),
        "kibana": (kibana, "put dashboards of the log into Kibana, or write them to files"),
        "experiment": (experiment, "try the new search on some shoppers, and say which is better"),
        "train": (train, "learn a ranking from judged or clicked products"),
        "score": (score, "compare a learned ranking with the untrained order"),
        "judge": (judge, "queries and products to judge, by people or a language model"),
        "tune": (tune, "choose weights and sizes on judged queries"),
        "warm": (warm, "compute the vectors of frequent queries before they are asked for"),
        "roles": (roles, "print the least role that a key needs, or create such a key"),
        "doctor": (doctor, "check settings, Elasticsearch, index and model servers"),
        "completion": (completion, "print what makes a shell complete commands and options"),
    }
)
_EPILOG = """\
es-hybrid COMMAND --help shows what a command takes, with an example.

exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with failures, 130 stopped by Ctrl-C
settings:   ES_HYBRID_* variables, or --settings FILE; es-hybrid doctor shows those in force"""


def build_parser() -> Parser:
    """Return the whole argument tree.

    Example:
        >>> build_parser().parse_args(["search", "products", "shoe"]).index
        'products'
    """
    parser = Parser(
        prog="es-hybrid",
        description="Hybrid product search on your own Elasticsearch.",
        epilog=_EPILOG,
        example='es-hybrid search products "trail running shoe"',
    )
    parser.add_argument("--version", action="version", version=f"es-hybrid {__version__}")
    parser.set_defaults(tree=parser)  # for the command that describes all of them to a shell
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module, purpose) in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=module.__doc__,
            example=f"es-hybrid {module.EXAMPLE}",
        )
        command.set_defaults(run=module.run, interrupted=module.INTERRUPTED)
        module.add_arguments(command)
    for each in parser.whole_tree():
        add_common(each, default=each is parser)
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
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        with stopped_by_sigterm():
            code = _run(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of a pipe, such as head, has left; Python would complain when flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: Sequence[str]) -> int:
    try:
        args = build_parser().parse_args(words)
    except Usage as wrong:
        if "--json" in takewhile("--".__ne__, words):
            # A line is a document for those who read lines, too.
            Output(json=True, streams=True).failure("Usage", wrong.message, exit_code=2)
        return 2
    except SystemExit:
        return 0  # --help or --version
    return _outcome(args, Output.of(args))


def _outcome(args: argparse.Namespace, out: Output) -> int:
    try:
        code: int = args.run(args)
        return code
    except KeyboardInterrupt as stop:
        code, said = exit_code(stop), f"stopped; {args.interrupted}"
        out.problem(said)
        out.failure("Stopped", said, exit_code=code)
        return code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the one place where everything becomes a line
        if args.traceback:
            traceback.print_exc()
        out.error(sentence(error))
        out.failure(type(error).__name__, sentence(error), exit_code=1)
        return 1
