"""Deletes products: those of a list of ids, and those that a feed has no more."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Sequence
from itertools import islice

from elasticsearch import ApiError, AsyncElasticsearch

from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._async.first_load import index_to_write
from es_hybrid.errors import DeletesRefused
from es_hybrid.indexing.actions import NOT_FOUND
from es_hybrid.indexing.deletes import (
    DeleteReport,
    Held,
    delete_action,
    highest_request,
    missing_of,
    page_request,
    read_highest,
    read_page,
    too_many,
)
from es_hybrid.indexing.feed_times import complete_meta
from es_hybrid.indexing.report import MAX_FAILURES_KEPT, Failure
from es_hybrid.settings import IngestSettings


async def delete_products(
    es: AsyncElasticsearch,
    index: str,
    ids: Iterable[str],
    *,
    settings: IngestSettings,
    refresh: bool = True,
) -> DeleteReport:
    """Delete products by id.

    Args:
        es: Where.
        index: An alias or index that `create_index` made.
        ids: Read lazily, once.
        settings: Size of a request, tries, time.
        refresh: Whether searches no longer find them when this returns.

    Raises:
        ConfigurationError: There is no such index.
        ApiError: Elasticsearch refuses the request as a whole.
        TransportError: Elasticsearch cannot be reached.
    """
    started_s = time.monotonic()
    info = await index_to_write(es, index)
    writer = AsyncBulkWriter(es, index=index, settings=settings, require_alias=info.is_alias)
    asked = deleted = missing = failed = 0
    failures: list[Failure] = []
    left = iter(ids)
    while chunk := list(islice(left, settings.batch)):
        wanted = list(dict.fromkeys(map(str, chunk)))
        asked += len(wanted)
        reasons = await writer.write([delete_action(product_id) for product_id in wanted])
        deleted += reasons.count(None)
        missing += reasons.count(NOT_FOUND)
        for product_id, reason in zip(wanted, reasons, strict=True):
            if reason is not None and reason != NOT_FOUND:
                failed += 1
                failures.append(Failure(product_id, None, reason))
    if refresh:
        await es.indices.refresh(index=info.index)
    return DeleteReport(
        asked=asked,
        deleted=deleted,
        missing=missing,
        failed=failed,
        elapsed_s=time.monotonic() - started_s,
        failures=tuple(failures[:MAX_FAILURES_KEPT]),
    )


async def shard_marks(es: AsyncElasticsearch, index: str) -> list[int]:
    """Return the highest sequence number of each shard: what is above was written later."""
    await es.indices.refresh(index=index)
    settings = await es.indices.get_settings(index=index, name="index.number_of_shards")
    (found,) = settings.body.values()
    shards = range(int(found["settings"]["index"]["number_of_shards"]))
    return [
        read_highest((await es.search(index=index, **highest_request(shard))).body)
        for shard in shards
    ]


async def note_complete(es: AsyncElasticsearch, index: str, *, feed_time: str) -> list[str]:
    """Write into the mapping that a feed of this time was complete; return what went wrong.

    An older feed then brings back nothing that this one has deleted.
    """
    try:
        (body,) = (await es.indices.get_mapping(index=index)).body.values()
        meta = complete_meta(body["mappings"].get("_meta") or {}, feed_time=feed_time)
        if meta is not None:
            await es.indices.put_mapping(index=index, meta=meta)
    except ApiError as error:
        return [f"an older feed may bring deleted products back: {error.error} at _mapping"]
    return []


class AsyncMissing:
    """Deletes the products that a feed has no more.

    Only what was stored before the run began, and has not been written since, is deleted: each
    delete names the version that was seen, so that of two ingests at once neither deletes what the
    other writes.

    Args:
        es: Where.
        writer: Sends bulk requests to the same index.
        index: The index itself.
        marks: As `shard_marks` gave them before the run.
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        writer: AsyncBulkWriter,
        *,
        index: str,
        marks: Sequence[int],
    ) -> None:
        self._es = es
        self._writer = writer
        self._index = index
        self._marks = marks

    async def delete(
        self, feed: Container[str], *, share: float, feed_time: str | None
    ) -> tuple[int, list[str]]:
        """Delete them.

        Args:
            feed: Tells whether an id came.
            share: Most of the index that may go at once.
            feed_time: When the feed was made; what a newer one wrote stays.

        Returns:
            How many are deleted, and what a person should know.

        Raises:
            DeletesRefused: There are too many; none is deleted.
        """
        await self._es.indices.refresh(index=self._index)
        stored = int((await self._es.count(index=self._index))["count"])
        most = int(share * stored)
        missing: list[Held] = []
        count = 0
        for shard, upto in enumerate(self._marks):
            after = -1
            while after < upto:
                request = page_request(shard, after=after, upto=upto)
                page = read_page((await self._es.search(index=self._index, **request)).body)
                if not page:
                    break
                after = page[-1].seq_no
                found = missing_of(page, feed, feed_time=feed_time)
                count += len(found)
                if count <= most:  # beyond that nothing is deleted: they are only counted
                    missing += found
        refused = too_many(count, stored=stored, share=share)
        if refused is not None:
            raise DeletesRefused(
                refused,
                hint="nothing was deleted; if that is right, allow it with max_delete_share"
                " (--max-delete)",
            )
        return await self._delete(missing)

    async def _delete(self, missing: Sequence[Held]) -> tuple[int, list[str]]:
        actions = [delete_action(held.id, held=held) for held in missing]
        reasons = await self._writer.write(actions)
        changed = sum(reason is not None and reason.startswith("409 ") for reason in reasons)
        failed = [r for r in reasons if r not in (None, NOT_FOUND) and not r.startswith("409 ")]
        notes = []
        if changed:
            notes.append(
                f"{changed:,} products that the feed lacks were written meanwhile: they stay"
            )
        if failed:
            notes.append(f"{len(failed):,} products could not be deleted: {failed[0]}")
        if missing:
            await self._es.indices.refresh(index=self._index)
        return reasons.count(None), notes
