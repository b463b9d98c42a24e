"""Text files of a judged set: plain or gzipped, with errors that name file and line."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from es_hybrid.errors import HybridError

__all__ = ["JudgmentError", "csv_rows", "first_line", "opened", "text_lines"]


class JudgmentError(HybridError, ValueError):
    """A file of queries, judgments, runs or query vectors cannot be used as it is."""


@contextmanager
def opened(path: str | Path) -> Iterator[TextIO]:
    """Open a text file; what goes wrong while it is read is said in a line.

    Raises:
        JudgmentError: The file is missing, cut off, or not UTF-8.
    """
    how = gzip.open if str(path).endswith(".gz") else open
    try:
        with how(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as error:
        raise JudgmentError(f"{path} cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error):
        raise JudgmentError(f"{path} is cut off or damaged", hint="gzip it again") from None
    except UnicodeDecodeError:
        raise JudgmentError(f"{path} is not UTF-8", hint="save it as UTF-8") from None


def first_line(path: str | Path) -> str:
    """Return the first line that is not blank, stripped; empty where there is none.

    Raises:
        JudgmentError: As `opened`.
    """
    return next((line for _, line in text_lines(path)), "")


def text_lines(path: str | Path) -> Iterator[tuple[str, str]]:
    """Yield `"file line n"` and the line, stripped; blank lines are left out.

    Raises:
        JudgmentError: As `opened`.
    """
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield f"{path} line {number}", line.strip()


def csv_rows(
    path: str | Path, needed: Sequence[str], *, filled: Sequence[str] | None = None
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield `"file line n"` and the row's values, stripped.

    Args:
        path: A CSV file whose first line names the columns.
        needed: Columns that must be there.
        filled: Columns that must not be empty; all that are needed, unless given.

    Raises:
        JudgmentError: As `opened`; a column is missing, a line is wrong, or there is none.
    """
    number = 1
    with opened(path) as file:
        lines = csv.DictReader(file, strict=True)
        try:
            missing = [column for column in needed if column not in (lines.fieldnames or ())]
            if missing:
                raise JudgmentError(
                    f"{path} has no column {', '.join(missing)}",
                    hint=f"its first line must name {','.join(needed)}",
                )
            for line in lines:
                number = lines.line_num
                row = {k: (v or "").strip() for k, v in line.items() if isinstance(k, str)}
                empty = [name for name in (needed if filled is None else filled) if not row[name]]
                if empty or None in line:
                    wrong = (
                        f"{empty[0]} is empty" if empty else "there are more values than columns"
                    )
                    raise JudgmentError(f"{path} line {number}: {wrong}")
                yield f"{path} line {number}", row
        except csv.Error as error:
            raise JudgmentError(f"{path} line {number + 1}: not CSV ({error})") from None
    if number == 1:
        raise JudgmentError(f"{path} holds no rows")
