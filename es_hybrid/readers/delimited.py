"""Products of CSV and TSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from es_hybrid.indexing.sources import BadRecord, FeedItem, Record
from es_hybrid.readers.lines import KEEP_RAW_BYTES, numbered_lines, raw_text
from es_hybrid.readers.values import unique_names

__all__ = ["delimited_items"]


def delimited_items(path: str, *, delimiter: str) -> Iterator[FeedItem]:
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
            header = unique_names(row or [])
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
            yield BadRecord(number, problem, line.rstrip("\r\n")[:KEEP_RAW_BYTES])


class _Text:
    """Lines of text for the CSV reader, which cannot skip; remembers those of the present row."""

    def __init__(self, path: str) -> None:
        self._lines = numbered_lines(path)
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
                self._bad.append(BadRecord(number, reason, raw_text(line)))
                continue
            self._row.append((number, text))
            yield text

    def take(self) -> tuple[list[tuple[int, str]], list[BadRecord]]:
        """Return the lines of the row just read and the bad ones before it, and forget them."""
        row, bad = self._row, self._bad
        self._row, self._bad = [], []
        return row, bad
