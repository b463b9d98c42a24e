"""Reads a log of queries and counts which are asked most."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from es_hybrid import HybridError

__all__ = ["count_queries", "top_queries"]

_COUNTS = ("count", "searches")


def top_queries(path: str | Path, *, top: int) -> list[str]:
    """Return the queries that are asked most, the most frequent first; see `count_queries`.

    Example:
        `top_queries("searches.csv.gz", top=1000)[0]` is what shoppers ask most.
    """
    return [text for text, _ in count_queries(path).most_common(top)]


def count_queries(path: str | Path) -> Counter[str]:
    """Return how often each query is asked.

    Args:
        path: A text file with one query a line; a CSV file with a column `query` and, where the log
            is counted already, a column `count` or `searches`; or NDJSON with the same names, or
            with `user_query` as User Behavior Insights has it. All may be gzipped.

    Raises:
        HybridError: The file cannot be read, or is not what its name says.

    Example:
        `count_queries("ubi_queries.ndjson.gz")["trail shoe"]` is such as `42`.
    """
    file = Path(path)
    counted: Counter[str] = Counter()
    try:
        with _opened(file) as lines:
            for text, count in _reader(file)(lines, file):
                counted[text] += count
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise HybridError(f"{file} cannot be read: {reason}") from None
    return counted


def _reader(file: Path) -> Callable[[TextIO, Path], Iterator[tuple[str, int]]]:
    if ".csv" in file.suffixes:
        return _of_table
    return _of_objects if {".ndjson", ".jsonl"} & set(file.suffixes) else _of_lines


def _opened(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _of_lines(lines: TextIO, _: Path) -> Iterator[tuple[str, int]]:
    for line in lines:
        if line.strip():
            yield line.strip(), 1


def _of_objects(lines: TextIO, file: Path) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            text = found.get("query", found.get("user_query"))
            count = next((found[name] for name in _COUNTS if name in found), 1)
        except (ValueError, AttributeError):
            raise HybridError(f"{file} line {number} is no JSON object") from None
        if isinstance(text, str) and text.strip() and isinstance(count, int):
            yield text.strip(), count


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
