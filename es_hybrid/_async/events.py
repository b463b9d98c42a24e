"""The client's calls that log what shoppers did, and answers of other searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid.errors import RequestError
from es_hybrid.logs.events import EventsReport
from es_hybrid.logs.records import Searched, new_id, taken
from es_hybrid.logs.runs import RunReport
from es_hybrid.logs.stats import LogStats
from es_hybrid.query.log_options import LogOptions
from es_hybrid.query.options import parse_options
from es_hybrid.response import HybridResponse

__all__ = ["AsyncEvents"]


class AsyncEvents:
    """What `AsyncHybridClient` takes down of shoppers; see docs/logs.md."""

    _toolbox: AsyncToolbox

    @property
    def log_stats(self) -> LogStats:
        """How many records were written, failed, were dropped, or wait."""
        return self._toolbox.log.stats

    async def log_event(
        self,
        action: str,
        *,
        query_id: str | None = None,
        object_id: str | None = None,
        position: int | None = None,
        revenue: float | None = None,
        quantity: float | None = None,
        currency: str | None = None,
        user: str | None = None,
        client: str | None = None,
        session: str | None = None,
        experiment: Mapping[str, str] | None = None,
        event_id: str | None = None,
        at: datetime | None = None,
    ) -> bool:
        """Log one event; nothing waits for it to be written.

        On which side of an experiment it happened is known by its `query_id`, whichever process
        made that search.

        Args:
            action: `click`, `add_to_cart`, `purchase`, `view`, or a word of your own.
            query_id: That of the search it came from, `resp.hybrid.query_id`.
            object_id: The product's `_id`.
            position: Its place, from 1, over all pages.
            revenue: Money of this event, all pieces together.
            quantity: Pieces.
            currency: ISO code.
            user: Who; hashed or dropped, by setting.
            client: With which browser or app; the same.
            session: In which visit; the same.
            experiment: `{"name": …, "variant": …}`, where the search itself was not logged with it.
            event_id: One of your own, such as that of an order line: what is logged again under it
                counts once.
            at: When; default: now.

        Returns:
            Whether it will be written: not where logging is off, or too much waits.

        Raises:
            RequestError: A value is wrong.

        Example:
            await shop.log_event("click", query_id=resp.hybrid.query_id, object_id="42", position=3)
        """
        attributes: dict[str, Any] = {
            "object": None if object_id is None else {"object_id": object_id},
            "position": None if position is None else {"ordinal": position},
            "revenue": revenue,
            "quantity": quantity,
            "currency": currency,
            "experiment": (experiment or {}).get("name"),
            "variant": (experiment or {}).get("variant"),
            "event_id": event_id,
        }
        event = {
            "action_name": action,
            "query_id": query_id,
            "client_id": client,
            "session_id": session,
            "user_id": user,
            "timestamp": at,
            "event_attributes": attributes,
        }
        report = self._toolbox.log.events([event])
        if report.refused:
            raise RequestError(report.refused[0].reason, path="event")
        return report.taken == 1

    async def log_events(self, batch: Sequence[Any]) -> EventsReport:
        """Log events in UBI's own shape, such as a shop's web pages post them, at most a thousand.

        Attributes that UBI or docs/logs.md does not name are left out: they may hold a shopper's
        words.

        Args:
            batch: Events of UBI's schema 1.3.0.

        Returns:
            How many will be written, and which ones are no events.

        Raises:
            RequestError: It is no list, or too long.

        Example:
            report = await shop.log_events([{"action_name": "click", "query_id": "…"}])
        """
        return self._toolbox.log.events(batch)

    async def log_search(
        self,
        body: Mapping[str, Any],
        *,
        text: str | None,
        index: str | None = None,
        from_: int = 0,
        size: int = 10,
        took_ms: float | None = None,
        log: Mapping[str, Any] | None = None,
        teams: Mapping[str, str] | None = None,
    ) -> str | None:
        """Log an answer that another search gave: the one before the switch, or a control's.

        Args:
            body: An answer in Elasticsearch's shape; of a `HybridResponse`, what was done is logged, too.
            text: The shopper's words; hashed or dropped, by setting.
            index: Where was searched.
            from_: First product of the page, from 0.
            size: Products per page.
            took_ms: Milliseconds; default: `took` of the body.
            log: As `ext.hybrid.log`.
            teams: Of interleaved rankings, which one each product came from, by id.

        Returns:
            The `query_id` that events refer to; `None` where it is not logged.

        Raises:
            RequestError: `log` is wrong.

        Example:
            query_id = await shop.log_search(await es.search(index="products", query=q), text="boot")
        """
        options = parse_options({"log": log}).log if log is not None else None
        asked = options if isinstance(options, LogOptions) else LogOptions()
        content = getattr(body, "body", body)
        shown, total = taken(content)
        searched = Searched(
            at_s=datetime.now(UTC).timestamp(),
            query_id=asked.query_id or new_id(),
            asked=asked,
            index=index,
            text=text,
            from_=from_,
            size=size,
            shown=shown,
            total=total,
            took_ms=float(content.get("took", 0)) if took_ms is None else took_ms,
            info=body.hybrid if isinstance(body, HybridResponse) else None,
            teams=teams or {},
        )
        return searched.query_id if self._toolbox.log.put(searched) else None

    async def log_report(self, report: RunReport) -> bool:
        """Log a report; nothing waits for it to be written.

        `ingest`, `reindex` and `backfill` log theirs by themselves where `ES_HYBRID_LOG__REPORTS` is
        set, and without it nothing is logged here either.

        Args:
            report: What a run did, or how an experiment stands.

        Returns:
            Whether it will be written.

        Example:
            await shop.log_report(await shop.experiments.status("pilot", outcomes=outcomes))
        """
        return await self._toolbox.log.ran(report)

    async def flush_log(self, *, timeout_s: float = 10.0) -> bool:
        """Write what waits now; say whether all of it was done within so many seconds.

        Example:
            assert await shop.flush_log(timeout_s=5.0)
        """
        return await self._toolbox.log.flush(timeout_s=timeout_s)
