"""Follows an NDJSON file that grows, as `tail -F` does: rotation, truncation, unfinished lines."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import BinaryIO

from es_hybrid.following.changes import Batch
from es_hybrid.following.tail import MARK_BYTES, FilePlace, mark_of
from es_hybrid.indexing.sources import BadRecord, FeedItem
from es_hybrid.readers import lines
from es_hybrid.readers.ndjson import parse_line
from es_hybrid.types import Json

__all__ = ["GrowingFile"]

_GRACE_S = 1.0
"""How long a writer may go on with a file after it was renamed."""
_CHUNK_BYTES = 8_000_000
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")


class GrowingFile:
    """A file with one JSON object a line, read as it grows.

    A renamed file is read to its end before the new one of its name begins, also where it was
    renamed while nobody read. A line counts when its end is written. A file that became shorter, or
    holds something else before the place where reading stopped, is read from its beginning.

    Args:
        path: The file; it may appear later.
        limit: Lines at once, at most.
    """

    def __init__(self, path: str | os.PathLike[str], *, limit: int = 1000) -> None:
        self._path = Path(path)
        self._limit = limit
        self.identity = f"file {self._path.absolute()}"
        self._file: io.FileIO | None = None
        self._place: FilePlace | None = None
        self._notes: list[str] = []
        self._rotated_s: float | None = None

    def restore(self, position: Json | None) -> None:
        """Go on from a position that `settle` returned."""
        self.close()
        self._place = FilePlace.of(position) if position else None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def read(self, *, now_s: float) -> Batch:
        """Return the next whole lines; the same again until they are settled.

        Raises:
            OSError: The file is there and cannot be read.
        """
        first = self._place is None
        if self._file is None and not self._open():
            return Batch(notes=self._taken_notes())
        place = self._place
        if first:  # which file it is, is kept before anything of it is: it may soon be renamed
            return Batch(more=True, notes=self._taken_notes(), mark=place)
        if self._file is None or place is None:
            return Batch(notes=self._taken_notes())
        file = io.BufferedReader(self._file)  # a new one: a buffer may hold what is no longer there
        try:
            return self._next(file, place, now_s=now_s)
        finally:
            if not file.closed:
                file.detach()

    def _next(self, file: BinaryIO, place: FilePlace, *, now_s: float) -> Batch:
        if not place.fits(size=os.fstat(file.fileno()).st_size, before=_before(file, place.offset)):
            self._notes.append(f"{self._path.name} was written anew; it is read from its beginning")
            place = self._place = FilePlace(place.device, place.inode)
        ended = self._ended(place, now_s=now_s)
        items, after = self._lines(file, place, last=ended is True)
        if after != place:
            more = len(items) >= self._limit or ended is not None
            return Batch(tuple(items), more=more, notes=self._taken_notes(), mark=after)
        if ended:
            return self._next_file(place, now_s=now_s)
        return Batch(more=ended is not None, notes=self._taken_notes())

    def settle(self, batch: Batch, *, complete: bool, now_s: float) -> Json:  # noqa: ARG002 - a line is read once
        """Take note that lines are written, and return the place behind them."""
        if isinstance(batch.mark, FilePlace):
            self._place = batch.mark
        return self._place.json() if self._place is not None else {}

    def _open(self) -> bool:
        """Open the file that is read, wherever its name has gone; the first time, the named one."""
        place = self._place
        if place is not None:
            for path in self._relatives():
                if (place.device, place.inode) == _identity(path):
                    self._file = io.FileIO(path)
                    return True
            self._notes.append(
                f"the file that was read is gone, perhaps with lines that were not; "
                f"{self._path.name} is read from its beginning"
            )
        return self._reopen(self._path)

    def _reopen(self, path: Path) -> bool:
        """Open a file at its beginning; return whether it is there."""
        try:
            file = io.FileIO(path)
        except FileNotFoundError:
            return False
        self.close()
        self._file, self._rotated_s = file, None
        status = os.fstat(file.fileno())
        self._place = FilePlace(status.st_dev, status.st_ino)
        return True

    def _relatives(self) -> list[Path]:
        """Return the files that a rotation may have made of this one, the oldest first."""
        found = [
            path
            for path in self._path.parent.glob(f"{self._path.name}*")
            if path.is_file() and path.suffix not in _PACKED
        ]
        return sorted(found, key=lambda path: (path == self._path, path.stat().st_mtime_ns))

    def _ended(self, place: FilePlace, *, now_s: float) -> bool | None:
        """Tell whether the open file was renamed: not (`None`), just now (`False`), for good."""
        identity = _identity(self._path)
        renamed = identity not in {None, (place.device, place.inode)}
        if not renamed and (identity is not None or self._following(place) is None):
            self._rotated_s = None
            return None
        self._rotated_s = now_s if self._rotated_s is None else self._rotated_s
        return now_s - self._rotated_s >= _GRACE_S

    def _following(self, place: FilePlace) -> Path | None:
        """Return the file that came after one; the named one where that is not known."""
        relatives = self._relatives()
        identities = [_identity(path) for path in relatives]
        mine = (place.device, place.inode)
        if mine not in identities:
            return self._path if self._path in relatives else None
        at = identities.index(mine) + 1
        return relatives[at] if at < len(relatives) else None

    def _next_file(self, place: FilePlace, *, now_s: float) -> Batch:
        """Go on with the file that came after the open one, and return what it begins with."""
        following = self._following(place)
        if following is None or not self._reopen(following):
            return Batch(notes=self._taken_notes())
        return self.read(now_s=now_s)

    def _lines(
        self, file: BinaryIO, place: FilePlace, *, last: bool
    ) -> tuple[list[FeedItem], FilePlace]:
        """Read whole lines; of a file that has ended, also one without an end."""
        items: list[FeedItem] = []
        offset, number = place.offset, place.line
        file.seek(offset)
        while len(items) < self._limit and offset - place.offset < _CHUNK_BYTES:
            line = file.readline(lines.MAX_LINE_BYTES + 1)
            size, end = len(line), line.endswith(b"\n")
            while not end and size > lines.MAX_LINE_BYTES and (rest := file.readline(1 << 20)):
                size, end = size + len(rest), rest.endswith(b"\n")
            if not line or not (end or last):
                break
            offset, number = offset + size, number + 1
            if size > lines.MAX_LINE_BYTES:
                reason = f"line is longer than {lines.MAX_LINE_BYTES // 1_000_000} MB"
                items.append(BadRecord(number, reason))
            elif line.strip():
                items.append(parse_line(number, line))
        if offset == place.offset:
            return items, place
        mark = mark_of(_before(file, offset))
        return items, FilePlace(place.device, place.inode, offset, number, mark)

    def _taken_notes(self) -> tuple[str, ...]:
        notes, self._notes = tuple(self._notes), []
        return notes


def _before(file: BinaryIO, offset: int) -> bytes:
    start = max(0, offset - MARK_BYTES)
    file.seek(start)
    return file.read(offset - start)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
