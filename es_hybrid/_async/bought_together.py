"""Writes the table of what is bought together: into a new index, which then takes the name."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._logging import get_logger
from es_hybrid.errors import ConfigurationError, IngestError
from es_hybrid.indexing.names import TOKEN_BITS, alias_of, index_name
from es_hybrid.recommend.bought_together import Companion
from es_hybrid.recommend.table import TABLE_MAPPINGS, TABLE_SETTINGS, row_action, table_of
from es_hybrid.settings import IngestSettings

_log = get_logger("es_hybrid.ingest")

Rows = Mapping[str, Sequence[Companion]]


async def write_table(
    es: AsyncElasticsearch,
    index: str,
    rows: Rows,
    *,
    settings: IngestSettings,
    on_progress: Callable[[int], None] | None = None,
) -> str:
    """Write a whole table and put its alias on it; the table before it is deleted.

    Recommendations read the old table until the new one is complete. A run that is cut off leaves
    an index without an alias, which a run of another day deletes.

    Args:
        es: Where; neither changed nor closed.
        index: The index or alias that is searched.
        rows: Companions by product; at least one.
        settings: Sizes, limits and times.
        on_progress: Told how many rows are written.

    Returns:
        The new index's own name.

    Raises:
        ConfigurationError: The name stands for several indices, or something else has the table's.
        IngestError: A row could not be stored; the table before it stays.
    """
    alias = table_of(index)
    if alias is None:
        raise ConfigurationError(f"{index} stands for several indices", hint="name one of them")
    await _tables(es, alias)
    now = datetime.now(UTC)
    new = index_name(alias, now=now, token=random.getrandbits(TOKEN_BITS))
    await es.indices.create(index=new, mappings=TABLE_MAPPINGS, settings=TABLE_SETTINGS)
    writer = AsyncBulkWriter(es, index=new, settings=settings, require_alias=False)
    left = iter(rows.items())
    done = 0
    while batch := list(islice(left, settings.batch)):
        reasons = await writer.write([row_action(product, row) for product, row in batch])
        failed = [reason for reason in reasons if reason is not None]
        if failed:
            await es.indices.delete(index=new)
            raise IngestError(f"{len(failed)} rows of {alias} could not be stored: {failed[0]}")
        done += len(batch)
        if on_progress is not None:
            on_progress(done)
    await es.indices.refresh(index=new)
    # One without the alias may be of another run that goes on; of yesterday, it was cut off.
    cut_off = index_name(alias, now=now - timedelta(days=1), token=0)
    tables = await _tables(es, alias)
    old = [name for name, held in tables.items() if name != new and (held or name < cut_off)]
    removals = [{"remove_index": {"index": each}} for each in old]
    await es.indices.update_aliases(actions=[*removals, {"add": {"index": new, "alias": alias}}])
    _log.info("recommend.table_replaced", index_name=new, rows=done)
    return new


async def _tables(es: AsyncElasticsearch, alias: str) -> dict[str, bool]:
    """Return the tables that are there, and whether each has the alias."""
    found = await es.indices.get(index=f"{alias},{alias}-*", ignore_unavailable=True)
    strange = [name for name in found.body if alias_of(name) != alias]
    if strange:
        raise ConfigurationError(
            f"{strange[0]} has a name that is kept for what is bought together",
            hint="rename or delete it",
        )
    return {name: alias in body["aliases"] for name, body in found.body.items()}
