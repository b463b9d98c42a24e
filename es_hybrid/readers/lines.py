"""Numbered lines of a file or of standard input, plain or gzip."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.sources import BadRecord

__all__ = ["KEEP_RAW_BYTES", "MAX_LINE_BYTES", "numbered_lines", "raw_text", "require_file"]

MAX_LINE_BYTES = 50_000_000
"""Lines longer than this are reported and skipped, not read."""
KEEP_RAW_BYTES = 100_000
"""Broken text longer than this is not kept for mending."""

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


def numbered_lines(path: str) -> Iterator[tuple[int, bytes | BadRecord]]:
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


def raw_text(line: bytes) -> str | None:
    """Return a broken line as text to be mended, unless it is too long to keep."""
    return line.decode("utf-8", "replace").rstrip("\r\n") if len(line) <= KEEP_RAW_BYTES else None


def require_file(path: str) -> None:
    """Refuse a file that cannot be read, before a run begins.

    Raises:
        ConfigurationError: Names the file and the system's reason.
    """
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
