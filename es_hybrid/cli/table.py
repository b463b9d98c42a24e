"""Tables as plain lines, for pipes and for terminals without rich."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["display_width", "is_number", "printable", "table_lines"]


def table_lines(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return a header and one line per row, in aligned columns; numbers to the right.

    Example:
        >>> table_lines(["recipe", "ms"], [["lexical", 3.25]])
        ['recipe     ms', 'lexical  3.25']
    """
    texts = [[printable(cell) for cell in row] for row in rows]
    columns = range(len(headers))
    widths = [max(display_width(line[c]) for line in (headers, *texts)) for c in columns]
    right = [bool(rows) and all(is_number(row[c]) for row in rows) for c in columns]
    return [
        "  ".join(_padded(line[c], widths[c], right[c]) for c in columns).rstrip()
        for line in (headers, *texts)
    ]


def printable(cell: object) -> str:
    """Return a cell's text on one line, without what could steer a terminal."""
    text = "" if cell is None else str(cell)
    return "".join(char if char.isprintable() else " " for char in text)


def is_number(cell: object) -> bool:
    """Whether a cell is aligned to the right: a number, or nothing in its place."""
    text = "" if cell is None else str(cell)
    return text in ("", "-") or text.replace(".", "", 1).replace("-", "", 1).isdecimal()


def display_width(text: str) -> int:
    """Return the terminal columns a text takes; Chinese characters take two.

    Example:
        >>> display_width("连衣裙 M")
        8
    """
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _padded(text: str, width: int, right: bool) -> str:  # noqa: FBT001 - private
    space = " " * (width - display_width(text))
    return space + text if right else text + space
