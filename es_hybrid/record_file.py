"""Records of live searches as NDJSON: appended by processes that serve, read by commands."""

from __future__ import annotations

import gzip
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import orjson

from es_hybrid.errors import ConfigurationError
from es_hybrid.types import Json

__all__ = ["RecordFile", "RecordSink", "json_lines", "read_records", "sink_of"]

T = TypeVar("T")

RecordSink: TypeAlias = Callable[[Mapping[str, Any]], object]
"""Takes one record; called beside the served search, by one caller at a time."""


class RecordFile:
    """Appends one line per record; several processes may write to one file.

    Args:
        path: Made by the first record.

    Example:
        shop = ShadowClient(es, hybrid, record=RecordFile("shadow.ndjson"))
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Append one record, in one write, so that lines of two processes do not mix."""
        line = (
            json.dumps(record, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"
        )
        with self._path.open("ab", buffering=0) as file:
            file.write(line)


def sink_of(record: RecordSink | str | os.PathLike[str] | None) -> RecordSink:
    """Return what takes records: a file by its path, a function, or nothing.

    Example:
        >>> sink_of(None)({"kind": "shadow"})
    """
    if record is None:
        return _nowhere
    called = record if callable(record) else RecordFile(record)
    lock = threading.Lock()

    def write(one: Mapping[str, Any]) -> None:
        with lock:
            called(one)

    return write


def read_records(path: str | os.PathLike[str], kind: str, read: Callable[[Json], T]) -> Iterator[T]:
    """Yield the records of one kind in a file; other lines are passed over.

    Args:
        path: NDJSON.
        kind: Their `"kind"`.
        read: Makes a record of a line.

    Raises:
        ConfigurationError: The file cannot be read, or a line is no JSON, or no record of its kind;
            names the line.
    """
    for number, record in json_lines(path):
        try:
            found = read(record) if record["kind"] == kind else None
        except (KeyError, TypeError, ValueError):
            raise ConfigurationError(f"{path}, line {number}, is no record") from None
        if found is not None:
            yield found


def json_lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, Any]]:
    """Yield number and content of each line of an NDJSON file, plain or gzipped; empty ones not.

    The last line of a file that is being written, or of a process that was killed, is passed over.

    Raises:
        ConfigurationError: The file cannot be read, or a line is no JSON.
    """
    file = Path(path)
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    yield number, orjson.loads(line)
                except orjson.JSONDecodeError:
                    if not line.endswith(b"\n"):
                        return
                    raise ConfigurationError(f"{file}, line {number}, is not JSON") from None
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{file} cannot be read: {reason}") from None


def _nowhere(_record: Mapping[str, Any]) -> None:
    """Keep nothing."""
