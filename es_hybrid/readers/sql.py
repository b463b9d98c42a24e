"""Products of a database, by a streaming query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from es_hybrid.indexing.sources import FeedItem, Record
from es_hybrid.readers.database import database_errors, escaped, open_database, require_one, source
from es_hybrid.readers.values import plain, unique_names

__all__ = ["read_sql"]


def read_sql(
    url: str, *, table: str | None = None, query: str | None = None, batch: int = 1000
) -> Iterator[FeedItem]:
    """Yield the rows of a table or a query as products; a row's line is its number, from 1.

    Rows come through a server-side cursor where the database has one, so that memory does not grow
    with the table. One transaction stays open until the last row: what is written meanwhile does
    not show.

    Args:
        url: SQLAlchemy's, such as `postgresql+psycopg://shop@db/shop`. The password does not
            reach a log or an error.
        table: Name of a table or view, perhaps `schema.table`.
        query: SQL that returns rows, in place of a table.
        batch: Rows fetched at once.

    Raises:
        ConfigurationError: SQLAlchemy or the driver is not installed, or the address is none, or
            not exactly one of table and query is given.
        HybridError: While reading: the database failed.

    Example:
        shop.ingest("products", read_sql("postgresql+psycopg://db/shop", table="products"))
    """
    require_one(table, query)
    engine = open_database(url)
    return _rows(engine, url, table, query, batch)


def _rows(
    engine: Any, url: str, table: str | None, query: str | None, batch: int
) -> Iterator[FeedItem]:
    import sqlalchemy  # noqa: PLC0415 - an extra

    with database_errors(url), engine.connect() as connection:
        everything = sqlalchemy.select(sqlalchemy.text("*"))
        statement = (
            sqlalchemy.text(escaped(query))
            if query
            else everything.select_from(source(table, None))
        )
        streaming = connection.execution_options(stream_results=True, max_row_buffer=batch)
        with streaming.execute(statement) as rows:
            names = unique_names(list(rows.keys()))
            line = 0
            for part in rows.partitions(batch):
                for row in part:
                    line += 1
                    yield Record(line, dict(zip(names, map(plain, row), strict=True)))
