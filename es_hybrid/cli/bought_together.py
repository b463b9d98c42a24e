"""Learn from orders what is bought together, for the recommendations beside a cart.

FILE holds orders with a list of products, lines of orders with an order_id and a product_id, or purchase events of the
User Behavior Insights standard, as NDJSON, CSV, TSV (plain or gzipped) or Parquet; - is standard input. The table is rebuilt.
"""

from __future__ import annotations

import argparse

from es_hybrid.cli.connect import open_task
from es_hybrid.cli.feeds import add_file_arguments, read_files
from es_hybrid.cli.output import Output

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "bought-together products orders.csv --days 90"
INTERRUPTED = "the previous table stays in use"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `bought-together` takes."""
    parser.add_argument("name", metavar="INDEX", help="index or alias")
    add_file_arguments(parser, nargs="+", what="orders")
    parser.add_argument(
        "--days", type=float, metavar="N", help="leave older orders out (default: none)"
    )
    parser.add_argument(
        "--most",
        type=int,
        default=20,
        metavar="N",
        help="products kept for each product (default: 20)",
    )
    parser.add_argument(
        "--least-orders",
        type=int,
        default=2,
        metavar="N",
        help="fewer common orders count as chance (default: 2)",
    )


def run(args: argparse.Namespace) -> int:
    """Make the table and print the report."""
    out = Output.of(args)
    orders = read_files(args)
    with open_task(args, out, f"bought-together {args.name}") as (shop, progress):
        report = shop.update_bought_together(
            args.name,
            orders,
            days=args.days,
            most=args.most,
            least_orders=args.least_orders,
            on_progress=progress.done,
        )
    out.report(report)
    if report.index is None:
        out.note("no products go together often enough; the table before, if any, stays")
    return 0
