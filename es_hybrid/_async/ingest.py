"""Writes products into an index: read, look up, embed, write, with bounded memory.

Chunks of products go through three stages that overlap. What is stored already is not written
again, and a text that is not new is not embedded again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.admin import index_info
from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._async.first_load import AsyncFirstLoad, restore_settings
from es_hybrid._async.vectors import AsyncTextVectors
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._logging import get_logger
from es_hybrid.dead_letter import DeadLetterFile
from es_hybrid.errors import IngestError, TooManyFailures
from es_hybrid.indexing.actions import VectorFields, decide, read_stored
from es_hybrid.indexing.fields import FieldMap, field_types, resolve
from es_hybrid.indexing.info import IndexInfo, require_dims, require_model, takes_base64
from es_hybrid.indexing.outcomes import Planned, Written, actions_of, settle, warnings_of
from es_hybrid.indexing.product import ProductText
from es_hybrid.indexing.report import IngestReport, Tally
from es_hybrid.indexing.sources import Chunk, Feed, FeedItem, Preparation
from es_hybrid.protocols import AsyncEmbedder, TextBuilder
from es_hybrid.settings import Settings
from es_hybrid.types import Vector

_log = get_logger("es_hybrid.ingest")


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how one run writes.

    Attributes:
        info: The index.
        look_up: Whether anything can be stored already.
        vector: How a vector is written; `None` when the index has none.
        embedder: Makes missing vectors; `None` when there is none.
        writer: Sends bulk requests.
        load: Switches refreshes and replicas off where the index is empty.
    """

    info: IndexInfo
    look_up: bool
    vector: VectorFields | None
    embedder: AsyncTextVectors | None
    writer: AsyncBulkWriter
    load: AsyncFirstLoad


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
        target = await self._target(index, vectors=vectors, model=model)
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
            finally:
                trouble = await target.load.end()
        if refresh:
            await self._es.indices.refresh(index=target.info.index)
        final = report()
        if trouble is not None:
            final = replace(final, warnings=(*final.warnings, trouble))
        _log.info("ingest.done", index_name=target.info.index, read=final.read, failed=final.failed)
        return final

    async def _target(
        self, index: str, *, vectors: Mapping[str, Vector] | None, model: str | None
    ) -> Target:
        """Look at the index and check that the run fits it, before anything is written."""
        info = await index_info(self._es, index)
        await restore_settings(self._es, info.index, info.mapping)
        require_model(info, model)
        if info.meta.dims is not None:
            require_dims(info, getattr(vectors, "dims", None), source="the vector file")
        embedder = await self._text_vectors(info, brought=vectors is not None)
        answer = await self._es.info()
        stored = (await self._es.count(index=info.index))["count"]
        field = info.meta.vector_field
        return Target(
            info=info,
            look_up=bool(stored),
            vector=None
            if field is None
            else VectorFields(
                field, info.meta.model, packed=takes_base64(str(answer["version"]["number"]))
            ),
            embedder=embedder,
            writer=AsyncBulkWriter(
                self._es, index=index, settings=self._settings.ingest, require_alias=info.is_alias
            ),
            load=AsyncFirstLoad(
                self._es,
                index=info.index,
                after=0 if stored else self._settings.ingest.first_load_after,
            ),
        )

    async def _text_vectors(self, info: IndexInfo, *, brought: bool) -> AsyncTextVectors | None:
        """Return what embeds texts in this run; vectors brought along need not have its model."""
        if self._embedder is None or info.meta.dims is None:
            return None
        if brought and self._embedder.model != info.meta.model:
            return None
        require_model(info, self._embedder.model)
        found = AsyncTextVectors(self._embedder, settings=self._settings.embed, dims=info.meta.dims)
        require_dims(info, await found.probe(), source=self._embedder.model)
        return found

    async def _run(self, feed: Feed, target: Target, done: Callable[[Written], None]) -> None:
        await self._segment(feed.segment(), target, done)
        while not feed.done:  # from here on, an id may be one that this run has written
            await self._segment(feed.segment(), replace(target, look_up=True), done)

    async def _segment(
        self, chunks: Iterator[Chunk], target: Target, done: Callable[[Written], None]
    ) -> None:
        """Run chunks through the stages; each works ahead of the next by its own limit."""

        async def plan(chunk: Chunk) -> Planned:
            return await self._plan(chunk, target)

        async def embed(planned: Planned) -> Planned:
            return await self._embed(planned, target)

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

    async def _plan(self, chunk: Chunk, target: Target) -> Planned:
        """Compare the products with what is stored."""
        stored = {}
        if target.look_up and chunk.products:
            answer = await self._es.mget(
                index=target.info.index,
                ids=[product.id for product in chunk.products],
                source_includes=["document_hash", "embedding_text_hash"],
                filter_path=["docs._id", "docs.found", "docs._source"],
            )
            stored = read_stored(answer.body)
        vectors = target.vector is not None
        found = [decide(p, stored.get(p.id), vectors=vectors) for p in chunk.products]
        return Planned(chunk, found)

    async def _embed(self, planned: Planned, target: Target) -> Planned:
        """Add the vectors: those brought along, and those of texts that are new."""
        products = planned.chunk.products
        found: list[Vector | str | None] = [product.vector for product in products]
        places = [place for place, decision in enumerate(planned.decisions) if decision.embed]
        if target.embedder is not None and places:
            made = await target.embedder.of([products[place].text for place in places])
            for place, vector in zip(places, made, strict=True):
                found[place] = vector
        return planned._replace(vectors=found)

    async def _write(self, planned: Planned, target: Target) -> Written:
        """Write what is new or changed."""
        actions = dict(actions_of(planned, target.vector))
        reasons: list[str | None] = [None] * len(planned.decisions)
        found = await target.writer.write(list(actions.values()))
        for place, reason in zip(actions, found, strict=True):
            reasons[place] = reason
        return Written(planned, reasons)
