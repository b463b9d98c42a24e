"""Where a run writes, looked at and checked before anything is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._async.documents import AsyncDocuments
from es_hybrid._async.first_load import AsyncFirstLoad, index_to_write
from es_hybrid._async.text_vectors import AsyncKnownVectors
from es_hybrid._async.vector_stores import AsyncProductVectors, open_store
from es_hybrid._async.vectors import AsyncTextVectors
from es_hybrid.indexing.actions import VectorFields
from es_hybrid.indexing.info import IndexInfo, require_dims, require_model, takes_base64
from es_hybrid.protocols import AsyncEmbedder, AsyncVectorStore
from es_hybrid.settings import Settings
from es_hybrid.types import Vector


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how one run writes.

    Attributes:
        info: The index.
        look_up: Whether anything can be stored already.
        documents: Reads what is stored.
        vector: How a vector is written; `None` when the index has none.
        texts: Gives texts their vectors; `None` when the index has none.
        writer: Sends bulk requests.
        load: Switches refreshes and replicas off where the index is empty.
        feed_time: When the feed was made; then nothing newer is overwritten.
    """

    info: IndexInfo
    look_up: bool
    documents: AsyncDocuments
    vector: VectorFields | None
    texts: AsyncKnownVectors | None
    writer: AsyncBulkWriter
    load: AsyncFirstLoad
    feed_time: str | None = None


@asynccontextmanager
async def open_target(
    es: AsyncElasticsearch,
    index: str,
    *,
    settings: Settings,
    embedder: AsyncEmbedder | None,
    vectors: Mapping[str, Vector] | None,
    model: str | None,
    vectors_from: str | AsyncVectorStore | None = None,
    feed_time: str | None = None,
) -> AsyncIterator[Target]:
    """Look at the index and check that the run fits it; hold what it needs open.

    Args:
        es: Where.
        index: Index or alias.
        settings: Sizes, limits and times.
        embedder: Makes vectors.
        vectors: Those brought along.
        model: Their model.
        vectors_from: Where vectors of known texts are.
        feed_time: When the feed was made.

    Yields:
        The target of the run.

    Raises:
        ConfigurationError: There is no such index, or no such place of vectors.
        MappingMismatch: Model or dims are not the index's.
    """
    info = await index_to_write(es, index)
    require_model(info, model)
    if info.meta.dims is not None:
        require_dims(info, getattr(vectors, "dims", None), source="the vector file")
    answer = await es.info()
    counted = await es.count(index=info.index)
    shards = counted["_shards"]  # one that is away may hold anything
    stored = counted["count"] > 0 or shards["successful"] < shards["total"]
    field = info.meta.vector_field
    packed = takes_base64(str(answer["version"]["number"]))
    made = await _text_vectors(info, embedder, settings=settings, brought=vectors is not None)
    async with open_store(es, vectors_from, info=info, settings=settings) as store:
        texts = None
        if info.meta.dims is not None and (made is not None or store is not None):
            texts = AsyncKnownVectors(
                made,
                dims=info.meta.dims,
                own=AsyncProductVectors(es, info),
                store=store,
                memory_bytes=settings.ingest.reuse_bytes,
            )
        yield Target(
            info=info,
            look_up=stored,
            documents=AsyncDocuments(es, index=info.index, settings=settings.ingest),
            vector=VectorFields(field, info.meta.model, packed=packed) if field else None,
            texts=texts,
            writer=AsyncBulkWriter(
                es, index=index, settings=settings.ingest, require_alias=info.is_alias
            ),
            load=AsyncFirstLoad(
                es, index=info.index, after=0 if stored else settings.ingest.first_load_after
            ),
            feed_time=feed_time,
        )


async def _text_vectors(
    info: IndexInfo, embedder: AsyncEmbedder | None, *, settings: Settings, brought: bool
) -> AsyncTextVectors | None:
    """Return what embeds texts in this run; vectors brought along need not have its model."""
    if embedder is None or info.meta.dims is None:
        return None
    if brought and embedder.model != info.meta.model:
        return None
    require_model(info, embedder.model)
    found = AsyncTextVectors(embedder, settings=settings.embed, dims=info.meta.dims)
    require_dims(info, await found.probe(), source=embedder.model)
    return found
