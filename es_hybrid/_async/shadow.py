"""Serves the old query and runs the new one beside it, where it can do no harm."""

from __future__ import annotations

import copy
import os
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from elastic_transport import ObjectApiResponse
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.client import AsyncHybridClient
from es_hybrid._async.wrapper import AsyncWrapper
from es_hybrid._background import AsyncBackground, AsyncRunning, async_first_done
from es_hybrid._concurrency import async_blocking
from es_hybrid._deadline import async_within
from es_hybrid._logging import get_logger
from es_hybrid._mirrors import mirrors
from es_hybrid.errors import ConfigurationError
from es_hybrid.experiments.routing import with_recipe
from es_hybrid.experiments.shadow import Page, PageFields, ShadowRecord, Shadows, reason_of
from es_hybrid.experiments.shadow_report import ShadowReport, SwitchLimits
from es_hybrid.query.decide import make_passthrough
from es_hybrid.query.request import SearchRequest, parse_request, without_hybrid
from es_hybrid.record_file import RecordSink, sink_of
from es_hybrid.types import Json


class AsyncShadowClient(AsyncWrapper):
    """Answers with the shop's own search, and tries the new one on a sample beside it.

    The served search is `es.search`, untouched. What is compared runs after it was answered, in the
    background, a few at once, for a limited time; whatever happens to it is counted and nothing
    more. Every other name is the wrapped client's own.

    Args:
        es: The shop's own client, which goes on serving. Never closed, changed or configured here.
        shop: What the shop would switch to, on an Elasticsearch client of its own: one client has
            a limited number of connections, and what times out there counts against its nodes.
        sample: Share of searches that are compared, 0 to 1.
        timeout_s: Seconds that a new search may take.
        at_once: New searches under way at most; what comes meanwhile is left out, and counted.
        fields: What is read of a page.
        record: Path of an NDJSON file, or a function of one record.
        keep_text: Whether records hold the shopper's words.
        dice: Gives numbers from 0 to 1, by which the sample is chosen.

    Raises:
        ConfigurationError: A number is out of range, or both sides share one client.

    Example:
        shop = AsyncShadowClient(es, AsyncHybridClient(AsyncElasticsearch(url)), sample=0.1)
        answer = await shop.search(index="products", query={"match": {"title": "trail shoe"}})
        print(shop.report().verdict)
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        shop: AsyncHybridClient,
        *,
        sample: float = 0.1,
        timeout_s: float = 2.0,
        at_once: int = 4,
        fields: PageFields | None = None,
        record: RecordSink | str | os.PathLike[str] | None = None,
        keep_text: bool = False,
        dice: Callable[[], float] = random.random,
    ) -> None:
        if not (0.0 <= sample <= 1.0 and timeout_s > 0.0 and 1 <= at_once <= 100):
            raise ConfigurationError(
                "sample is a share, timeout_s is above 0, and at_once is from 1 to 100"
            )
        if shop.es.transport is es.transport:
            raise ConfigurationError(
                "the new search uses the served search's connections",
                hint="give it an Elasticsearch client of its own",
            )
        self._es = es
        self._shop = shop.options(request_timeout=timeout_s, max_retries=0)
        self._sample = sample
        self._timeout_s = timeout_s
        self._fields = fields or PageFields()
        self._write = sink_of(record)
        self._keep_text = keep_text
        self._dice = dice
        self._places = threading.Semaphore(at_once)  # never waited for, so it serves tasks, too
        self._background = AsyncBackground()
        self._running: set[AsyncRunning[None]] = set()
        self._shadows = Shadows()
        self._log = get_logger("es_hybrid.shadow")

    @mirrors(AsyncElasticsearch.search)
    async def search(self, **arguments: Any) -> ObjectApiResponse[Any]:
        """Search as the wrapped client does; the answer is its own.

        Args:
            **arguments: Those of the wrapped client's `search`. What `ext.hybrid` says goes to the
                new search alone.

        Raises:
            ApiError: Elasticsearch's own.

        Example:
            answer = await shop.search(index="products", query={"match": {"title": "trail shoe"}})
        """
        begun_s = time.perf_counter()
        answer = await self._es.search(**without_hybrid(arguments))
        if self._sample and self._dice() < self._sample:
            self._begin(arguments, answer, took_ms=1000.0 * (time.perf_counter() - begun_s))
        return answer

    def report(self, *, limits: SwitchLimits | None = None) -> ShadowReport:
        """Return what the last ten thousand comparisons of this process come down to.

        Args:
            limits: What the new search must keep to.

        Example:
            print(shop.report(limits=SwitchLimits(errors=0.001)))
        """
        return ShadowReport.of(
            list(self._shadows.records), limits=limits, dropped=self._shadows.dropped
        )

    async def finish(self) -> None:
        """Wait for the comparisons under way, as before a report; no longer than they may take.

        Example:
            await shop.finish()
            print(shop.report())
        """
        while running := set(self._running):
            if not await async_first_done(running, timeout_s=self._timeout_s):
                return

    async def close(self) -> None:
        """End what runs in the background; both clients stay open.

        Example:
            await shop.close()
        """
        await self._background.aclose()

    def _begin(
        self, arguments: Mapping[str, Any], answer: ObjectApiResponse[Any], *, took_ms: float
    ) -> None:
        """Start a comparison, or count it as left out; never raises, never waits."""
        if not self._places.acquire(blocking=False):
            self._shadows.dropped += 1
            return
        try:
            # The caller owns both from here on, and may change them.
            asked, served = copy.deepcopy(dict(arguments)), self._fields.of(answer["hits"]["hits"])
            running = self._background.start(lambda: self._compare(asked, served, took_ms))
        except Exception as error:  # noqa: BLE001 - the answer is there, and is the shop's
            self._places.release()
            self._failed(error)
            return
        self._running.add(running)
        running.add_done_callback(self._ended)

    def _ended(self, running: AsyncRunning[None]) -> None:
        self._running.discard(running)
        self._places.release()
        if not running.cancelled() and (error := running.exception()) is not None:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self._log.warning("shadow.failed", error=type(error).__name__)

    async def _compare(
        self, arguments: Mapping[str, Any], served: Sequence[Json], took_ms: float
    ) -> None:
        request = parse_request(arguments)
        if make_passthrough(request) is not None:
            return  # the same search on both sides: it would only look alike
        old = Page.of(served, took_ms=took_ms, fields=self._fields)
        # Nobody sees this answer, so it does not belong in the log of searches.
        unlogged = with_recipe(arguments, {"log": False})
        record = await self._recorded(request, unlogged, old)
        self._shadows.records.append(record)
        await async_blocking(lambda: self._write(record.to_dict()))

    async def _recorded(
        self, request: SearchRequest, arguments: Mapping[str, Any], old: Page
    ) -> ShadowRecord:
        text = request.text if self._keep_text else None
        begun_s = time.perf_counter()
        try:
            answer = await async_within(self._timeout_s, lambda: self._shop.search(**arguments))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            took_ms = 1000.0 * (time.perf_counter() - begun_s)
            return ShadowRecord(old, None, took_ms, error=reason_of(error), text=text)
        took_ms = 1000.0 * (time.perf_counter() - begun_s)
        if took_ms > 1000.0 * self._timeout_s:
            return ShadowRecord(old, None, took_ms, error="timeout", text=text)
        new = Page.of(answer["hits"]["hits"], took_ms=took_ms, fields=self._fields)
        lacks = tuple(f"{lack.stage}: {lack.reason}" for lack in answer.hybrid.degraded)
        return ShadowRecord(old, new, took_ms, degraded=lacks, text=text)
