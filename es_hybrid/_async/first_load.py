"""Fills an empty index without refreshes and replicas, and brings them back whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.admin import index_info
from es_hybrid._logging import get_logger
from es_hybrid.indexing.first_load import (
    LOADING,
    first_load_since,
    marked_meta,
    restoring_settings,
    unmarked_meta,
)
from es_hybrid.indexing.info import IndexInfo
from es_hybrid.types import Json

_log = get_logger("es_hybrid.ingest")


class AsyncFirstLoad:
    """Watches one run, and switches refreshes and replicas off once it proves to be large.

    A key that may not change settings loads with them on.

    Args:
        es: Where.
        index: The index's own name.
        after: Products after which they go off; 0 never switches anything.

    Example:
        load = AsyncFirstLoad(es, index=name, after=5000)
        try:
            await load.stored(500)
        finally:
            warnings = await load.end()
    """

    def __init__(self, es: AsyncElasticsearch, *, index: str, after: int) -> None:
        self._es = es
        self._index = index
        self._left = after
        self._begun = after == 0
        self._intended: Json | None = None

    async def stored(self, products: int) -> None:
        """Count products that were written."""
        self._left -= products
        if self._begun or self._left > 0:
            return
        self._begun = True
        try:
            await self._begin()
        except ApiError as error:
            _log.info("ingest.first_load_refused", status=error.status_code)

    async def end(self) -> list[str]:
        """Bring the settings back; return what a person should know where that fails."""
        if not self._begun or self._left > 0:
            return []
        warning = await restore_settings(self._es, self._index, intended=self._intended)
        return [] if warning is None else [warning]

    async def _begin(self) -> None:
        # One answer, so one moment: another run that begins now is in both parts or in neither.
        found = (await self._es.indices.get(index=self._index))[self._index]
        if first_load_since(found["mappings"]) is not None:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        meta = marked_meta(found["mappings"], found["settings"]["index"], since=now)
        self._intended = restoring_settings({"_meta": meta})
        await self._es.indices.put_mapping(index=self._index, meta=meta)
        await self._es.indices.put_settings(index=self._index, settings=LOADING)
        # A run that ended in between took the mark for its own and away, before or after these
        # settings: whoever finds the index after a crash needs it, and our end does without it.
        await self._es.indices.put_mapping(index=self._index, meta=meta)
        _log.info("ingest.first_load_begun", index_name=self._index)


async def index_to_write(es: AsyncElasticsearch, name: str) -> IndexInfo:
    """Return what an alias points to, with the settings that a killed first load took given back.

    Whoever writes products begins with it.

    Args:
        es: Where.
        name: Alias or index.

    Raises:
        ConfigurationError: There is no such index, or several stand behind the name.
        MappingMismatch: The index was not created by es_hybrid.

    Example:
        info = await index_to_write(es, "products")
    """
    info = await index_info(es, name)
    await restore_settings(es, info.index, info.mapping)
    return info


async def restore_settings(
    es: AsyncElasticsearch,
    index: str,
    mapping: Mapping[str, Any] | None = None,
    *,
    intended: Json | None = None,
) -> str | None:
    """Give an index the settings back that a first load took, if one did.

    Where a load still goes on in another process, it only goes on more slowly.

    Args:
        es: Where.
        index: The index's own name.
        mapping: The live mapping, where it is known already.
        intended: The settings that hold where the mapping has no mark; `None`: whatever it has.

    Returns:
        What a person should know, where the settings could not be restored.

    Example:
        warning = await restore_settings(es, "products-20261121t101500-4f2a9c01")
    """
    try:
        if mapping is None:
            mapping = (await es.indices.get_mapping(index=index))[index]["mappings"]
        settings = restoring_settings(mapping) or intended
        if settings is None:
            return None
        await es.indices.put_settings(index=index, settings=settings)
        await es.indices.put_mapping(index=index, meta=unmarked_meta(mapping))
        await es.indices.refresh(index=index)
    except (ApiError, TransportError) as error:
        _log.warning("ingest.settings_not_restored", index_name=index, error=type(error).__name__)
        return (
            f"refreshes and replicas of {index} are still off ({type(error).__name__}): "
            "the next command that writes to it restores them"
        )
    _log.info("ingest.settings_restored", index_name=index)
    return None
