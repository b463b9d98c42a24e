"""Where records go: the data streams of a cluster, or files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson
from elasticsearch import AsyncElasticsearch

from es_hybrid._concurrency import async_blocking
from es_hybrid._retry import BUSY_STATUSES
from es_hybrid._stop import AsyncStop
from es_hybrid.logs.files import RotatingFiles
from es_hybrid.logs.records import new_id
from es_hybrid.logs.streams import Stream, stream_name
from es_hybrid.settings import LogSettings
from es_hybrid.types import Json

__all__ = ["AsyncFileSink", "AsyncStreamSink"]

_ANSWER = "items.*.status,items.*.error.type"
_TRIES = 2
_PAUSE_S = 1.0
_ODD = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


class AsyncStreamSink:
    """Appends to data streams, which the first record makes by their index template.

    Args:
        es: The shop's own client; its retries are switched off on a copy.
        settings: The streams' names, and the seconds of one write.
    """

    def __init__(self, es: AsyncElasticsearch, settings: LogSettings) -> None:
        self._es = es.options(
            request_timeout=settings.timeout_s,
            max_retries=0,
            retry_on_status=(),
            retry_on_timeout=False,
        )
        self._names = {stream: stream_name(settings.streams, stream) for stream in Stream}
        self._closing = AsyncStop()

    async def write(self, records: Sequence[tuple[Stream, Json]]) -> Sequence[str]:
        """Write records; return the kind of failure of each that was not written.

        What the cluster cannot take now is sent once more. A record that is there already counts as
        written: its first try succeeded, and only the answer was lost.
        """
        left = [self._lines(stream, record) for stream, record in records]
        failed: list[str] = []
        for attempt in range(1, _TRIES + 1):
            last = attempt == _TRIES or self._closing.asked
            try:
                statuses = await self._send(left)
            except Exception as error:  # noqa: BLE001 - a lost connection, or the whole refused
                if last or getattr(error, "status_code", 503) not in BUSY_STATUSES:
                    return [*failed, *[_kind(error)] * len(left)]
            else:
                again = []
                for lines, (status, kind) in zip(left, statuses, strict=True):
                    if status in BUSY_STATUSES and not last:
                        again.append(lines)
                    elif status >= 300 and status != 409:
                        failed.append(kind)
                left = again
            if not left:
                break
            await self._closing.wait(timeout_s=_PAUSE_S)
        return failed

    async def aclose(self) -> None:
        """The client is the shop's; only a pause between two tries ends."""
        self._closing.ask()

    def _lines(self, stream: Stream, record: Json) -> bytes:
        # An id makes a second try harmless.
        action = {"create": {"_index": self._names[stream], "_id": new_id()}}
        return orjson.dumps(action) + b"\n" + orjson.dumps(record, option=_ODD)

    async def _send(self, lines: Sequence[bytes]) -> list[tuple[int, str]]:
        # Not `bulk`, whose older versions do not know the parameter that keeps Elasticsearch from
        # making an ordinary index, with guessed fields, where the index template is missing.
        body: Any = lines
        answer = await self._es.perform_request(
            "POST",
            "/_bulk",
            params={"require_data_stream": "true", "filter_path": _ANSWER},
            headers={"accept": "application/json", "content-type": "application/x-ndjson"},
            body=body,
        )
        results = (item["create"] for item in answer.body.get("items", ()))
        # Types only: the reasons of Elasticsearch quote what could not be stored.
        return [(int(r["status"]), r.get("error", {}).get("type", "error")) for r in results]


def _kind(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__} {status}" if status else type(error).__name__


class AsyncFileSink:
    """Appends to NDJSON files of this process's own.

    Args:
        settings: Directory, size of a file, how long they are kept.
    """

    def __init__(self, settings: LogSettings) -> None:
        self._files = RotatingFiles(settings)

    async def write(self, records: Sequence[tuple[Stream, Json]]) -> Sequence[str]:
        """Write records; return the kind of failure of each that was not written."""
        return await async_blocking(partial(self._files.write, records))

    async def aclose(self) -> None:
        """Close the files."""
        await async_blocking(self._files.close)
