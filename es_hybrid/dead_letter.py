"""The file of records that could not be stored; it can be mended and read again as a feed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import orjson

from es_hybrid._durable import sync_file, sync_folder
from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.sources import Rejected
from es_hybrid.types import Json

__all__ = ["DeadLetterFile", "append_letters", "letters_of_chunk"]


class DeadLetterFile:
    """Writes one line per rejected record; there is no file while nothing was rejected.

    Each line is `{"dead_letter": {"id", "line", "reason"}, "product": …}`, or `"raw"` in place of
    `"product"` for a line that could not be read. `read_products` takes the products out again.

    Until the run ends well the lines are in `path` + `.part`, so that the file may be the one that
    is being fed back: a run that fails leaves it as it was.

    Args:
        path: Replaced at the end of the run. `None` writes nothing.
        resume_at: Bytes that an earlier part of the run has written and that stay.

    Raises:
        ConfigurationError: What the earlier part of the run has written is not there.

    Example:
        with DeadLetterFile("failed.ndjson") as letters:
            letters.write(rejected)
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, resume_at: int = 0) -> None:
        self._path = None if path is None else Path(path)
        self._file: BinaryIO | None = None
        self._synced = True
        self.size = 0
        if resume_at and self._path is not None:
            self._file = _reopen(self._path, resume_at)
            self.size = resume_at

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self.sync()
            self._file.close()
        if error is None and self._file is not None and self._path is not None:
            _part(self._path).replace(self._path)

    def write(self, rejected: Rejected) -> None:
        """Append one record."""
        if self._path is None:
            return
        if self._file is None:
            self._file = _part(self._path).open("wb")
        self.size += self._file.write(_line(rejected))
        self._file.flush()
        self._synced = False

    def sync(self) -> None:
        """Wait until every line is on the disk, so that a checkpoint may speak of it."""
        if self._synced or self._file is None or self._path is None:
            return
        sync_file(self._file)
        sync_folder(self._path)
        self._synced = True


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _reopen(path: Path, size: int) -> BinaryIO:
    """Open what an earlier run has written, without what came after its last checkpoint."""
    part = _part(path)
    if not part.exists() and path.exists():
        shutil.copyfile(path, part)  # that run ended, and only its deletes were refused
    if not part.exists() or part.stat().st_size < size:
        raise ConfigurationError(
            f"{part} is not what the checkpoint speaks of: {size:,} bytes of dead letters",
            hint="put it back, or remove the checkpoint to begin anew",
        )
    file = part.open("r+b")
    file.truncate(size)
    file.seek(size)
    return file


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
        sync_file(file)


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
