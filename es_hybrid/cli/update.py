"""Change price, stock, sales and the like of existing products.

FILE holds an id and the fields that change, as NDJSON, CSV, TSV (plain or gzipped) or Parquet; - is standard input. Vectors and all
other fields stay. An unknown id, or a change to the embedded text, is reported and changes nothing.
"""

from __future__ import annotations

import argparse

from es_hybrid import IngestError
from es_hybrid.cli.connect import open_task
from es_hybrid.cli.feeds import add_file_arguments, add_record_arguments, read_files
from es_hybrid.cli.output import Output
from es_hybrid.cli.report import print_report

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "update products prices.csv"
INTERRUPTED = (
    "what was changed stays; run the same command again: it skips what is already the same"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `update` takes."""
    parser.add_argument("name", metavar="INDEX", help="index or alias")
    add_file_arguments(parser, nargs="+", what="ids and what changes")
    add_record_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Change the products and print the report."""
    out = Output.of(args)
    rows = read_files(args)
    with open_task(args, out, f"update {args.name}") as (shop, progress):
        try:
            report = shop.update_fields(
                args.name,
                rows,
                fields=args.fields,
                id_field=args.id_field,
                feed_time=args.feed_time,
                on_progress=lambda so_far: progress.done(so_far.read),
                dead_letter=args.dead_letter,
            )
        except IngestError as error:
            out.problem(error.report)
            raise
    return print_report(report, out, dead_letter=args.dead_letter)
