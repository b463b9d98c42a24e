"""What a command prints: results on stdout, everything else on stderr."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any, Self, TextIO

from es_hybrid.cli.colour import Colour, has_colours, painted
from es_hybrid.cli.progress import Progress, SilentProgress, bar, plain
from es_hybrid.cli.table import is_number, printable, table_lines

__all__ = ["Output", "has_rich"]

_PIPE_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's words go.

    Attributes:
        json: Whether the result is JSON.
        quiet: Whether progress and notes are left out.
        streams: Whether that JSON is a document a line, as things happen.
    """

    json: bool = False
    quiet: bool = False
    streams: bool = False

    @classmethod
    def of(cls, args: argparse.Namespace) -> Self:
        """Return the output that the arguments ask for."""
        streams: bool = getattr(args, "streams", False)
        return cls(json=args.json, quiet=args.quiet, streams=streams)

    def document(self, content: Any) -> None:
        """Print the one JSON document."""
        print(_as_json(content, indent=2))

    def event(self, content: Any) -> None:
        """Print one JSON document on a line of its own, at once: whoever reads is waiting for it."""
        print(_as_json(content), flush=True)

    def failure(self, kind: str, message: str, *, exit_code: int) -> None:
        """Print a failure as JSON, where JSON was asked for; a person reads `problem`.

        Args:
            kind: Name of the exception, `Usage` or `Stopped`.
            message: The line that stands on stderr, too.
            exit_code: Of the command.
        """
        if self.json:
            error = {"type": kind, "message": message, "exit_code": exit_code}
            (self.event if self.streams else self.document)({"error": error})

    def report(self, report: Any) -> None:
        """Print a report, a dataclass whose `str()` is for a person."""
        self.document(asdict(report)) if self.json else self.line(report)

    def line(self, text: object = "") -> None:
        """Print a line of the result."""
        print(text)

    def note(self, text: object) -> None:
        """Print a remark, unless asked to be quiet."""
        if not self.quiet:
            print(text, file=sys.stderr)

    def problem(self, text: object) -> None:
        """Print what went wrong, always."""
        print(text, file=sys.stderr)

    def error(self, text: object) -> None:
        """Print why the command failed, always."""
        print(f"{painted('error:', Colour.RED, sys.stderr)} {text}", file=sys.stderr)

    def painted(self, text: str, colour: Colour) -> str:
        """Return text in a colour where stdout gets colours."""
        return painted(text, colour, sys.stdout)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table: drawn on a terminal that rich knows, in plain columns elsewhere."""
        if not _draw(headers, rows, sys.stdout):
            print("\n".join(table_lines(headers, rows)))

    @contextmanager
    def progress(self, label: str, *, total: int | None = None) -> Iterator[Progress]:
        """Show how far something is, on stderr: a bar on a terminal, a line now and then elsewhere.

        Args:
            label: What is done.
            total: How many there are, where that is known.
        """
        if self.quiet:
            yield SilentProgress()
            return
        shown = bar if has_rich(sys.stderr) else plain
        with shown(label, total, sys.stderr) as progress:
            yield progress


def _as_json(content: Any, *, indent: int | None = None) -> str:
    # An escape that only Python knows, for what the terminal's encoding lacks, is no JSON.
    ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")

    def written(value: Any) -> str:
        return json.dumps(
            value, ensure_ascii=ascii_only, indent=indent, default=str, allow_nan=False
        )

    try:
        return written(content)
    except ValueError:
        return written(_finite(json.loads(json.dumps(content, default=str))))


def _finite(value: Any) -> Any:
    """Return JSON with `null` for numbers that JSON cannot hold."""
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def has_rich(stream: TextIO) -> bool:
    """Whether a stream is a terminal and the extra `cli` is installed."""
    return stream.isatty() and _is_installed("rich")


def _is_installed(package: str) -> bool:
    return find_spec(package) is not None


def _draw(headers: Sequence[str], rows: Sequence[Sequence[object]], stream: TextIO) -> bool:
    coloured = has_colours(stream)
    if not (coloured or stream.isatty()) or not _is_installed("rich"):
        return False
    from rich.console import Console  # noqa: PLC0415 - an extra
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold" if coloured else "")
    for column, header in enumerate(headers):
        right = bool(rows) and all(is_number(row[column]) for row in rows)
        table.add_column(Text(header), justify="right" if right else "left")
    for row in rows:
        # As Text, because a title such as "[red]" is a title and not markup.
        table.add_row(*(Text(printable(cell)) for cell in row))
    # Who reads a pipe folds lines by himself; a terminal's lines fit it.
    width = None if stream.isatty() else _PIPE_WIDTH
    Console(file=stream, width=width, force_terminal=coloured, no_color=not coloured).print(table)
    return True
