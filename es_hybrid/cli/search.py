"""Search an index as a shop would, and say why each product ranks where it does."""

from __future__ import annotations

import argparse
from typing import Any

from es_hybrid import HybridResponse
from es_hybrid.cli.connect import load_settings, open_shop, shown_url
from es_hybrid.cli.filters import add_filter_argument, boost, filter_query
from es_hybrid.cli.hits import add_show_argument, answer_document, print_hits, print_lacks
from es_hybrid.cli.output import Output

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = 'search products "trail running shoe" --filter "price<=90" --explain'
INTERRUPTED = "nothing was changed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `search` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    parser.add_argument("text", metavar="TEXT", help="the shopper's words, in quotes")
    page = parser.add_argument_group("page")
    page.add_argument("--size", type=int, default=10, metavar="N", help="hits (default: 10)")
    page.add_argument(
        "--from", dest="from_", type=int, default=0, metavar="N", help="hits to skip (default: 0)"
    )
    add_show_argument(page)
    order = parser.add_argument_group("what is found, and its order")
    add_filter_argument(order)
    order.add_argument(
        "--boost",
        dest="boosts",
        action="append",
        type=boost,
        default=[],
        metavar="FIELD=VALUE:FACTOR",
        help="raise or lower products with this value",
    )
    order.add_argument("--no-rerank", action="store_true", help="keep the fused order")
    looks = parser.add_argument_group("looking closer")
    looks.add_argument("--explain", action="store_true", help="say why, for each product")
    pictures = looks.add_mutually_exclusive_group()
    pictures.add_argument("--plan", action="store_true", help="print the requests, send none")
    pictures.add_argument(
        "--as-console",
        dest="plan",
        action="store_true",
        help="the same, ready to paste into Dev Tools",
    )
    pictures.add_argument(
        "--as-curl", action="store_true", help="print the request as a curl command, send none"
    )


def run(args: argparse.Namespace) -> int:
    """Search once and print the page."""
    out = Output.of(args)
    request = search_arguments(args)
    settings = load_settings(args)
    with open_shop(settings) as shop:
        if args.plan or args.as_curl:
            plan = shop.plan(**request)
            curl = plan.as_curl(shown_url(settings.es_url or ""))
            if out.json:
                out.document({**plan.to_dict(), **({"curl": curl} if args.as_curl else {})})
            else:
                out.line(curl if args.as_curl else plan)
            return 0
        response = shop.search(**request)
    if out.json:
        out.document(answer_document(response))
    else:
        _print(response, args, out)
    return 0


def search_arguments(args: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `HybridClient.search` that the command line asks for."""
    section: dict[str, Any] = {"text": args.text}
    if args.no_rerank:
        section["rerank"] = False
    if args.boosts:
        section["boosts"] = args.boosts
    if args.explain:
        section["explain"] = True
    request = {
        "index": args.index,
        "size": args.size,
        "from_": args.from_ or None,
        "query": filter_query(args.filters),
        "ext": {"hybrid": section},
    }
    return {name: value for name, value in request.items() if value is not None}


def _print(response: HybridResponse, args: argparse.Namespace, out: Output) -> None:
    print_hits(response, out, show=args.show, explain=args.explain, skipped=args.from_)
    hits = response["hits"]["hits"]
    total = response["hits"].get("total", {}).get("value", len(hits))
    out.note(f"{len(hits)} of {total:,} products, {response.hybrid.plan}, {response['took']} ms")
    print_lacks(response, out)
