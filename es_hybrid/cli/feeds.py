"""Where a command takes products from: files, a database, another index; all of it or a part."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, read_index, read_products, read_sql
from es_hybrid._sync.admin import index_info
from es_hybrid.cli.connect import open_elasticsearch
from es_hybrid.indexing.fields import field_types, resolve
from es_hybrid.indexing.shard import FeedShard
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.settings import Settings

__all__ = [
    "add_field_arguments",
    "add_file_arguments",
    "add_record_arguments",
    "add_shard_argument",
    "add_source_arguments",
    "add_sql_arguments",
    "open_feed",
    "open_other_cluster",
    "read_files",
    "source_problem",
    "sql_problem",
]


def add_file_arguments(parser: argparse._ActionsContainer, *, nargs: str, what: str) -> None:
    """Add the files that are read."""
    parser.add_argument("files", metavar="FILE", nargs=nargs, help=f"{what}; - is standard input")
    parser.add_argument(
        "--format",
        choices=("ndjson", "csv", "tsv", "parquet"),
        help="what FILE is (default: by its name)",
    )


def read_files(args: argparse.Namespace) -> Iterator[FeedItem]:
    """Read the files that the arguments name, one after the other."""
    return chain.from_iterable(read_products(file, format=args.format) for file in args.files)


def add_field_arguments(parser: argparse._ActionsContainer) -> None:
    """Add which field of a record is which."""
    parser.add_argument(
        "--map",
        dest="fields",
        metavar="OURS=YOURS,…",
        help="which of your fields is which, such as title=name,brand=supplier",
    )
    parser.add_argument(
        "--id-field", default="id", metavar="FIELD", help="your id field (default: id)"
    )


def add_record_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how the records of a feed are read, and where those that fail go."""
    group = parser.add_argument_group("records")
    add_field_arguments(group)
    group.add_argument(
        "--feed-time",
        metavar="TIME",
        help="when FILE was made, such as 2026-11-21T03:00:00Z; what a newer feed wrote stays",
    )
    group.add_argument(
        "--dead-letter",
        metavar="FILE",
        help="write what failed here, as NDJSON that can be fed back in",
    )


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where products come from."""
    group = parser.add_argument_group("source")
    add_file_arguments(group, nargs="*", what="products")
    add_sql_arguments(group)
    group.add_argument(
        "--from-index",
        metavar="INDEX",
        help="read another index; its vectors are copied if the model is the same",
    )
    group.add_argument(
        "--from-url",
        metavar="URL",
        help="the cluster of --from-index (default: the one written to)",
    )


def add_sql_arguments(parser: argparse._ActionsContainer) -> None:
    """Add how a database is named."""
    parser.add_argument(
        "--sql",
        metavar="URL",
        help="read a database, such as postgresql+psycopg://shop@host/shop; see --table, --query",
    )
    parser.add_argument("--table", metavar="NAME", help="table or view of --sql")
    parser.add_argument("--query", metavar="SQL", help="SELECT for --sql, instead of --table")


def add_shard_argument(parser: argparse._ActionsContainer) -> None:
    """Add which part of a feed is meant."""
    parser.add_argument(
        "--shard",
        metavar="I/N",
        help="only part I of N, split by id: N machines with one part each write the whole feed",
    )


@contextmanager
def open_feed(
    args: argparse.Namespace, shop: HybridClient, settings: Settings
) -> Iterator[Iterable[FeedItem]]:
    """Open the one source that the arguments name.

    Raises:
        ConfigurationError: It cannot be opened, or the shard is none.
    """
    shard = FeedShard.parse(args.shard) if args.shard else None
    with _source(args, shop, settings) as items:
        yield items if shard is None else _part(items, shard, args, shop)


def sql_problem(args: argparse.Namespace) -> str | None:
    """Say what is wrong with how a database or another cluster is named."""
    if args.sql and bool(args.table) == bool(args.query):
        return "--sql needs either --table or --query"
    if not args.sql and (args.table or args.query):
        return "--table and --query need --sql"
    return "--from-url needs --from-index" if args.from_url and not args.from_index else None


def source_problem(args: argparse.Namespace) -> str | None:
    """Say what is wrong where no source is named, or several are."""
    sources = (args.files, args.sql, args.from_index, args.retry)
    if sum(map(bool, sources)) != 1:
        return "name one source of products: FILE, --sql URL, --from-index INDEX or --retry FILE"
    return sql_problem(args)


@contextmanager
def _source(
    args: argparse.Namespace, shop: HybridClient, settings: Settings
) -> Iterator[Iterable[FeedItem]]:
    if args.sql:
        yield read_sql(args.sql, table=args.table, query=args.query)
    elif args.from_index:
        with open_other_cluster(args.from_url, shop, settings) as es:
            into = index_info(shop.es, args.name).meta
            yield read_index(es, args.from_index, into=into)
    elif args.retry:
        yield read_products(args.retry, format="ndjson")
    else:
        yield read_files(args)


@contextmanager
def open_other_cluster(
    url: str | None, shop: HybridClient, settings: Settings
) -> Iterator[Elasticsearch]:
    """Open the cluster of another index; without an address, the one that is written to."""
    if url is None:
        yield shop.es
        return
    # The key of one cluster is no business of another one.
    with open_elasticsearch(settings.model_copy(update={"es_url": url, "es_api_key": None})) as es:
        yield es


def _part(
    items: Iterable[FeedItem], shard: FeedShard, args: argparse.Namespace, shop: HybridClient
) -> Iterator[FeedItem]:
    types = field_types(index_info(shop.es, args.name).mapping.get("properties", {}))
    fields = resolve(args.fields, id_field=args.id_field, types=types)
    return shard.of(items, id_of=fields.id_of)
