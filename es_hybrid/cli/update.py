"""Change price, stock, sales and the like of products that are there.

FILE holds an id and the fields that change, as NDJSON, CSV or TSV, plain or gzipped; - is standard input. Vectors and all
other fields stay. An id that no product has, and a change of the text that is embedded, are reported and change nothing.
"""

from __future__ import annotations

import argparse
from itertools import chain

from es_hybrid import IngestError, read_products
from es_hybrid.cli.arguments import add_record_arguments
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output
from es_hybrid.cli.report import print_report

__all__ = ["INTERRUPTED", "add_arguments", "run"]

INTERRUPTED = "what was changed stays; the same command goes on, and skips what is the same already"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `update` takes."""
    parser.add_argument("name", metavar="NAME", help="index or alias")
    parser.add_argument("files", metavar="FILE", nargs="+", help="ids and what changes")
    add_record_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Change the products and print the report."""
    out = Output.of(args)
    rows = chain.from_iterable(read_products(file, format=args.format) for file in args.files)
    with (
        open_shop(load_settings(args)) as shop,
        out.progress(f"update {args.name}") as progress,
    ):
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
