"""Takes down searches and events of one client; the writer does the waiting."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.log_sinks import AsyncFileSink, AsyncStreamSink
from es_hybrid._async.log_writer import AsyncLogWriter, LogRecord
from es_hybrid._logging import get_logger
from es_hybrid.logs.events import Event, EventsReport, read_events
from es_hybrid.logs.privacy import Privacy
from es_hybrid.logs.records import Searched, Source, is_logged, new_id, query_record, taken
from es_hybrid.logs.runs import RunReport, index_size, run_record
from es_hybrid.logs.stats import LogStats
from es_hybrid.logs.streams import Stream
from es_hybrid.query.log_options import LogOptions
from es_hybrid.query.request import SearchRequest
from es_hybrid.recommend.request import RecommendRequest
from es_hybrid.response import HybridInfo, HybridResponse
from es_hybrid.settings import LogSettings
from es_hybrid.types import Assigned, Json, PlanName

__all__ = ["AsyncSearchLog"]

_log = get_logger("es_hybrid.log")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a record says of a request."""

    log: LogOptions | bool | None
    index: str | None
    text: str | None
    from_: int
    size: int

    @classmethod
    def of(cls, request: SearchRequest) -> Self:
        """Return what is said of a search."""
        return cls(request.options.log, request.index, request.text, request.from_, request.size)

    def searched(self, body: Any, info: HybridInfo, started_s: float) -> Searched:
        """Return what is kept of the answer."""
        told = self.log if isinstance(self.log, LogOptions) else LogOptions()
        shown, total = taken(body)
        return Searched(
            at_s=_now_s(),
            query_id=told.query_id or new_id(),
            asked=told,
            index=self.index,
            text=self.text,
            from_=self.from_,
            size=self.size,
            shown=shown,
            total=total,
            took_ms=(time.perf_counter() - started_s) * 1000.0,
            info=info,
        )


class AsyncSearchLog:
    """The log of one client and its copies; does nothing where logging is off.

    Args:
        es: The shop's own client, for data streams.
        settings: Where to, and what may be known of shoppers.
        models: Names of the models in use, by stage.

    Attributes:
        is_on: Whether anything is logged.
        wants_parts: Whether a search should keep what made each product's score.
    """

    def __init__(
        self, es: AsyncElasticsearch, settings: LogSettings, *, models: Mapping[str, str]
    ) -> None:
        self._es = es
        self._settings = settings
        self._source = Source(
            settings.application, models, Privacy.of(settings), with_parts=settings.parts
        )
        self._writer: AsyncLogWriter | None = None
        if settings.to == "elasticsearch":
            self._writer = AsyncLogWriter(AsyncStreamSink(es, settings), settings)
        elif settings.to == "files":
            self._writer = AsyncLogWriter(AsyncFileSink(settings), settings)
        self.is_on = self._writer is not None
        self.wants_parts = self.is_on and settings.parts

    @property
    def stats(self) -> LogStats:
        """What became of the records so far."""
        return self._writer.stats if self._writer else LogStats()

    def searched(
        self, request: SearchRequest, response: HybridResponse, *, started_s: float
    ) -> HybridResponse:
        """Take down a search, and return its answer with the id that events refer to.

        Args:
            request: What was asked.
            response: What was answered.
            started_s: When, by `time.perf_counter`.
        """
        if not self.is_on or not is_logged(request):
            return response
        return self._answered(_Asked.of(request), response, started_s)

    def recommended(
        self, request: RecommendRequest, response: HybridResponse, *, started_s: float
    ) -> HybridResponse:
        """Take down a recommendation, as a search without words; see `searched`."""
        if not self.is_on or request.options.log is False:
            return response
        asked = _Asked(request.options.log, request.index, None, 0, request.size)
        return self._answered(asked, response, started_s)

    def failed(self, request: SearchRequest, side: Assigned, *, started_s: float) -> None:
        """Take down a search of an experiment that nobody got an answer to."""
        if not self.is_on or not is_logged(request):
            return
        info = HybridInfo(PlanName.PASSTHROUGH, experiment=replace(side, failed=True))
        self.put(_Asked.of(request).searched({}, info, started_s))

    def _answered(
        self, asked: _Asked, response: HybridResponse, started_s: float
    ) -> HybridResponse:
        try:
            searched = asked.searched(response.body, response.hybrid, started_s)
        except Exception as error:  # noqa: BLE001 - an answer of a shape that nobody foresaw
            _log.warning("log.record_failed", error=type(error).__name__)
            return response
        self.put(searched)
        return response.with_info(replace(response.hybrid, query_id=searched.query_id))

    def put(self, searched: Searched) -> bool:
        """Take down an answered search; say whether it will be written."""
        if self._writer is None:
            return False
        record = partial(query_record, searched, self._source)
        return self._writer.put(LogRecord(Stream.QUERIES, record))

    def events(self, batch: Sequence[Any]) -> EventsReport:
        """Take down events.

        Raises:
            RequestError: It is no list, or too long.
        """
        events, refused = read_events(batch)
        taken_up = sum(self._event(event) for event in events)
        return EventsReport(taken_up, len(events) - taken_up, refused)

    def _event(self, event: Event) -> bool:
        if self._writer is None:
            return False
        record = partial(event.record, self._source, now_s=_now_s())
        return self._writer.put(LogRecord(Stream.EVENTS, record))

    async def ran(self, report: RunReport, *, index: str | None = None) -> bool:
        """Take down what a run did, where the settings ask for it; say whether it will be written.

        Args:
            report: What was done.
            index: Alias or index that was written, whose size is looked at.
        """
        if self._writer is None or not self._settings.reports:
            return False
        size = await self._size(index) if index else {}
        record = partial(run_record, report, self._source, at_s=_now_s(), index=index, size=size)
        return self._writer.put(LogRecord(Stream.EVENTS, record))

    async def _size(self, index: str) -> Json:
        try:
            # Not `metric`: older servers do not know that of vectors.
            found = await self._es.options(request_timeout=self._settings.timeout_s).indices.stats(
                index=index, filter_path="_all.primaries"
            )
        except (ApiError, TransportError):
            return {}  # a key that may not look; the report is worth more than the size
        return index_size(found.body)

    async def flush(self, *, timeout_s: float) -> bool:
        """Write what waits; say whether all of it was done within so many seconds."""
        return await self._writer.flush(timeout_s=timeout_s) if self._writer else True

    async def aclose(self) -> None:
        """Write what waits, for the seconds of the settings."""
        if self._writer is not None:
            await self._writer.aclose()


def _now_s() -> float:
    return datetime.now(UTC).timestamp()
