"""Embed products and write them into an index.

FILE is NDJSON, CSV or TSV, plain or gzipped, or Parquet; - is standard input. A database or another index can stand in
its place. A line that is broken or that Elasticsearch refuses is reported with its id and reason, and neither stops nor
loses the rest.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from es_hybrid.cli.arguments import Parser
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.feeds import add_feed_arguments, add_shard_argument, open_feed
from es_hybrid.cli.output import Output
from es_hybrid.indexing.report import IngestReport
from es_hybrid.readers import load_vectors

__all__ = ["INTERRUPTED", "add_arguments", "run"]

INTERRUPTED = "what was written stays; the same command goes on, and skips what is unchanged"

_SHOWN = 10


def add_arguments(parser: Parser) -> None:
    """Add what `ingest` takes."""
    parser.add_argument("name", metavar="NAME", help="index or alias")
    add_feed_arguments(parser)
    parser.add_argument(
        "--map",
        dest="fields",
        metavar="OURS=YOURS,…",
        help="which of your fields is which, such as title=name,brand=supplier",
    )
    parser.add_argument(
        "--id-field", default="id", metavar="NAME", help="your id field (default: id)"
    )
    parser.add_argument(
        "--vectors",
        metavar="FILE.npz",
        help="vectors made beforehand: product_ids, product_vectors",
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="the model that made them (default: the one the index names)",
    )
    parser.add_argument(
        "--dead-letter",
        metavar="FILE",
        help="write what failed here, as NDJSON that can be fed back in",
    )
    add_shard_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Write the products and print the report."""
    out = Output.of(args)
    settings = load_settings(args)
    with (
        open_shop(settings) as shop,
        open_feed(args, shop, settings) as products,
        out.progress(f"ingest {args.name}") as progress,
    ):
        report = shop.ingest(
            args.name,
            products,
            fields=args.fields,
            id_field=args.id_field,
            vectors=load_vectors(args.vectors) if args.vectors else None,
            model=args.model,
            on_progress=lambda so_far: progress.done(so_far.read),
            dead_letter=args.dead_letter,
        )
    if out.json:
        out.document(asdict(report))
    else:
        out.line(report)
        _print_failures(report, args, out)
    return 3 if report.failed else 0


def _print_failures(report: IngestReport, args: argparse.Namespace, out: Output) -> None:
    for warning in report.warnings:
        out.note(warning)
    for failure in report.failures[:_SHOWN]:
        place = f"line {failure.line}, " if failure.line else ""
        out.problem(f"{place}id {failure.id}: {failure.reason}")
    rest = report.failed - len(report.failures[:_SHOWN])
    if rest > 0:
        kept = f"all are in {args.dead_letter}" if args.dead_letter else "--dead-letter keeps all"
        out.problem(f"… and {rest:,} more; {kept}")
