"""Try searches on an index in a browser: recipes side by side, and why each product stands where it does."""

from __future__ import annotations

import argparse

from es_hybrid import ConfigurationError
from es_hybrid.cli.arguments import names
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output
from es_hybrid.ui.app import create_app
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
        help="address to listen on; whoever reaches it may search the index (default: 127.0.0.1)",
    )
    parser.add_argument(
        "--port", type=int, default=7860, metavar="N", help="0 takes a free one (default: 7860)"
    )
    parser.add_argument(
        "--language",
        type=Language,
        choices=list(Language),
        default=Language.EN,
        help="of the pages, at first (default: en)",
    )
    parser.add_argument(
        "--facets",
        type=names,
        default=(),
        metavar="FIELDS",
        help="keyword fields to filter by (default: those with a few values)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve the pages until stopped."""
    out = Output.of(args)
    with open_shop(load_settings(args)) as shop:
        out.note(f"opening {args.index} …")
        playground = open_playground(shop, args.index, facets=args.facets)
        app = create_app(playground, language=args.language)

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
