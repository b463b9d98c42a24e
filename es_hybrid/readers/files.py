"""Reads products from files of any known format.

Reading is streaming and never stops at a bad line: it comes out as a `BadRecord` in its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.readers.delimited import delimited_items
from es_hybrid.readers.lines import require_file
from es_hybrid.readers.ndjson import ndjson_items
from es_hybrid.readers.parquet import read_parquet

__all__ = ["PathLike", "read_ndjson", "read_products"]

PathLike: TypeAlias = str | os.PathLike[str]

_FORMATS = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
_KNOWN = "ndjson, csv, tsv or parquet"


def read_products(
    source: PathLike | Iterable[FeedItem],
    *,
    format: str | None = None,  # noqa: A002
) -> Iterator[FeedItem]:
    """Yield the products of a file, with their lines, and what of it cannot be read.

    Args:
        source: Path, or `-` for standard input; gzip is recognised by its content. Any other
            iterable is passed through.
        format: `ndjson`, `csv`, `tsv` or `parquet`; by the name's ending unless given, and NDJSON
            for standard input.

    Raises:
        ConfigurationError: The file cannot be opened, or its format is not known.

    Example:
        for item in read_products("products.csv.gz"):
            ...
    """
    if not isinstance(source, (str, os.PathLike)):
        return iter(source)
    path = os.fspath(source)
    kind = format or _format(path)
    if kind == "parquet":
        return read_parquet(path)
    if kind not in _FORMATS.values():
        raise ConfigurationError(f"format {kind!r} is not known", hint=f"use {_KNOWN}")
    if path != "-":
        require_file(path)
    if kind == "ndjson":
        return ndjson_items(path)
    return delimited_items(path, delimiter="\t" if kind == "tsv" else ",")


def read_ndjson(path: PathLike) -> Iterator[FeedItem]:
    """Yield the products of a file with one JSON object a line; the same as `read_products`.

    A dead-letter file is read as the products it holds.

    Example:
        report = shop.ingest("products", read_ndjson("products.ndjson"))
    """
    return read_products(path, format="ndjson")


def _format(path: str) -> str:
    if path == "-":
        return "ndjson"
    name = path.lower().removesuffix(".gz")
    return next(
        (kind for ending, kind in _FORMATS.items() if name.endswith(ending)), ""
    ) or _unknown(path)


def _unknown(path: str) -> str:
    raise ConfigurationError(
        f"{path}: the name does not say what the file is", hint=f"pass format: {_KNOWN}"
    )
