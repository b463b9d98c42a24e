"""Reads products from NDJSON and CSV files, plain or gzip.

Reading is streaming and never stops at a bad line: it comes out as a `BadRecord` in its place.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import orjson

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.sources import BadRecord, FeedItem, Record
from es_hybrid.vector_files import load_vectors

__all__ = ["MAX_LINE_BYTES", "load_vectors", "read_ndjson", "read_products"]

MAX_LINE_BYTES = 50_000_000
"""Lines longer than this are reported and skipped, not read."""

PathLike: TypeAlias = str | os.PathLike[str]

_KEEP_RAW_BYTES = 100_000
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_FORMATS = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".csv": "csv",
    ".tsv": "tsv",
}


def read_products(
    source: PathLike | Iterable[FeedItem],
    *,
    format: str | None = None,  # noqa: A002
) -> Iterator[FeedItem]:
    """Yield the products of a file, with their lines, and what of it cannot be read.

    Args:
        source: Path, or `-` for standard input; gzip is recognised by its content. Any other
            iterable is passed through.
        format: `ndjson`, `csv` or `tsv`; by the name's ending unless given, and NDJSON for
            standard input.

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
    if kind not in {"ndjson", "csv", "tsv"}:
        raise ConfigurationError(f"format {kind!r} is not known", hint="use ndjson, csv or tsv")
    if path != "-":
        _require_file(path)
    return (
        _ndjson(path) if kind == "ndjson" else _csv(path, delimiter="\t" if kind == "tsv" else ",")
    )


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
        f"{path}: the name does not say what the file is", hint="pass format: ndjson, csv or tsv"
    )


def _require_file(path: str) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise ConfigurationError(f"products {path} cannot be read: {error.strerror}") from None


@contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    """Open a file or standard input; what is not ours to close stays open."""
    if path == "-":
        stream = cast(BinaryIO, sys.stdin.buffer)
        yield _unzipped(stream)
        return
    with Path(path).open("rb") as file:
        yield _unzipped(cast(BinaryIO, file))


def _unzipped(stream: BinaryIO) -> BinaryIO:
    peek = getattr(stream, "peek", None)
    if peek is not None and peek(2)[:2] == _GZIP:
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    return stream


def _lines(path: str) -> Iterator[tuple[int, bytes | BadRecord]]:
    """Yield numbered lines; a broken archive ends them with a `BadRecord`."""
    number = 0
    with _open(path) as stream:
        try:
            while line := stream.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                    while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
                        pass
                    reason = f"line is longer than {MAX_LINE_BYTES // 1_000_000} MB"
                    yield number, BadRecord(number, reason)
                    continue
                yield number, line.removeprefix(_BOM) if number == 1 else line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield number + 1, BadRecord(number + 1, f"the gzip archive is broken here: {error}")
    if number == 0:
        yield 1, BadRecord(1, "the file is empty")


def _ndjson(path: str) -> Iterator[FeedItem]:
    for number, line in _lines(path):
        if isinstance(line, BadRecord):
            yield line
        elif line.strip():
            yield _parse(number, line)


def _parse(number: int, line: bytes) -> Record | BadRecord:
    try:
        product = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            line.decode("utf-8")
            reason = f"is not JSON: {error.msg} at column {error.colno}"
            if not line.endswith(b"\n"):  # the last one: its writer may not be done
                reason += "; it has no line end, so the file is cut or still being written"
        except UnicodeDecodeError as broken:
            reason = f"is not UTF-8: bad byte at column {broken.start + 1}"
        return BadRecord(number, reason, _raw(line))
    if isinstance(product, dict) and product.keys() == {"dead_letter", "product"}:
        product = product["product"]
    elif isinstance(product, dict) and product.keys() == {"dead_letter", "raw"}:
        return _mended(number, product["raw"])
    if not isinstance(product, dict):
        return BadRecord(number, "is JSON but not an object", _raw(line))
    return Record(number, product)


def _mended(number: int, raw: object) -> Record | BadRecord:
    """Read a line that could not be read before; it is a product now if somebody mended it."""
    if not isinstance(raw, str):
        return BadRecord(number, "is a line that was too long to be kept")
    if "\ufffd" in raw:
        return BadRecord(number, "is not UTF-8: mend what stands as \ufffd", raw)
    return _parse(number, f"{raw}\n".encode("utf-8", "replace"))


def _raw(line: bytes) -> str | None:
    return line.decode("utf-8", "replace").rstrip("\r\n") if len(line) <= _KEEP_RAW_BYTES else None


def _csv(path: str, *, delimiter: str) -> Iterator[FeedItem]:
    """Yield the rows of a CSV file with a header; a quoted value may hold line breaks."""
    text = _Text(path)
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        problem, row = "", None
        try:
            row = next(rows, None)
        except csv.Error as error:
            problem = f"is not CSV: {error}"
        lines, bad = text.take()
        yield from bad
        if row is None and not problem:
            return
        if header is None:
            header = _header(row or [])
        elif row is not None and len(row) == len(header):
            yield Record(lines[0][0], dict(zip(header, row, strict=True)))
        elif row != []:
            problem = problem or f"has {len(row or ())} columns, the header has {len(header)}"
            yield from _one_by_one(lines, header, problem, delimiter)


def _one_by_one(
    lines: list[tuple[int, str]], header: list[str], problem: str, delimiter: str
) -> Iterator[FeedItem]:
    """Read each line of a broken row by itself: a stray quote must not swallow what follows."""
    for number, line in lines:
        try:
            row = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error:
            row = []
        if len(row) == len(header):
            yield Record(number, dict(zip(header, row, strict=True)))
        else:
            yield BadRecord(number, problem, line.rstrip("\r\n")[:_KEEP_RAW_BYTES])


def _header(row: list[str]) -> list[str]:
    """Name every column once: `name`, `name_2`; one without a name is `column_3`."""
    header: list[str] = []
    for number, cell in enumerate(row, start=1):
        name = wanted = cell.strip() or f"column_{number}"
        copy = 1
        while name in header:
            copy += 1
            name = f"{wanted}_{copy}"
        header.append(name)
    return header


class _Text:
    """Lines of text for the CSV reader, which cannot skip; remembers those of the present row."""

    def __init__(self, path: str) -> None:
        self._lines = _lines(path)
        self._row: list[tuple[int, str]] = []
        self._bad: list[BadRecord] = []

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            if isinstance(line, BadRecord):
                self._bad.append(line)
                continue
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                reason = f"is not UTF-8: bad byte at column {error.start + 1}"
                self._bad.append(BadRecord(number, reason, _raw(line)))
                continue
            self._row.append((number, text))
            yield text

    def take(self) -> tuple[list[tuple[int, str]], list[BadRecord]]:
        """Return the lines of the row just read and the bad ones before it, and forget them."""
        row, bad = self._row, self._bad
        self._row, self._bad = [], []
        return row, bad
