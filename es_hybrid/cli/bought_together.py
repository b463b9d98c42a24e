"""Learn from orders what is bought together, for the recommendations beside a cart.

FILE holds orders with a list of products, lines of orders with an order_id and a product_id, or purchase events of the
User Behavior Insights standard, as NDJSON, CSV, TSV (plain or gzipped) or Parquet; - is standard input. The table is made anew.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from itertools import chain

from es_hybrid import read_products
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.feeds import add_file_arguments
from es_hybrid.cli.output import Output

__all__ = ["INTERRUPTED", "add_arguments", "run"]

INTERRUPTED = "the table before stays in use"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `bought-together` takes."""
    parser.add_argument("name", metavar="NAME", help="index or alias that is searched")
    add_file_arguments(parser, nargs="+", what="orders")
    parser.add_argument(
        "--days", type=float, metavar="N", help="leave older orders out (default: none)"
    )
    parser.add_argument(
        "--most", type=int, default=20, metavar="N", help="products for each (default: 20)"
    )
    parser.add_argument(
        "--least-orders",
        type=int,
        default=2,
        metavar="N",
        help="fewer common orders are taken for chance (default: 2)",
    )


def run(args: argparse.Namespace) -> int:
    """Make the table and print the report."""
    out = Output.of(args)
    orders = chain.from_iterable(read_products(file, format=args.format) for file in args.files)
    with (
        open_shop(load_settings(args)) as shop,
        out.progress(f"bought-together {args.name}") as progress,
    ):
        report = shop.update_bought_together(
            args.name,
            orders,
            days=args.days,
            most=args.most,
            least_orders=args.least_orders,
            on_progress=progress.done,
        )
    out.document(asdict(report)) if out.json else out.line(report)
    if report.index is None:
        out.note("no products go together often enough; the table before, if any, stays")
    return 0
