"""Sources of changes: a table by its version column, another index by one, a file that grows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

from elasticsearch import AsyncElasticsearch, NotFoundError

from es_hybrid._concurrency import async_blocking
from es_hybrid.errors import ConfigurationError
from es_hybrid.following.changes import Batch
from es_hybrid.following.passes import Passes, Row
from es_hybrid.following.versions import Cursor
from es_hybrid.indexing.hits import product_of, vector_fields_of
from es_hybrid.readers.growing_file import GrowingFile
from es_hybrid.readers.sql_table import SqlTable
from es_hybrid.types import Json

__all__ = ["AsyncFileChanges", "AsyncIndexChanges", "AsyncSqlChanges"]

_OVERLAP_S = 60.0
_LIMIT = 1000


class _Table(Protocol):
    identity: str
    per_second: float | None

    async def newest(self) -> tuple[Any, str | None]: ...

    async def rows(self, after: Cursor | None, *, limit: int) -> list[Row]: ...


class _AsyncTableChanges:
    """Changes of a table in the order of its version column."""

    def __init__(self, table: _Table, *, overlap_s: float, limit: int) -> None:
        self.identity = table.identity
        self._table = table
        self._limit = limit
        self._passes = Passes(overlap_s=overlap_s, per_second=table.per_second)

    def restore(self, position: Json | None) -> None:
        """Go on from a position; see `Changes.restore`.

        Example:
            changes.restore(None)
        """
        self._passes.restore(position)

    async def read(self, *, now_s: float) -> Batch:
        """Return the next rows that changed; see `Changes.read`.

        Example:
            batch = await changes.read(now_s=time.time())
        """
        newest, note = await self._table.newest() if self._passes.wants_newest else (None, None)
        after = self._passes.after(now_s=now_s, newest=newest)
        rows = await self._table.rows(after, limit=self._limit)
        batch = self._passes.take(rows, full=len(rows) >= self._limit)
        return batch if note is None else batch.noted(note)

    def settle(self, batch: Batch, *, complete: bool, now_s: float) -> Json:
        """Take note that rows are written; see `Changes.settle`.

        Example:
            position = changes.settle(batch, complete=True, now_s=time.time())
        """
        self._passes.settle(batch, complete=complete, now_s=now_s)
        return self._passes.position()

    async def aclose(self) -> None:
        """Do nothing: each page opens and closes its own connection.

        Example:
            await changes.aclose()
        """


class AsyncSqlChanges(_AsyncTableChanges):
    """Changes of a database's table or query, by a column such as `updated_at`.

    Args:
        url: SQLAlchemy's; see `read_sql`.
        table: Name of a table or view.
        query: SQL in place of a table.
        version: Column that grows with every change of a row; a time finer than `overlap_s`, or a
            number.
        id_field: Column of the id.
        overlap_s: Seconds within which a row shows after it is stamped; longer than any
            transaction that writes products.
        limit: Rows at once, at most.

    Raises:
        ConfigurationError: As `read_sql`.

    Example:
        changes = AsyncSqlChanges("postgresql+psycopg://db/shop", table="products")
    """

    def __init__(
        self,
        url: str,
        *,
        table: str | None = None,
        query: str | None = None,
        version: str = "updated_at",
        id_field: str = "id",
        overlap_s: float = _OVERLAP_S,
        limit: int = _LIMIT,
    ) -> None:
        read = SqlTable(url, table=table, query=query, version=version, id_field=id_field)
        super().__init__(_AsyncSqlTable(read), overlap_s=overlap_s, limit=limit)


class AsyncIndexChanges(_AsyncTableChanges):
    """Changes of another index, by a field such as `updated_at`.

    Args:
        es: Where the index is; neither changed nor closed.
        index: Index, alias or pattern.
        version: Date or number that grows with every change of a document.
        id_field: Keyword or number that no two documents share; it breaks ties.
        overlap_s: Seconds within which a document shows after it is stamped: the refresh interval
            and more.
        limit: Documents at once, at most.

    Example:
        changes = AsyncIndexChanges(es, "erp-products")
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        index: str,
        *,
        version: str = "updated_at",
        id_field: str = "id",
        overlap_s: float = _OVERLAP_S,
        limit: int = _LIMIT,
    ) -> None:
        read = _AsyncIndexTable(es, index, version=version, id_field=id_field)
        super().__init__(read, overlap_s=overlap_s, limit=limit)


class AsyncFileChanges:
    """Lines that are added to an NDJSON file, as `tail -F` follows it.

    Args:
        path: The file; it may appear later. Renaming and truncating it are understood.
        limit: Lines at once, at most.

    Example:
        changes = AsyncFileChanges("changes.ndjson")
    """

    def __init__(self, path: str | os.PathLike[str], *, limit: int = _LIMIT) -> None:
        self._file = GrowingFile(path, limit=limit)
        self.identity = self._file.identity

    def restore(self, position: Json | None) -> None:
        """Go on from a position; see `Changes.restore`.

        Example:
            changes.restore(None)
        """
        self._file.restore(position)

    async def read(self, *, now_s: float) -> Batch:
        """Return the next lines; see `Changes.read`.

        Example:
            batch = await changes.read(now_s=time.time())
        """
        return await async_blocking(partial(self._file.read, now_s=now_s))

    def settle(self, batch: Batch, *, complete: bool, now_s: float) -> Json:
        """Take note that lines are written; see `Changes.settle`.

        Example:
            position = changes.settle(batch, complete=True, now_s=time.time())
        """
        return self._file.settle(batch, complete=complete, now_s=now_s)

    async def aclose(self) -> None:
        """Close the file.

        Example:
            await changes.aclose()
        """
        self._file.close()


class _AsyncSqlTable:
    """A database's table, read in a thread."""

    def __init__(self, table: SqlTable) -> None:
        self._table = table
        self.identity = table.identity
        self.per_second = table.per_second

    async def newest(self) -> tuple[Any, str | None]:
        return await async_blocking(self._table.newest)

    async def rows(self, after: Cursor | None, *, limit: int) -> list[Row]:
        return await async_blocking(partial(self._table.rows, after, limit=limit))


class _AsyncIndexTable:
    """An index, read in the order of a field."""

    per_second: float | None = 1000  # of dates, in milliseconds; numbers of other kinds are refused

    def __init__(self, es: AsyncElasticsearch, index: str, *, version: str, id_field: str) -> None:
        self._es = es
        self._index = index
        self._version, self._id = version, id_field
        self._vectors: list[str] | None = None
        self.identity = f"index {index} by {version}, {id_field}"

    async def newest(self) -> tuple[Any, str | None]:
        await self._look()
        aggs = {"newest": {"max": {"field": self._version}}}
        unseen = {"filter": {"bool": {"must_not": {"exists": {"field": self._version}}}}}
        answer = await self._es.search(
            index=self._index,
            size=0,
            aggs={**aggs, "unseen": unseen},
            track_total_hits=False,
            allow_partial_search_results=False,
        )
        found = answer["aggregations"]
        newest = found["newest"]["value"]
        note = f"documents without {self._version} are not followed"
        return (
            None if newest is None else int(newest),
            note if found["unseen"]["doc_count"] else None,
        )

    async def rows(self, after: Cursor | None, *, limit: int) -> list[Row]:
        vectors = await self._look()
        beyond: Mapping[str, Any] = {}
        if after is not None:
            operator = "gt" if after.id is None else "gte"
            beyond = {operator: after.version, "format": "epoch_millis"}
        keyset = after is not None and after.id is not None
        answer = await self._es.search(
            index=self._index,
            size=limit,
            query={"bool": {"filter": [
                {"range": {self._version: beyond}}
                if beyond
                else {"exists": {"field": self._version}},
                {"exists": {"field": self._id}},
            ]}},
            sort=[{self._version: "asc"}, {self._id: "asc"}],
            search_after=[after.version, after.id] if keyset and after is not None else None,
            source_excludes=vectors or None,
            track_total_hits=False,
            allow_partial_search_results=False,
        )  # fmt: skip
        return [
            Row.of(Cursor(*hit["sort"]), product_of(hit, vector_field=None))
            for hit in answer["hits"]["hits"]
        ]

    async def _look(self) -> list[str]:
        """Return the vector fields, having refused once what cannot be followed."""
        if self._vectors is None:
            self._vectors = await self._layout()
        return self._vectors

    async def _layout(self) -> list[str]:
        try:
            found = (await self._es.indices.get_mapping(index=self._index)).body
        except NotFoundError:
            raise ConfigurationError(f"there is no index {self._index} to follow") from None
        vectors: set[str] = set()
        for body in found.values():
            properties = body["mappings"].get("properties", {})
            vectors |= set(vector_fields_of(properties))
            kinds = {
                name: properties.get(name, {}).get("type") for name in (self._version, self._id)
            }
            if kinds[self._version] != "date":
                raise ConfigurationError(
                    f"{self._index} has no date field {self._version} to follow",
                    hint="name one with --version-field",
                )
            if kinds[self._id] in {None, "text"}:
                raise ConfigurationError(
                    f"{self._index} has no field {self._id} that can be sorted by",
                    hint="name a keyword field with --id-field",
                )
        return sorted(vectors)
