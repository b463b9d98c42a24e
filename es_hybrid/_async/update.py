"""Changes some fields of products: read, look up, write; vectors and all else stay."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import aclosing
from datetime import datetime

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._async.documents import AsyncDocuments
from es_hybrid._async.first_load import index_to_write
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._logging import get_logger
from es_hybrid.checkpoint import Progress
from es_hybrid.indexing.feed import Chunk, Feed
from es_hybrid.indexing.feed_times import feed_time_text
from es_hybrid.indexing.fields import FieldMap, field_types, resolve
from es_hybrid.indexing.info import IndexInfo
from es_hybrid.indexing.outcomes import Written
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.indexing.updates import ChangePreparation, Updates, plan_updates, read_documents
from es_hybrid.ledger import Ledger, Records
from es_hybrid.settings import Settings

_log = get_logger("es_hybrid.ingest")


class AsyncUpdater:
    """Updates products field by field.

    Args:
        es: Where; neither changed nor closed.
        settings: Sizes, limits and times.

    Example:
        await AsyncUpdater(es, settings=Settings()).update("products", [{"id": "p1", "price": 9}])
    """

    def __init__(self, es: AsyncElasticsearch, *, settings: Settings) -> None:
        self._es = es
        self._settings = settings
        self._text = BudgetedText(ProductText(), settings.embed.max_tokens)

    async def update(
        self,
        index: str,
        rows: Iterable[FeedItem],
        *,
        fields: FieldMap | str | None = None,
        id_field: str = "id",
        feed_time: datetime | str | None = None,
        on_progress: Callable[[IngestReport], None] | None = None,
        dead_letter: str | os.PathLike[str] | None = None,
        refresh: bool = True,
    ) -> IngestReport:
        """Change fields of products; see `AsyncCatalogue.update_fields`, whose arguments these are."""
        limits = self._settings.ingest
        made_at = None if feed_time is None else feed_time_text(feed_time)
        info = await index_to_write(self._es, index)
        types = field_types(info.mapping.get("properties", {}))
        found = resolve(fields, id_field=id_field, types=types)
        feed = Feed(
            rows,
            prepare=ChangePreparation(found),
            batch=limits.batch,
            max_bytes=limits.max_batch_bytes,
            replaces=False,
        )
        writer = AsyncBulkWriter(
            self._es, index=index, settings=limits, require_alias=info.is_alias
        )

        documents = AsyncDocuments(self._es, index=info.index, settings=limits)

        async def change(chunk: Chunk) -> Written:
            updates = await self._plan(chunk, documents, info, fields=found, feed_time=made_at)
            reasons = await writer.write(list(updates.actions.values()))
            for place, reason in zip(updates.actions, reasons, strict=True):
                updates.reasons[place] = reason
            return Written(updates.planned, updates.reasons)

        records = Records(on_progress, dead_letter, limits.max_failures)
        ledger = Ledger(records, feed=feed, progress=Progress(info.index), vectors=None)
        with ledger, ledger.fails_with_report(index, what="update"):
            while not feed.done:
                changed = async_map_ordered(change, feed.segment(), limit=limits.concurrency)
                async with aclosing(changed) as results:
                    async for written in results:
                        ledger.take(written)
        if refresh:
            await self._es.indices.refresh(index=info.index)
        report = ledger.finish()
        _log.info("update.done", index_name=info.index, read=report.read, failed=report.failed)
        return report

    async def _plan(
        self,
        chunk: Chunk,
        documents: AsyncDocuments,
        info: IndexInfo,
        *,
        fields: FieldMap,
        feed_time: str | None,
    ) -> Updates:
        """Compare the rows with what is stored."""
        field = info.meta.vector_field
        docs = await documents.of(
            [row.id for row in chunk.products], excludes=[field] if field else None
        )
        stored = read_documents(docs, vector_field=field)
        return plan_updates(chunk, stored, fields=fields, text=self._text, feed_time=feed_time)
