"""Embed products and write them into an index.

FILE is NDJSON, CSV or TSV, plain or gzipped, or Parquet; - is standard input. A database or another index can take
its place. A line that is broken or that Elasticsearch rejects is reported with its id and reason; the rest is stored all
the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from es_hybrid import Checkpoint, IngestError, IngestReport
from es_hybrid.cli.arguments import Parser, share
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.feeds import (
    add_record_arguments,
    add_shard_argument,
    add_source_arguments,
    open_feed,
    source_problem,
)
from es_hybrid.cli.output import Output
from es_hybrid.cli.report import print_report
from es_hybrid.readers import load_vectors

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "ingest products products.csv.gz --map title=name,brand=supplier"
INTERRUPTED = "what was written stays; run the same command again: it skips what is unchanged"


def add_arguments(parser: Parser) -> None:
    """Add what `ingest` takes."""
    parser.check = _problem
    parser.add_argument("name", metavar="INDEX", help="index or alias")
    add_source_arguments(parser)
    add_record_arguments(parser)
    vectors = parser.add_argument_group("vectors")
    vectors.add_argument(
        "--vectors",
        metavar="FILE.npz",
        help="precomputed vectors: product_ids, product_vectors",
    )
    vectors.add_argument(
        "--model",
        metavar="NAME",
        help="the model that computed them (default: the one the index names)",
    )
    vectors.add_argument(
        "--vectors-from",
        metavar="WHERE",
        help="take vectors of known texts from here before computing any: an index or alias of"
        " products, previous, index:NAME or redis",
    )
    whole = parser.add_argument_group("whole feeds, parts and second tries")
    whole.add_argument(
        "--delete-missing",
        action="store_true",
        help="at the end, delete the products that are no longer in FILE",
    )
    whole.add_argument(
        "--max-delete",
        type=share,
        default=0.1,
        metavar="SHARE",
        help="delete nothing if more than this is missing, such as 10%% or 0.1 (default: 10%%)",
    )
    whole.add_argument(
        "--retry",
        metavar="FILE",
        help="feed a dead-letter file back in; afterwards it holds what failed again, if anything",
    )
    whole.add_argument(
        "--resume",
        metavar="CHECKPOINT",
        help="keep the position in this file, and resume from it if it exists",
    )
    add_shard_argument(whole)


def _problem(args: argparse.Namespace) -> str | None:
    """Say which arguments contradict each other."""
    if args.delete_missing and args.retry:
        return "--delete-missing needs the whole feed, and a dead-letter file is a part of one"
    if args.delete_missing and args.shard:
        return "--delete-missing needs the whole feed; run it without --shard"
    if args.resume and (args.sql or args.from_index):
        return "--resume keeps its place in files; run it without: what is unchanged is not written"
    return source_problem(args)


def run(args: argparse.Namespace) -> int:
    """Write the products and print the report."""
    out = Output.of(args)
    settings = load_settings(args)
    letters = args.dead_letter or args.retry
    checkpoint = None
    if args.resume:
        files = [args.retry] if args.retry else args.files
        checkpoint = Checkpoint(args.resume, sources=files, part=args.shard)
    with (
        open_shop(settings) as shop,
        open_feed(args, shop, settings) as products,
        out.progress(f"ingest {args.name}") as progress,
    ):
        try:
            report: IngestReport = shop.ingest(
                args.name,
                products,
                fields=args.fields,
                id_field=args.id_field,
                vectors=load_vectors(args.vectors) if args.vectors else None,
                model=args.model,
                vectors_from=args.vectors_from,
                feed_time=args.feed_time,
                delete_missing=args.delete_missing,
                max_delete_share=args.max_delete,
                on_progress=lambda so_far: progress.done(so_far.read),
                dead_letter=letters,
                checkpoint=checkpoint,
            )
        except IngestError as error:
            out.problem(error.report)
            raise
    if args.retry and letters == args.retry and not report.failed:
        Path(args.retry).unlink()  # all of it is stored
    return print_report(report, out, dead_letter=letters)
