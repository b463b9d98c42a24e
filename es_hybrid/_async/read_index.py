"""Reads products out of an index: one view of it, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch, NotFoundError

from es_hybrid._async.admin import index_info
from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.hits import product_of, vector_fields_of, vector_to_take
from es_hybrid.indexing.mapping import IndexMeta, read_meta
from es_hybrid.indexing.sources import FeedItem, Record

__all__ = ["async_read_index"]

_KEEP_ALIVE = "10m"
"""How long the view lives between two pages; embedding a page must not take longer."""


async def async_read_index(
    es: AsyncElasticsearch,
    index: str,
    *,
    query: Mapping[str, Any] | None = None,
    into: IndexMeta | str | None = None,
    batch: int = 500,
) -> AsyncIterator[FeedItem]:
    """Yield the documents of an index as products; a product's line is its number, from 1.

    What is yielded is the index as it is at the beginning, by a point in time; writers go on. A
    document without a field `id` gets its `_id` there. Vector fields are no content and are left
    out; an index of es_hybrid gives its vectors along as `embedding` where they fit `into`.

    Args:
        es: Where the index is; neither changed nor closed.
        index: Index, alias or pattern.
        query: Which documents; all unless given.
        into: The index that will be written, by name where it is on the same cluster. Stored
            vectors are taken along where model, dims and the way the embedded text is built are
            the same; otherwise texts are embedded again.
        batch: Documents a page.

    Raises:
        ConfigurationError: There is no such index.
        ApiError: Elasticsearch's own.

    Example:
        async for product in async_read_index(es, "products-2025", into="products"):
            ...
    """
    wanted = (await index_info(es, into)).meta if isinstance(into, str) else into
    fields, take = await _layout(es, index, wanted)
    opened = await es.open_point_in_time(index=index, keep_alive=_KEEP_ALIVE)
    view = opened["id"]
    after: Any = None
    line = 0
    try:
        while True:
            answer = await es.search(
                pit={"id": view, "keep_alive": _KEEP_ALIVE},
                query=query,
                size=batch,
                sort=[{"_shard_doc": "asc"}],
                search_after=after,
                source_excludes=fields or None,
                fields=[{"field": take}] if take else None,
                track_total_hits=False,
                allow_partial_search_results=False,
            )
            view = answer["pit_id"]
            hits = answer["hits"]["hits"]
            for hit in hits:
                line += 1
                yield Record(line, product_of(hit, vector_field=take))
            if len(hits) < batch:
                return
            after = hits[-1]["sort"]
    finally:
        await es.options(ignore_status=404).close_point_in_time(id=view)


async def _layout(
    es: AsyncElasticsearch, index: str, into: IndexMeta | None
) -> tuple[list[str], str | None]:
    """Return the vector fields of all indices that are read, and the one to take along."""
    try:
        found = (await es.indices.get_mapping(index=index)).body
    except NotFoundError:
        raise ConfigurationError(f"there is no index {index} to read from") from None
    mappings = [body["mappings"] for body in found.values()]
    fields = {name for each in mappings for name in vector_fields_of(each.get("properties", {}))}
    takes = {vector_to_take(read_meta(each), into) for each in mappings}
    return sorted(fields), takes.pop() if len(takes) == 1 else None
