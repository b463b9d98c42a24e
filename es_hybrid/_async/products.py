"""`shop.ingest`: writes products when called, and is the wrapped client's namespace otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.ingest import AsyncIngestor
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid.checkpoint import Checkpoint
from es_hybrid.errors import IngestError
from es_hybrid.indexing.feed_times import feed_time_s
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.protocols import AsyncVectorStore
from es_hybrid.types import Vector


class AsyncProductIngest:
    """Writes products: `shop.ingest("products", products)`.

    Elasticsearch's client has a namespace of the same name for ingest pipelines, so that
    `shop.ingest.put_pipeline(…)` goes on working.

    Args:
        es: Where; neither changed nor closed.
        toolbox: What all copies of the client share.
        follows: Whether each call writes some changes of a source that has more.
    """

    def __init__(
        self, es: AsyncElasticsearch, toolbox: AsyncToolbox, *, follows: bool = False
    ) -> None:
        self._es = es
        self._follows = follows
        self._toolbox = toolbox

    async def __call__(
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
        """Write products; a broken line or a rejected product is reported and stops nothing.

        Args:
            index: An alias or index that `create_index` made.
            products: Dictionaries, or what `read_products` yields; read lazily, once.
            fields: Where source fields go, such as `"title=name,brand=supplier"`.
            id_field: Source field of the id.
            vectors: Vectors by product id; they win over the embedder.
            model: Names the model of `vectors`.
            vectors_from: Where vectors of known texts are taken from before any is made: an index
                or alias of products, `previous` (the index before this one), `index:NAME` (an index
                of hash → vector), `redis`, or a store of one's own. New vectors are put into the
                last three.
            feed_time: When the feed was made; text without a time zone is UTC. What a newer feed
                wrote is then left as it is.
            delete_missing: Whether to delete, at the end, the products that the feed has no more.
                What was written since the run began stays.
            max_delete_share: Most of the index that may go at once, from 0 to 1.
            on_progress: Called with the numbers so far after each chunk.
            dead_letter: File for what cannot be stored; written only if there is any.
            checkpoint: File from which a run that was stopped goes on.
            refresh: Whether the products are searchable when this returns.

        Returns:
            What was done, in numbers that add up.

        Raises:
            ConfigurationError: There is no such index, or the field map is wrong.
            MappingMismatch: Model or dims are not the index's; nothing was written.
            TooManyFailures: `settings.ingest.max_failures` was passed.
            DeletesRefused: The feed lacks too much of the index; all of it is stored, and nothing
                is deleted.
            IngestError: Elasticsearch failed for good; the cause is its own exception.

        Example:
            report = await shop.ingest("products", read_ndjson("products.ndjson"))
        """
        tools = self._toolbox
        embedder = tools.ingest_embedder
        ingestor = AsyncIngestor(self._es, settings=tools.settings, embedder=embedder)
        begun_s = tools.wall_clock()
        try:
            report = await ingestor.ingest(
                index,
                products,
                fields=fields,
                id_field=id_field,
                vectors=vectors,
                model=model,
                vectors_from=vectors_from,
                feed_time=feed_time,
                delete_missing=delete_missing,
                max_delete_share=max_delete_share,
                on_progress=on_progress,
                dead_letter=dead_letter,
                checkpoint=checkpoint,
                refresh=refresh,
            )
        except IngestError as error:
            if isinstance(error.report, IngestReport):
                await tools.log.ran(error.report, index=index)
            raise
        tools.meter.ingested(index, report)
        if report.read or not self._follows:
            await tools.log.ran(report, index=index)
        if not self._follows:
            tools.meter.current(index, begun_s if feed_time is None else feed_time_s(feed_time))
        return report

    def __getattr__(self, name: str) -> Any:
        return getattr(self._es.ingest, name)
