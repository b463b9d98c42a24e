"""Two lists of products side by side, as lines of a given width; Chinese takes two columns each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

from es_hybrid.cli.table import display_width, printable

__all__ = ["Entry", "Line", "Style", "padded", "side_by_side", "wrapped"]

_GAP = " │ "
_NARROWEST = 30
_RIGHT_SHARE = 0.55
_TITLE_LINES = 2
_PIECE = re.compile(
    r"\s+|[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|[^\s\u2e80-\u9fff]+"
)


class Style(StrEnum):
    """What a piece of a line is, for a terminal to draw."""

    HEADING = "heading"
    TITLE = "title"
    NEW_TITLE = "new title"
    DETAIL = "detail"
    WHY = "why"


class Line(NamedTuple):
    """A piece of text and what it is."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Entry:
    """One product of a list.

    Attributes:
        title: Its title.
        detail: Its price and brand.
        grade: What a judge said of it; `None` where nobody judged at all.
        why: One sentence on what speaks for it.
        new: Whether the other list does not show it.
    """

    title: str
    detail: str = ""
    grade: int | None = None
    why: str = ""
    new: bool = False


def side_by_side(
    left: tuple[str, Sequence[Entry]], right: tuple[str, Sequence[Entry]], *, width: int
) -> Iterator[tuple[Line, ...]]:
    """Yield lines of two lists, each a heading and its products; below each other where it is narrow.

    Args:
        left: Heading and products.
        right: The same; it has the wider half, because its products say why.
        width: Columns of the terminal.

    Yields:
        The pieces of one line; all but the last are padded.
    """
    room = width - len(_GAP)
    right_width = int(room * _RIGHT_SHARE)
    left_width = room - right_width
    if left_width < _NARROWEST:
        for heading, entries in (left, right):
            yield from ((line,) for block in _blocks(heading, entries, width) for line in block)
        return
    gap = Line(_GAP, Style.DETAIL)
    nothing = Line("", Style.DETAIL)
    for a, b in zip_longest(_blocks(*left, left_width), _blocks(*right, right_width), fillvalue=()):
        for one, other in zip_longest(a, b, fillvalue=nothing):
            yield Line(padded(one.text, left_width), one.style), gap, other


def wrapped(text: str, *, width: int, most: int | None = None) -> list[str]:
    """Break a text into lines, between words or Chinese characters.

    Args:
        text: Any text; what could steer a terminal is taken out.
        width: Columns of a line.
        most: Lines at most; the last one then ends in `…`.

    Example:
        >>> wrapped("a trail running shoe", width=9)
        ['a trail', 'running', 'shoe']
        >>> wrapped("轻薄透气夏季连衣裙", width=9, most=2)
        ['轻薄透气', '夏季连衣…']
    """
    lines = [""]
    for piece in _PIECE.findall(printable(text)):
        for part in _cut(piece, width):
            if display_width(lines[-1] + part) > width:
                lines.append("")
            lines[-1] += part if lines[-1] or part.strip() else ""
    lines = [line.rstrip() for line in lines if line.strip()] or [""]
    if most is not None and len(lines) > most:
        lines = [*lines[: most - 1], _clipped(lines[most - 1], width)]
    return lines


def padded(text: str, width: int) -> str:
    """Return a text with spaces up to a width.

    Example:
        >>> padded("裙", 4)
        '裙  '
    """
    return text + " " * (width - display_width(text))


def _blocks(heading: str, entries: Sequence[Entry], width: int) -> Iterator[list[Line]]:
    yield [Line(text, Style.HEADING) for text in wrapped(heading, width=width)]
    if not entries:
        yield [Line("no products", Style.DETAIL)]
    for rank, entry in enumerate(entries, start=1):
        yield list(_block(rank, entry, width))


def _block(rank: int, entry: Entry, width: int) -> Iterator[Line]:
    mark = "*" if entry.new else " "
    grade = "" if entry.grade is None else f"[{entry.grade}] "
    lead = f"{rank}{mark} {grade}"
    indent, rest = " " * len(lead), width - len(lead)
    style = Style.NEW_TITLE if entry.new else Style.TITLE
    first, *more = wrapped(entry.title, width=rest, most=_TITLE_LINES)
    yield Line(lead + first, style)
    yield from (Line(indent + text, style) for text in more)
    if entry.detail:
        yield Line(indent + wrapped(entry.detail, width=rest, most=1)[0], Style.DETAIL)
    if entry.why:
        yield from (Line(indent + text, Style.WHY) for text in wrapped(entry.why, width=rest))


def _cut(piece: str, width: int) -> Iterator[str]:
    """Yield a word, in parts where it is longer than a line."""
    while display_width(piece) > width:
        part = _fitting(piece, width)
        yield part
        piece = piece[len(part) :]
    yield piece


def _clipped(line: str, width: int) -> str:
    return line + "…" if display_width(line) < width else _fitting(line, width - 1) + "…"


def _fitting(text: str, width: int) -> str:
    while text and display_width(text) > width:
        text = text[:-1]
    return text
