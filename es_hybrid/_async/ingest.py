"""Writes products into an index: read, look up, embed, write, with bounded memory.

Chunks of products go through three stages that overlap. What is stored already is not written
again, and a text that is not new is not embedded again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.lookup import add_vectors, plan_chunk
from es_hybrid._async.target import Target, open_target
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._logging import get_logger
from es_hybrid.dead_letter import DeadLetterFile
from es_hybrid.errors import IngestError, TooManyFailures
from es_hybrid.indexing.fields import FieldMap, field_types, resolve
from es_hybrid.indexing.outcomes import Planned, Written, actions_of, settle, warnings_of
from es_hybrid.indexing.product import ProductText
from es_hybrid.indexing.report import IngestReport, Tally
from es_hybrid.indexing.sources import Chunk, Feed, FeedItem, Preparation
from es_hybrid.protocols import AsyncEmbedder, TextBuilder
from es_hybrid.settings import Settings
from es_hybrid.types import Vector

_log = get_logger("es_hybrid.ingest")


class AsyncIngestor:
    """Ingests feeds of products.

    Args:
        es: Where; neither changed nor closed.
        settings: Sizes, limits and times.
        embedder: Makes vectors; `None` stores products without, unless they bring theirs.
        text: Builds the text that is embedded.

    Example:
        report = await AsyncIngestor(es, settings=Settings()).ingest("products", products)
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        *,
        settings: Settings,
        embedder: AsyncEmbedder | None = None,
        text: TextBuilder | None = None,
    ) -> None:
        self._es = es
        self._settings = settings
        self._embedder = embedder
        self._text = text or ProductText(max_chars=settings.embed.max_chars)

    async def ingest(
        self,
        index: str,
        products: Iterable[FeedItem],
        *,
        fields: FieldMap | str | None = None,
        id_field: str = "id",
        vectors: Mapping[str, Vector] | None = None,
        model: str | None = None,
        on_progress: Callable[[IngestReport], None] | None = None,
        dead_letter: str | os.PathLike[str] | None = None,
        refresh: bool = True,
    ) -> IngestReport:
        """Write products; a broken line or a rejected product is reported and stops nothing.

        Args:
            index: An alias or index that `create_index` made.
            products: Read lazily, once; see `read_products`.
            fields: Where source fields go, as a `FieldMap` or as `"brand=supplier,…"`.
            id_field: Source field of the id, where `fields` is not a `FieldMap`.
            vectors: Vectors by product id; they win over the embedder.
            model: Names the model of `vectors`.
            on_progress: Called with the numbers so far after each chunk.
            dead_letter: File for the records that are not stored; written only if there are any.
            refresh: Whether the products are searchable when this returns.

        Returns:
            What was done, in numbers that add up.

        Raises:
            ConfigurationError: There is no such index, or the field map is wrong.
            MappingMismatch: Model or dims are not the index's; nothing was written.
            TooManyFailures: `settings.ingest.max_failures` was passed.
            IngestError: Elasticsearch failed for good; the cause is its own exception.
        """
        started = time.monotonic()
        target = await open_target(
            self._es,
            index,
            settings=self._settings,
            embedder=self._embedder,
            vectors=vectors,
            model=model,
        )
        types = field_types(target.info.mapping.get("properties", {}))
        limits = self._settings.ingest
        feed = Feed(
            products,
            prepare=Preparation(
                fields=resolve(fields, id_field=id_field, types=types),
                text=self._text,
                model=target.vector.model if target.vector else None,
                dims=target.info.meta.dims,
                vectors=vectors,
            ),
            batch=limits.batch,
            max_bytes=limits.max_batch_bytes,
        )
        tally = Tally()

        def report() -> IngestReport:
            trouble = target.embedder.trouble if target.embedder else None
            has_vectors = target.vector is not None
            return tally.report(
                elapsed_s=time.monotonic() - started,
                duplicates=feed.duplicates,
                warnings=warnings_of(feed, tally, vectors=has_vectors, trouble=trouble),
            )

        with DeadLetterFile(dead_letter) as letters:

            def done(written: Written) -> None:
                settle(written, tally, vectors=target.vector is not None, dead=letters.write)
                if on_progress is not None:
                    on_progress(report())
                if limits.max_failures is not None and tally.failed > limits.max_failures:
                    raise TooManyFailures(
                        f"{tally.failed:,} records failed, {limits.max_failures:,} are allowed",
                        report=report(),
                        hint="see report.failures, or raise ES_HYBRID_INGEST__MAX_FAILURES",
                    )

            try:
                await self._run(feed, target, done)
            except (ApiError, TransportError) as error:
                raise IngestError(
                    f"writing to {index} failed: {type(error).__name__}",
                    report=report(),
                    hint="run the same ingest again: what is stored is not written twice",
                ) from error
        if refresh:
            await self._es.indices.refresh(index=target.info.index)
        final = report()
        _log.info("ingest.done", index_name=target.info.index, read=final.read, failed=final.failed)
        return final

    async def _run(self, feed: Feed, target: Target, done: Callable[[Written], None]) -> None:
        await self._segment(feed.segment(), target, done)
        while not feed.done:  # from here on, an id may be one that this run has written
            await self._segment(feed.segment(), replace(target, look_up=True), done)

    async def _segment(
        self, chunks: Iterator[Chunk], target: Target, done: Callable[[Written], None]
    ) -> None:
        """Run chunks through the stages; each works ahead of the next by its own limit."""

        async def plan(chunk: Chunk) -> Planned:
            return await plan_chunk(self._es, chunk, target)

        async def embed(planned: Planned) -> Planned:
            return await add_vectors(planned, target)

        async def write(planned: Planned) -> Written:
            return await self._write(planned, target)

        writers = self._settings.ingest.concurrency
        async with (
            aclosing(async_map_ordered(plan, chunks, limit=2)) as planned,
            aclosing(async_map_ordered(embed, planned, limit=1)) as embedded,
            aclosing(async_map_ordered(write, embedded, limit=writers)) as results,
        ):
            async for written in results:
                done(written)

    async def _write(self, planned: Planned, target: Target) -> Written:
        """Write what is new or changed."""
        actions = dict(actions_of(planned, target.vector))
        reasons: list[str | None] = [None] * len(planned.decisions)
        found = await target.writer.write(list(actions.values()))
        for place, reason in zip(actions, found, strict=True):
            reasons[place] = reason
        return Written(planned, reasons)
