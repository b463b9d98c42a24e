"""Writes records beside the searches: a bounded queue that never makes a caller wait or fail."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from es_hybrid._background import AsyncBackground, AsyncRunning, async_first_done
from es_hybrid._concurrency import async_blocking
from es_hybrid._logging import get_logger
from es_hybrid._stop import AsyncStop
from es_hybrid.logs.stats import LogStats
from es_hybrid.logs.streams import Stream
from es_hybrid.settings import LogSettings
from es_hybrid.types import Json

__all__ = ["AsyncLogWriter", "AsyncSink", "LogRecord"]

_log = get_logger("es_hybrid.log")


class LogRecord(NamedTuple):
    """What waits to be written.

    Attributes:
        stream: Where to.
        make: Makes the record, when its turn has come: no search waits for that.
    """

    stream: Stream
    make: Callable[[], Json]


class AsyncSink(Protocol):
    """Where records are written."""

    async def write(self, records: Sequence[tuple[Stream, Json]]) -> Sequence[str]:
        """Write records; return the kind of failure of each that was not written."""
        ...

    async def aclose(self) -> None:
        """Close what was opened."""
        ...


class AsyncLogWriter:
    """Takes records at once, and writes them when some have gathered.

    A process that was forked begins anew: what waits belongs to the one that took it.

    Args:
        sink: Where they are written.
        settings: How many may wait, how many go together, how long they are gathered.

    Example:
        writer = AsyncLogWriter(sink, LogSettings(to="files", directory="log"))
        writer.put(LogRecord(Stream.EVENTS, lambda: {"action_name": "click"}))
        await writer.aclose()
    """

    def __init__(self, sink: AsyncSink, settings: LogSettings) -> None:
        self._sink = sink
        self._settings = settings
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._background = AsyncBackground()
        self._lock = threading.Lock()  # held only for a few steps, never while waiting
        self._waiting: deque[LogRecord] = deque()
        self._hurry = AsyncStop()
        self._running: AsyncRunning[None] | None = None
        self._closed = self._flushing = False
        self._on_the_way = self._written = self._failed = self._dropped = 0
        self._quiet = False

    @property
    def stats(self) -> LogStats:
        """What became of the records so far."""
        waiting = len(self._waiting) + self._on_the_way
        return LogStats(self._written, self._failed, self._dropped, waiting)

    def put(self, record: LogRecord) -> bool:
        """Take a record; say whether there was room for it."""
        if self._pid != os.getpid():
            self._begin()
        with self._lock:
            if self._closed or len(self._waiting) >= self._settings.waiting:
                self._dropped += 1
                return False
            self._waiting.append(record)
            if len(self._waiting) >= self._settings.batch:
                self._hurry.ask()
            if self._running is None:
                self._running = self._background.start(self._drain)
        return True

    async def flush(self, *, timeout_s: float) -> bool:
        """Write what waits now; say whether all of it was done within so many seconds."""
        with self._lock:
            self._flushing = True
            self._hurry.ask()
            running = self._running
        if running is not None:
            await async_first_done([running], timeout_s=timeout_s)
        with self._lock:
            self._flushing = False
            return not (self._waiting or self._on_the_way)

    async def aclose(self) -> None:
        """Write what waits, for a few seconds; what is left is dropped, and counted."""
        self._closed = True
        await self.flush(timeout_s=self._settings.close_s)
        with self._lock:
            self._dropped += len(self._waiting)
            self._waiting.clear()
        await self._sink.aclose()
        await self._background.aclose()

    async def _drain(self) -> None:
        """Write until nothing waits."""
        more = True
        while more:
            await self._hurry.wait(timeout_s=self._settings.every_s)
            batch = self._next()
            failed = len(batch)
            try:
                failed = await self._write(batch) if batch else 0
            finally:
                more = self._account(len(batch), failed)

    def _next(self) -> list[LogRecord]:
        with self._lock:
            count = min(len(self._waiting), self._settings.batch)
            self._on_the_way = count
            return [self._waiting.popleft() for _ in range(count)]

    def _account(self, taken: int, failed: int) -> bool:
        """Count a batch; say whether more waits."""
        with self._lock:
            self._failed += failed
            self._written += taken - failed
            self._on_the_way = 0
            if len(self._waiting) < self._settings.batch and not (self._closed or self._flushing):
                self._hurry = AsyncStop()
            if not self._waiting:
                self._running = None
            return self._running is not None

    async def _write(self, batch: Sequence[LogRecord]) -> int:
        """Write a batch; return how many of it failed."""
        # In a thread: hundreds of records at once would hold up an event loop.
        records, reasons = await async_blocking(partial(_made, batch))
        try:
            reasons += await self._sink.write(records) if records else []
        except Exception as error:  # noqa: BLE001 - whatever it is, the shop goes on
            reasons += [type(error).__name__] * len(records)
        self._tell(reasons)
        return len(reasons)

    def _tell(self, reasons: Sequence[str]) -> None:
        """Say that writing began to fail, or works again: once, not for each batch."""
        if reasons and not self._quiet:
            _log.warning("log.write_failed", records=len(reasons), reason=reasons[0])
        elif self._quiet and not reasons:
            _log.info("log.write_recovered")
        self._quiet = bool(reasons)


def _made(batch: Sequence[LogRecord]) -> tuple[list[tuple[Stream, Json]], list[str]]:
    """Make the records of a batch; return them, and the kind of failure of each that has none."""
    records, reasons = [], []
    for record in batch:
        try:
            records.append((record.stream, record.make()))
        except Exception as error:  # noqa: BLE001 - a record must not stop the others
            reasons.append(type(error).__name__)
    return records, reasons
