"""Gives stored products the vectors that they lack, ahead of the searches that would miss them.

A product is written only if it still is what was read: whoever wrote it since then has the last word.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._async.documents import AsyncDocuments
from es_hybrid._async.first_load import index_to_write
from es_hybrid._async.vectors import AsyncTextVectors
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._logging import get_logger
from es_hybrid.errors import ConfigurationError, HybridError
from es_hybrid.indexing.actions import VectorFields
from es_hybrid.indexing.info import IndexInfo, require_dims, require_model, takes_base64
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.warm import (
    NOT_READ,
    StoredProduct,
    WarmProductsReport,
    WarmTally,
    read_products_of,
    vector_update,
)
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.settings import Settings

_log = get_logger("es_hybrid.ingest")
_KEEP_ALIVE = "5m"
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Page:
    """Products that were read together.

    Attributes:
        products: Those that are there.
        missing: How many of the ids asked for are not.
    """

    products: Sequence[StoredProduct]
    missing: int = 0
    reasons: Sequence[str | None] = ()
    """What came of each product that lacked a vector; `None`: it has one now."""


class AsyncProductWarmer:
    """Computes the vectors of stored products.

    Args:
        es: Where; neither changed nor closed.
        settings: Sizes, limits and times.
        embedder: Makes the vectors.

    Example:
        report = await AsyncProductWarmer(es, settings=settings, embedder=embedder).warm("products")
    """

    def __init__(
        self, es: AsyncElasticsearch, *, settings: Settings, embedder: AsyncEmbedder
    ) -> None:
        self._es = es
        self._settings = settings
        self._embedder = embedder
        self._build = BudgetedText(ProductText(), settings.embed.max_tokens)

    async def warm(
        self,
        index: str,
        *,
        ids: Iterable[str] | None = None,
        on_progress: Callable[[WarmProductsReport], None] | None = None,
        refresh: bool = True,
    ) -> WarmProductsReport:
        """Compute and store what is missing; see `AsyncHybridClient.warm_products`."""
        info = await index_to_write(self._es, index)
        if info.meta.dims is None or info.meta.vector_field is None:
            raise ConfigurationError(
                f"{index} has no vectors", hint="create an index with an embedder configured"
            )
        require_model(info, self._embedder.model)
        vectors = AsyncTextVectors(
            self._embedder, settings=self._settings.embed, dims=info.meta.dims
        )
        require_dims(info, await vectors.probe(), source=self._embedder.model)
        version = str((await self._es.info())["version"]["number"])
        fields = VectorFields(
            info.meta.vector_field, self._embedder.model, packed=takes_base64(version)
        )
        writer = AsyncBulkWriter(
            self._es, index=info.index, settings=self._settings.ingest, require_alias=False
        )
        tally = WarmTally()

        async def complete(page: Page) -> Page:
            return await self._complete(page, vectors, fields, writer)

        pages = self._all(info) if ids is None else self._named(info, iter(dict.fromkeys(ids)))
        try:
            async with aclosing(async_map_ordered(complete, pages, limit=_AT_ONCE)) as done:
                async for page in done:
                    tally.read(page.products, missing=page.missing)
                    tally.settle(page.reasons)
                    if on_progress is not None:
                        on_progress(tally.report())
            if refresh and tally.computed:
                await self._es.indices.refresh(index=info.index)
        except (ApiError, TransportError) as error:
            raise HybridError(
                f"computing vectors of {index} failed: {type(error).__name__}",
                hint="run it again: what was stored is not computed twice",
            ) from error
        report = tally.report()
        _log.info("warm.done", index_name=info.index, computed=report.computed)
        return report

    async def _complete(
        self,
        page: Page,
        vectors: AsyncTextVectors,
        fields: VectorFields,
        writer: AsyncBulkWriter,
    ) -> Page:
        """Embed and write those that lack a vector."""
        lacking = [product for product in page.products if product.needs_vector]
        made = await vectors.of([product.text for product in lacking])
        failed = [vectors.trouble or vector for vector in made if isinstance(vector, str)]
        actions = [
            vector_update(product, vector, fields)
            for product, vector in zip(lacking, made, strict=True)
            if not isinstance(vector, str)
        ]
        return replace(page, reasons=[*failed, *await writer.write(actions)])

    async def _all(self, info: IndexInfo) -> AsyncIterator[Page]:
        """Read every product, as the index stands now."""
        opened = await self._es.open_point_in_time(index=info.index, keep_alive=_KEEP_ALIVE)
        pit, after = str(opened["id"]), None
        try:
            while True:
                answer = await self._es.search(
                    pit={"id": pit, "keep_alive": _KEEP_ALIVE},
                    size=self._settings.ingest.batch,
                    sort="_shard_doc",
                    search_after=after,
                    seq_no_primary_term=True,
                    source_excludes=self._not_read(info),
                    track_total_hits=False,
                    allow_partial_search_results=False,
                )
                hits = answer["hits"]["hits"]
                if not hits:
                    return
                pit, after = str(answer["pit_id"]), hits[-1]["sort"]
                yield Page(self._read(hits, info))
        finally:
            await self._es.options(ignore_status=404).close_point_in_time(id=pit)

    async def _named(self, info: IndexInfo, ids: Iterator[str]) -> AsyncIterator[Page]:
        """Read the products of these ids, in their order."""
        documents = AsyncDocuments(self._es, index=info.index, settings=self._settings.ingest)
        while batch := list(islice(ids, self._settings.ingest.batch)):
            docs = await documents.of(batch, excludes=self._not_read(info))
            found = self._read(docs, info)
            yield Page(found, missing=len(batch) - len(found))

    def _not_read(self, info: IndexInfo) -> list[str]:
        return [*NOT_READ, info.meta.vector_field or ""]

    def _read(self, hits: Iterable[Mapping[str, Any]], info: IndexInfo) -> list[StoredProduct]:
        return read_products_of(hits, build=self._build, model=info.meta.model, dims=info.meta.dims)
