"""The file of records that could not be stored; it can be mended and read again as a feed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

import orjson

from es_hybrid.indexing.sources import Rejected
from es_hybrid.types import Json

__all__ = ["DeadLetterFile", "append_letters", "letters_of_chunk"]


class DeadLetterFile:
    """Writes one line a rejected record; there is no file while nothing was rejected.

    Each line is `{"dead_letter": {"id", "line", "reason"}, "product": …}`, or `"raw"` in place of
    `"product"` for a line that could not be read. `read_products` takes the products out again.

    Args:
        path: Replaced at the end of the run, so that it may be the file that is being fed back;
            until then the lines are in `path` + `.part`. `None` writes nothing.

    Example:
        with DeadLetterFile("failed.ndjson") as letters:
            letters.write(rejected)
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self._path = None if path is None else Path(path)
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self._path is not None:
            self._file.close()
            Path(self._file.name).replace(self._path)

    def write(self, rejected: Rejected) -> None:
        """Append one record."""
        if self._path is None:
            return
        if self._file is None:
            self._file = self._path.with_name(f"{self._path.name}.part").open("wb")
        self._file.write(_line(rejected))
        self._file.flush()


@contextmanager
def letters_of_chunk(path: str | os.PathLike[str] | None) -> Iterator[Path | None]:
    """Name a dead-letter file of a part of a run; it is removed at the end of the block."""
    if path is None:
        yield None
        return
    chunk = Path(f"{os.fspath(path)}.chunk")
    try:
        yield chunk
    finally:
        chunk.unlink(missing_ok=True)


def append_letters(chunk: Path | None, path: str | os.PathLike[str] | None) -> None:
    """Add the letters of a part of a run to those of the whole, so that they are on the disk."""
    if chunk is None or path is None or not chunk.exists():
        return
    with Path(path).open("ab") as file:
        file.write(chunk.read_bytes())
        file.flush()
        os.fsync(file.fileno())


def _line(rejected: Rejected) -> bytes:
    failure = rejected.failure
    line: Json = {"dead_letter": {"id": failure.id, "line": failure.line, "reason": failure.reason}}
    if rejected.source is None:
        line["raw"] = rejected.raw
    else:
        line["product"] = dict(rejected.source)
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
    try:
        return orjson.dumps(line, default=str, option=options)
    except orjson.JSONEncodeError:  # what orjson refuses: broken Unicode, numbers over 64 bits
        return json.dumps(line, default=str, skipkeys=True).encode("ascii") + b"\n"
