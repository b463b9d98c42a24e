"""Where a run writes, looked at and checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.admin import index_info
from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._async.vectors import AsyncTextVectors
from es_hybrid.indexing.actions import VectorFields
from es_hybrid.indexing.info import IndexInfo, require_dims, require_model, takes_base64
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.settings import Settings
from es_hybrid.types import Vector


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how one run writes.

    Attributes:
        info: The index.
        look_up: Whether anything can be stored already.
        vector: How a vector is written; `None` when the index has none.
        embedder: Makes missing vectors; `None` when there is none.
        writer: Sends bulk requests.
    """

    info: IndexInfo
    look_up: bool
    vector: VectorFields | None
    embedder: AsyncTextVectors | None
    writer: AsyncBulkWriter


async def open_target(
    es: AsyncElasticsearch,
    index: str,
    *,
    settings: Settings,
    embedder: AsyncEmbedder | None,
    vectors: Mapping[str, Vector] | None,
    model: str | None,
) -> Target:
    """Look at the index and check that the run fits it.

    Raises:
        ConfigurationError: There is no such index.
        MappingMismatch: Model or dims are not the index's.
    """
    info = await index_info(es, index)
    require_model(info, model)
    if info.meta.dims is not None:
        require_dims(info, getattr(vectors, "dims", None), source="the vector file")
    answer = await es.info()
    stored = await es.count(index=info.index)
    field = info.meta.vector_field
    packed = takes_base64(str(answer["version"]["number"]))
    return Target(
        info=info,
        look_up=bool(stored["count"]),
        vector=VectorFields(field, info.meta.model, packed=packed) if field else None,
        embedder=await _text_vectors(
            info, embedder, settings=settings, brought=vectors is not None
        ),
        writer=AsyncBulkWriter(
            es, index=index, settings=settings.ingest, require_alias=info.is_alias
        ),
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
