"""Keeps counts of what happened day by day, and writes what they add up to into the products."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.admin import index_info
from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._async.update import AsyncUpdater
from es_hybrid.errors import ConfigurationError, IngestError
from es_hybrid.indexing.actions import NOT_FOUND
from es_hybrid.indexing.signals import (
    BUCKET_MAPPINGS,
    WINDOWS,
    SignalsReport,
    bucket_action,
    bucketed,
    run_out_query,
    smoothed_rows,
    windowed,
)
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.settings import Settings
from es_hybrid.types import Json

_PAGE = 1000
_BUCKETS_AT_ONCE = 5
_RATING = "rating_smoothed"


class AsyncSignals:
    """Turns event logs into ranking fields; see `AsyncRecommending.update_signals`.

    Args:
        es: Where; neither changed nor closed.
        settings: Sizes, limits and times.
        on_progress: Told how many products are dealt with.
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        *,
        settings: Settings,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self._es = es
        # Products that left the shop are in its log for weeks: that is no failure.
        limits = settings.ingest.model_copy(update={"max_failures": None})
        self._limits = limits
        settings = settings.model_copy(update={"ingest": limits})
        self._updater = AsyncUpdater(es, settings=settings)
        self._on_progress = on_progress

    async def update(
        self, index: str, events: Iterable[FeedItem], *, until: date | None, timezone: str
    ) -> SignalsReport:
        """Replace the log's days among the kept counts, and write what all of them add up to."""
        try:
            zone = ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise ConfigurationError(
                f"there is no time zone {timezone!r}", hint="such as Asia/Shanghai or UTC"
            ) from None
        known = (await index_info(self._es, index)).mapping.get("properties", {})
        wanted = [name for own in WINDOWS.values() for name in own]
        today = datetime.now(zone).date()
        if until is not None and until > today:
            # What no window reaches is deleted: a slip of the pen would delete it all.
            raise ConfigurationError(
                f"{until} has not come yet", hint=f"today is {today} in {timezone}"
            )
        found = bucketed(events, today=today, zone=zone)
        last = until or max((day for day, _ in found.counts), default=today)
        store = f"{index}-signals"
        await self._keep(store, found.counts)
        buckets = [bucket async for bucket in self._buckets(store)]
        rows = windowed(buckets, until=last, fields=set(wanted) & set(known))
        report = SignalsReport(
            events=found.events,
            skipped=found.skipped,
            future=found.future,
            days=found.days,
            until=last.isoformat(),
            products=len(rows),
            left_out=tuple(name for name in wanted if name not in known),
        )
        report = await self._write(index, ({"id": id_, **own} for id_, own in rows.items()), report)
        await self._forget(store, last)
        return report

    async def smooth_ratings(
        self, index: str, report: SignalsReport, *, prior_reviews: float
    ) -> SignalsReport:
        """Write `rating_smoothed` of all products that have `rating` and `review_count`."""
        info = await index_info(self._es, index)
        if _RATING not in info.mapping.get("properties", {}):
            return replace(report, left_out=(*report.left_out, _RATING))
        mean = await self._es.search(
            index=index,
            size=0,
            aggregations={
                "mean": {
                    "weighted_avg": {
                        "value": {"field": "rating"},
                        "weight": {"field": "review_count"},
                    }
                }
            },
        )
        prior_mean = mean["aggregations"]["mean"]["value"]
        if prior_mean is None:
            return report
        async for page in self._rated(index):
            rows = list(smoothed_rows(page, prior_mean=prior_mean, prior_count=prior_reviews))
            report = replace(report, products=report.products + len(rows))
            report = await self._write(index, rows, report)
        return report

    async def _write(
        self, index: str, rows: Iterable[Json], report: SignalsReport
    ) -> SignalsReport:
        left = iter(rows)
        done = 0
        while page := list(islice(left, _PAGE)):
            written = await self._updater.update(index, page, refresh=False)
            unknown = sum(failure.reason == NOT_FOUND for failure in written.failures)
            report = replace(
                report,
                changed=report.changed + written.indexed,
                unknown=report.unknown + unknown,
                failed=report.failed + written.failed - unknown,
            )
            done += len(page)
            if self._on_progress is not None:
                self._on_progress(done)
        await self._es.indices.refresh(index=index)
        return report

    async def _keep(
        self, store: str, counts: Mapping[tuple[date, str], Mapping[str, float]]
    ) -> None:
        if not await self._es.indices.exists(index=store):
            await self._es.options(ignore_status=400).indices.create(
                index=store,
                mappings=BUCKET_MAPPINGS,
                settings={"number_of_shards": 1, "auto_expand_replicas": "0-1"},
            )
        writer = AsyncBulkWriter(self._es, index=store, settings=self._limits, require_alias=False)
        actions = [bucket_action(day, kind, own) for (day, kind), own in counts.items()]
        failed = [reason for reason in await writer.write(actions) if reason is not None]
        if failed:
            raise IngestError(f"{len(failed)} days of {store} could not be stored: {failed[0]}")
        await self._es.indices.refresh(index=store)

    async def _buckets(self, store: str) -> AsyncIterator[tuple[date, str, Mapping[str, float]]]:
        async for page in self._pages(store, ["day", "kind"], size=_BUCKETS_AT_ONCE):
            for hit in page:
                own = hit["_source"]
                yield date.fromisoformat(own["day"]), own["kind"], own["counts"]

    async def _rated(self, index: str) -> AsyncIterator[list[Json]]:
        rated = [{"exists": {"field": name}} for name in ("rating", "review_count")]
        pages = self._pages(
            index,
            ["id"],
            size=_PAGE,
            query={"bool": {"filter": rated}},
            source=["rating", "review_count"],
        )
        async for page in pages:
            yield [{**hit["_source"], "id": hit["_id"]} for hit in page]

    async def _pages(
        self, index: str, sort: list[str], *, size: int, **arguments: Any
    ) -> AsyncIterator[list[Json]]:
        after: Any = None
        while True:
            answer = await self._es.search(
                index=index,
                size=size,
                sort=sort,
                search_after=after,
                track_total_hits=False,
                **arguments,
            )
            hits = answer["hits"]["hits"]
            if hits:
                yield hits
            if len(hits) < size:
                return
            after = hits[-1]["sort"]

    async def _forget(self, store: str, until: date) -> None:
        """Delete days that no window reaches: their products say 0 by now."""
        await self._es.delete_by_query(
            index=store,
            query=run_out_query(until),
            refresh=True,
            conflicts="proceed",
        )
