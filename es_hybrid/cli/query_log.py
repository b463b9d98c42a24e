"""Reads a log of queries and counts which are asked most."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from es_hybrid import HybridError

__all__ = ["top_queries"]

_COUNTS = ("count", "searches")


def top_queries(path: str | Path, *, top: int) -> list[str]:
    """Return the queries that are asked most, the most frequent first.

    Args:
        path: A text file with one query a line, or a CSV file with a column `query` and, where the
            log is counted already, a column `count` or `searches`. Both may be gzipped.
        top: How many, at most.

    Raises:
        HybridError: The file cannot be read, or is a CSV file without the column.

    Example:
        `top_queries("searches.csv.gz", top=1000)[0]` is what shoppers ask most.
    """
    file = Path(path)
    counted: Counter[str] = Counter()
    try:
        with _opened(file) as lines:
            table = ".csv" in file.suffixes
            for text, count in _of_table(lines, file) if table else _of_lines(lines):
                counted[text] += count
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise HybridError(f"{file} cannot be read: {reason}") from None
    return [text for text, _ in counted.most_common(top)]


def _opened(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _of_lines(lines: TextIO) -> Iterator[tuple[str, int]]:
    for line in lines:
        if line.strip():
            yield line.strip(), 1


def _of_table(lines: TextIO, file: Path) -> Iterator[tuple[str, int]]:
    reader = csv.DictReader(lines)
    columns = reader.fieldnames or ()
    if "query" not in columns:
        raise HybridError(f"{file} has no column query", hint="name the shopper's words `query`")
    counts = next((name for name in _COUNTS if name in columns), None)
    for row in reader:
        text, count = (row["query"] or "").strip(), row[counts] if counts else "1"
        if text and count and count.isascii() and count.isdigit():
            yield text, int(count)
