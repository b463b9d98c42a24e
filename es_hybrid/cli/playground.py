"""Try searches on an index in a browser: recipes side by side, and why each product ranks where it does."""

from __future__ import annotations

import argparse

from es_hybrid import ConfigurationError
from es_hybrid.cli.arguments import names
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output
from es_hybrid.judging import GradeFile, read_pool
from es_hybrid.ui.app import create_app
from es_hybrid.ui.judging import Judging
from es_hybrid.ui.playground import open_playground
from es_hybrid.ui.server import serve
from es_hybrid.ui.words import Language

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "playground products --port 7860"
INTERRUPTED = "the playground is closed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `playground` takes."""
    parser.set_defaults(streams=True)
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="HOST",
        help="address to listen on; anyone who can reach it can search the index (default: 127.0.0.1)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=7860,
        metavar="N",
        help="port; 0 takes a free one (default: 7860)",
    )
    parser.add_argument(
        "--language",
        type=Language,
        choices=list(Language),
        default=Language.EN,
        help="language of the pages at first (default: en)",
    )
    parser.add_argument(
        "--facets",
        type=names,
        default=(),
        metavar="FIELDS",
        help="keyword fields to filter by (default: those with a few values)",
    )
    judging = parser.add_argument_group("judging, on a page of its own")
    judging.add_argument("--pool", metavar="POOL.csv", help="a pool that judge pool wrote")
    judging.add_argument(
        "--grades",
        metavar="FILE.csv",
        help="grades; those already in it are not asked for again (default: grades.csv)",
    )
    judging.add_argument(
        "--judge", default="", metavar="NAME", help="who judges (default: asked on the page)"
    )


def run(args: argparse.Namespace) -> int:
    """Serve the pages until stopped."""
    out = Output.of(args)
    if args.pool is None and (args.grades or args.judge):
        raise ConfigurationError(
            "--grades and --judge go with --pool", hint="es-hybrid judge pool writes a pool"
        )
    items = None if args.pool is None else read_pool(args.pool)
    with open_shop(load_settings(args)) as shop:
        out.note(f"opening {args.index} …")
        playground = open_playground(shop, args.index, facets=args.facets)
        judging = None
        if items is not None:
            grades = GradeFile(args.grades or "grades.csv")
            judging = Judging(items, grades, sheet=playground.sheet, judge=args.judge)
            done, most = judging.progress()
            out.note(f"{done:,} of {most:,} products are judged in {grades.path}")
        app = create_app(playground, judging=judging, language=args.language)

        def ready(address: str) -> None:
            if out.json:
                out.event({"url": address})
            else:
                out.line(f"playground at {address} (Ctrl-C ends it)")

        try:
            serve(app, host=args.host, port=args.port, ready=ready)
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {args.host}:{args.port} ({error.strerror})",
                hint="pass another --port; 0 takes a free one",
            ) from None
    return 0
