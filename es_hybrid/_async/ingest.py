"""Writes products into an index: read, look up, embed, write, with bounded memory.

Chunks of products go through three stages that overlap. What is stored already is not written
again, and a text that is not new is not embedded again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.delete import AsyncMissing, note_complete, shard_marks
from es_hybrid._async.lookup import add_vectors, plan_chunk
from es_hybrid._async.target import Target, open_target
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._logging import get_logger
from es_hybrid.checkpoint import Checkpoint, Progress
from es_hybrid.errors import ConfigurationError, DeletesRefused
from es_hybrid.indexing.deletes import check_share, require_ids
from es_hybrid.indexing.feed import Chunk, Feed
from es_hybrid.indexing.feed_times import feed_time_text
from es_hybrid.indexing.fields import FieldMap, field_types, resolve
from es_hybrid.indexing.outcomes import Planned, Written, actions_of
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import FeedItem, Preparation
from es_hybrid.ledger import Ledger, Records
from es_hybrid.protocols import AsyncEmbedder, AsyncVectorStore
from es_hybrid.settings import Settings
from es_hybrid.types import Vector

_log = get_logger("es_hybrid.ingest")


class AsyncIngestor:
    """Ingests feeds of products.

    Args:
        es: Where; neither changed nor closed.
        settings: Sizes, limits and times.
        embedder: Makes vectors; `None` stores products without, unless they bring theirs.

    Example:
        report = await AsyncIngestor(es, settings=Settings()).ingest("products", products)
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        *,
        settings: Settings,
        embedder: AsyncEmbedder | None = None,
    ) -> None:
        self._es = es
        self._settings = settings
        self._embedder = embedder
        self._text = BudgetedText(ProductText(), settings.embed.max_tokens)

    async def ingest(
        self,
        index: str,
        products: Iterable[FeedItem],
        *,
        fields: FieldMap | str | None = None,
        id_field: str = "id",
        vectors: Mapping[str, Vector] | None = None,
        model: str | None = None,
        vectors_from: str | AsyncVectorStore | None = None,
        feed_time: datetime | str | None = None,
        delete_missing: bool = False,
        max_delete_share: float = 0.1,
        on_progress: Callable[[IngestReport], None] | None = None,
        dead_letter: str | os.PathLike[str] | None = None,
        checkpoint: Checkpoint | None = None,
        refresh: bool = True,
    ) -> IngestReport:
        """Write products; see `AsyncProductIngest`, whose arguments these are."""
        check_share(max_delete_share)
        limits = self._settings.ingest
        records = Records(
            on_progress=on_progress,
            dead_letter=dead_letter,
            max_failures=limits.max_failures,
            checkpoint=checkpoint,
        )
        async with open_target(
            self._es,
            index,
            settings=self._settings,
            embedder=self._embedder,
            vectors=vectors,
            model=model,
            vectors_from=vectors_from,
            feed_time=None if feed_time is None else feed_time_text(feed_time),
        ) as target:
            fields = self._fields(fields, id_field=id_field, target=target)
            progress = await self._begin(target, checkpoint, deletes=delete_missing)
            feed = Feed(
                products,
                prepare=Preparation(
                    fields=fields,
                    text=self._text,
                    model=target.vector.model if target.vector else None,
                    dims=target.info.meta.dims,
                    vectors=vectors,
                ),
                batch=limits.batch,
                max_bytes=limits.max_batch_bytes,
                skip=progress.taken,
            )
            ledger = Ledger(
                records,
                feed=feed,
                progress=progress,
                vectors=target.vector is not None,
                troubles=lambda: target.texts.troubles if target.texts else (),
            )
            look_up = target.look_up or progress.taken > 0  # a search may not see it yet
            with ledger, ledger.fails_with_report(index):
                try:
                    await self._run(feed, replace(target, look_up=look_up), ledger.take)
                finally:
                    ledger.notes += await target.load.end()
            with ledger.fails_with_report(index):
                if refresh:
                    await self._es.indices.refresh(index=target.info.index)
                if delete_missing:
                    await self._delete_missing(
                        feed, target, ledger, marks=progress.marks, share=max_delete_share
                    )
        final = ledger.finish()
        _log.info("ingest.done", index_name=target.info.index, read=final.read, failed=final.failed)
        return final

    @staticmethod
    def _fields(fields: FieldMap | str | None, *, id_field: str, target: Target) -> FieldMap:
        types = field_types(target.info.mapping.get("properties", {}))
        return resolve(fields, id_field=id_field, types=types)

    async def _begin(
        self, target: Target, checkpoint: Checkpoint | None, *, deletes: bool
    ) -> Progress:
        """Return where an earlier run stopped, and what the index held when it began."""
        index = target.info.index
        progress = Progress(index) if checkpoint is None else checkpoint.begin(index)
        if not deletes or progress.marks:
            return progress
        if progress.taken:
            raise ConfigurationError(
                "the run that is resumed began without delete_missing",
                hint="resume it without, or remove the checkpoint to begin anew",
            )
        return replace(progress, marks=await shard_marks(self._es, index))

    async def _delete_missing(
        self, feed: Feed, target: Target, ledger: Ledger, *, marks: Sequence[int], share: float
    ) -> None:
        missing = AsyncMissing(self._es, target.writer, index=target.info.index, marks=marks)
        try:
            require_ids(feed.unnamed)
            deleted, notes = await missing.delete(feed, share=share, feed_time=target.feed_time)
        except DeletesRefused as refused:
            refused.report = ledger.report()
            raise
        ledger.tally.deleted += deleted
        ledger.notes += notes
        if target.feed_time is not None:
            ledger.notes += await note_complete(
                self._es, target.info.index, feed_time=target.feed_time
            )

    async def _run(self, feed: Feed, target: Target, done: Callable[[Written], None]) -> None:
        await self._segment(feed.segment(), target, done)
        while not feed.done:  # from here on, an id may be one that this run has written
            await self._segment(feed.segment(), replace(target, look_up=True), done)

    async def _segment(
        self, chunks: Iterator[Chunk], target: Target, done: Callable[[Written], None]
    ) -> None:
        """Run chunks through the stages; each works ahead of the next by its own limit."""

        async def plan(chunk: Chunk) -> Planned:
            return await plan_chunk(chunk, target)

        async def embed(planned: Planned) -> Planned:
            return await add_vectors(planned, target)

        async def write(planned: Planned) -> Written:
            return await self._write(planned, target)

        # More are encoded than are sent at once, so that the next is at hand when one is done.
        writers = self._settings.ingest.concurrency + 2
        async with (
            aclosing(async_map_ordered(plan, chunks, limit=2)) as planned,
            aclosing(async_map_ordered(embed, planned, limit=1)) as embedded,
            aclosing(async_map_ordered(write, embedded, limit=writers)) as results,
        ):
            async for written in results:
                done(written)
                await target.load.stored(len(written.reasons))

    async def _write(self, planned: Planned, target: Target) -> Written:
        """Write what is new or changed."""
        actions = dict(actions_of(planned, target.vector, feed_time=target.feed_time))
        reasons: list[str | None] = [None] * len(planned.decisions)
        found = await target.writer.write(list(actions.values()))
        for place, reason in zip(actions, found, strict=True):
            reasons[place] = reason
        return Written(planned, reasons)
