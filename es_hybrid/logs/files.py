"""The log as NDJSON files: one writer per file, so that processes never mix their lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

import orjson

from es_hybrid.logs.streams import Stream, stream_name
from es_hybrid.record_file import json_lines
from es_hybrid.settings import LogSettings
from es_hybrid.types import Json

__all__ = ["RotatingFiles", "read_files"]

_ODD = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
_ENDINGS = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")


@dataclass(slots=True)
class _OpenFile:
    stream: BinaryIO
    day: str
    size: int = 0


class RotatingFiles:
    """Appends records to files of this process's own; another one is begun by size and by day.

    Args:
        settings: Directory, how names begin, bytes of a file, days that files are kept.

    Example:
        files = RotatingFiles(LogSettings(to="files", directory="log"))
        files.write([(Stream.EVENTS, {"action_name": "click"})])
    """

    def __init__(self, settings: LogSettings) -> None:
        self._directory = settings.directory or Path()
        self._settings = settings
        self._open: dict[Stream, _OpenFile] = {}

    def write(self, records: Sequence[tuple[Stream, Json]]) -> Sequence[str]:
        """Append records; return the kind of failure of each that was not written."""
        failed = []
        for stream, record in records:
            try:
                line = orjson.dumps(record, option=_ODD)
                file = self._file(stream, len(line))
                file.stream.write(line)
                file.size += len(line)
            except (OSError, TypeError) as error:
                failed.append(type(error).__name__)
        for file in self._open.values():
            try:
                file.stream.flush()
            except OSError as error:
                failed.append(type(error).__name__)
        return failed[: len(records)]

    def close(self) -> None:
        """Close the files; another record would begin new ones."""
        for file in self._open.values():
            file.stream.close()
        self._open.clear()

    def _file(self, stream: Stream, more: int) -> _OpenFile:
        now = datetime.now(UTC)
        day = f"{now:%Y%m%d}"
        file = self._open.get(stream)
        if file is not None:
            if file.day == day and file.size + more <= self._settings.file_bytes:
                return file
            del self._open[stream]
            file.stream.close()
        self._directory.mkdir(parents=True, exist_ok=True)
        self._remove_old(now)
        # Process and chance: two writers never share a file, not even after a fork.
        begin = stream_name(self._settings.streams, stream)
        name = f"{begin}-{now:%Y%m%dT%H%M%S}-{os.getpid()}-{uuid4().hex[:6]}.ndjson"
        opened = cast(BinaryIO, (self._directory / name).open("ab"))
        self._open[stream] = file = _OpenFile(opened, day)
        return file

    def _remove_old(self, now: datetime) -> None:
        if self._settings.keep_days is None:
            return
        oldest = now - timedelta(days=self._settings.keep_days)
        ours = "|".join(stream_name(self._settings.streams, stream) for stream in Stream)
        named = re.compile(rf"(?:{ours})-(\d{{8}}T\d{{6}})-\d+-[0-9a-f]{{6}}\.ndjson(?:\.gz)?")
        for path in self._directory.iterdir():
            found = named.fullmatch(path.name)
            if found and datetime.strptime(f"{found[1]}Z", "%Y%m%dT%H%M%S%z") < oldest:
                path.unlink(missing_ok=True)


def read_files(path: str | Path) -> Iterator[Json]:
    """Yield the records of a file, or of all files of a directory; gzip is read as well.

    The last line of a file that is being written, or of a process that was killed, is passed over.

    Raises:
        ConfigurationError: There is no such file, or a line is no JSON.

    Example:
        searches = [r for r in read_files("log") if "user_query" in r]
    """
    place = Path(path)
    if place.is_dir():
        files = sorted(file for file in place.iterdir() if file.name.endswith(_ENDINGS))
    else:
        files = [place]
    for file in files:
        for _, record in json_lines(file):
            if isinstance(record, dict):
                yield record
