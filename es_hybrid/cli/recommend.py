"""Recommend products: like some, to go with a cart, for a shopper, or what is trending.

If there is nothing to go by, bestsellers are recommended, and a note on stderr says so.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from es_hybrid import ConfigurationError
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.filters import add_filter_argument, filter_query
from es_hybrid.cli.hits import add_show_argument, answer_document, print_hits, print_lacks
from es_hybrid.cli.output import Output

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "recommend products --cart 4711 4712 --explain"
INTERRUPTED = "nothing was changed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `recommend` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--like", nargs="+", metavar="ID", help="products like these")
    wanted.add_argument("--cart", nargs="+", metavar="ID", help="products that go with these")
    wanted.add_argument(
        "--user",
        metavar="FILE|JSON",
        help="products that suit a shopper: ext.hybrid.user, as JSON or in a file",
    )
    wanted.add_argument("--trending", action="store_true", help="products that sell these days")
    parser.add_argument(
        "--seen", nargs="+", default=[], metavar="ID", help="products not to show again"
    )
    parser.add_argument("--size", type=int, default=10, metavar="N", help="products (default: 10)")
    add_filter_argument(parser)
    parser.add_argument("--explain", action="store_true", help="say why, for each product")
    parser.add_argument(
        "--language",
        choices=("en", "zh"),
        help="language of --explain (default: as in the settings)",
    )
    add_show_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Recommend once and print the products."""
    out = Output.of(args)
    section: dict[str, Any] = {"explain": args.explain}
    if args.language:
        section["explain_language"] = args.language
    with open_shop(load_settings(args)) as shop:
        response = shop.recommend(
            args.index,
            like=args.like,
            cart=args.cart,
            user=None if args.user is None else _user(args.user),
            seen=args.seen,
            filter=filter_query(args.filters),
            size=args.size,
            ext={"hybrid": section},
        )
    if out.json:
        out.document(answer_document(response))
        return 0
    print_hits(response, out, show=args.show, explain=args.explain)
    said = response.hybrid.recommendation
    made = said.made if said else ""
    out.note(f"{len(response['hits']['hits'])} products, {made}, {response['took']} ms")
    print_lacks(response, out)
    return 0


def _user(text: str) -> dict[str, Any]:
    """Read a shopper from JSON on the command line, or from a file."""
    is_json = text.lstrip().startswith("{")
    try:
        found = json.loads(text if is_json else Path(text).read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict):
        # Neither the text nor the parser's message: both may quote what a shopper did.
        where = "--user" if is_json else text
        raise ConfigurationError(
            f"{where} is not a JSON object", hint='such as {"brands": ["Acme"]}'
        )
    return found
