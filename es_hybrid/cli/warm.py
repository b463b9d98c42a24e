"""Compute vectors before they are asked for: of frequent queries, and of products.

With --queries, the vectors of a log's most frequent queries are kept in the Redis at
ES_HYBRID_CACHE__REDIS_URL for ES_HYBRID_CACHE__TTL_S seconds, where every process of the shop finds them.
With --products, every stored product whose vector is missing, or belongs to another text or model, gets a new one; with --ids,
only those named in a file, such as tomorrow's promotion. A product that changes in the meantime is left as it is. Vectors that
are already right are not computed again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from es_hybrid import (
    ConfigurationError,
    HybridClient,
    HybridError,
    WarmProductsReport,
    WarmQueriesReport,
    read_products,
)
from es_hybrid.checks import Status
from es_hybrid.cli.checks.index import check_index
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output
from es_hybrid.cli.query_log import top_queries
from es_hybrid.indexing.sources import Record
from es_hybrid.settings import Settings

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "product_ids", "run"]

EXAMPLE = "warm products --queries searches.csv.gz --top 1000"
INTERRUPTED = "what was computed stays; run the same command again to continue"

_TOP = 1000
_REDIS_PATIENCE_MS = 5000.0
"""A search waits milliseconds for Redis; a whole batch of vectors may take longer to write."""
_PLAIN = frozenset({"", ".txt", ".ids"})
"""Endings of files that hold an id a line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `warm` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    queries = parser.add_argument_group("queries")
    queries.add_argument(
        "--queries",
        metavar="LOG",
        help="text file with one query per line, or CSV with a column query and perhaps count; may be"
        " gzipped",
    )
    queries.add_argument(
        "--top",
        type=int,
        default=_TOP,
        metavar="N",
        help=f"how many of the most frequent queries (default: {_TOP})",
    )
    queries.add_argument(
        "--task",
        metavar="NAME",
        help="task of the searches that will use these queries, if they have one (ext.hybrid.embed)",
    )
    products = parser.add_argument_group("products")
    products.add_argument(
        "--products",
        action="store_true",
        help="all products whose vector is missing or does not match their text and model",
    )
    products.add_argument(
        "--ids",
        metavar="FILE",
        help="only these products: a text file with one id per line, or a feed",
    )
    products.add_argument(
        "--id-field", default="id", metavar="FIELD", help="id field of a feed (default: id)"
    )


def run(args: argparse.Namespace) -> int:
    """Compute the vectors and print a report for each kind."""
    if not (args.queries or args.products or args.ids):
        raise HybridError("nothing to compute", hint="name --queries LOG, --products or --ids FILE")
    if args.products and args.ids:
        raise HybridError("--products and --ids exclude each other", hint="name one of them")
    out = Output.of(args)
    settings = load_settings(args)
    if args.queries:
        _require_cache(settings)
    patient = settings.cache.model_copy(update={"redis_timeout_ms": _REDIS_PATIENCE_MS})
    reports: dict[str, WarmQueriesReport | WarmProductsReport] = {}
    with open_shop(settings.model_copy(update={"cache": patient})) as shop:
        if args.products or args.ids:
            reports["products"] = _warm_products(shop, args, out)
        if args.queries:
            _look_at_index(shop, args.index, out)
            reports["queries"] = _warm_queries(shop, args, out)
    if out.json:
        out.document({kind: asdict(report) for kind, report in reports.items()})
    else:
        for report in reports.values():
            out.line(report)
    return 3 if any(report.failed for report in reports.values()) else 0


def _warm_products(shop: HybridClient, args: argparse.Namespace, out: Output) -> WarmProductsReport:
    ids = product_ids(args.ids, id_field=args.id_field) if args.ids else None
    with out.progress(f"warm {args.index}") as progress:
        return shop.warm_products(
            args.index, ids=ids, on_progress=lambda so_far: progress.done(so_far.products)
        )


def _warm_queries(shop: HybridClient, args: argparse.Namespace, out: Output) -> WarmQueriesReport:
    queries = top_queries(args.queries, top=args.top)
    with out.progress("warm queries", total=len(queries)) as progress:
        return shop.warm_queries(queries, instruction=args.task, on_progress=progress.done)


def product_ids(path: str, *, id_field: str) -> Iterator[str]:
    """Yield the ids that a file names, in its order.

    Args:
        path: A text file with an id a line, or a feed that `es-hybrid ingest` would read.
        id_field: Field of a feed's id.

    Raises:
        HybridError: The file cannot be read, or a line of a feed has no id.

    Example:
        `list(product_ids("promotion.txt", id_field="id"))` is such as `["4711", "4712"]`.
    """
    if Path(path).suffix.lower() in _PLAIN and path != "-":
        try:
            lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise HybridError(f"{path} cannot be read: {reason}") from None
        return (line.strip() for line in lines if line.strip())
    items = enumerate(read_products(path), start=1)
    return chain.from_iterable(_id_of(item, line, path, id_field) for line, item in items)


def _id_of(item: object, line: int, path: str, id_field: str) -> Iterator[str]:
    product = item.product if isinstance(item, Record) else item
    found = product.get(id_field) if isinstance(product, Mapping) else None
    if found in (None, ""):
        raise HybridError(
            f"{path}: record {line} has no {id_field}", hint="name the field with --id-field"
        )
    yield str(found)


def _require_cache(settings: Settings) -> None:
    if settings.embed.plugin or not settings.embed.base_url:
        raise ConfigurationError(
            "no embedding server is set, and only a server's vectors are shared between processes",
            hint="set ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL",
        )
    if settings.cache.redis_url is None or not settings.cache.vector_bytes:
        raise ConfigurationError(
            "nothing would remember the vectors: this process ends",
            hint="set ES_HYBRID_CACHE__REDIS_URL, and leave ES_HYBRID_CACHE__VECTOR_BYTES above 0",
        )


def _look_at_index(shop: HybridClient, index: str, out: Output) -> None:
    """Refuse vectors that searches of this index would not use; note products without one."""
    dims = shop.settings.embed.dims
    for check in check_index(shop.es, index, settings=shop.settings, dims=dims):
        if check.status is Status.PROBLEM:
            raise HybridError(check.detail, hint=check.hint or None)
        if check.status is Status.NOTE:
            out.note(f"{check.detail}; {check.hint}")
