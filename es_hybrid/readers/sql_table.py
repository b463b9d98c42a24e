"""Reads a table in the order of a version column, page by page."""

from __future__ import annotations

from typing import Any

from es_hybrid.following.passes import Row
from es_hybrid.following.versions import Cursor
from es_hybrid.readers.database import (
    database_errors,
    open_database,
    require_one,
    shown_database,
    source,
)
from es_hybrid.readers.values import plain, unique_names

__all__ = ["SqlTable"]


class SqlTable:
    """A table or query with a version column, such as `updated_at`.

    Each page is a transaction of its own, so that none stays open while products are written.

    Args:
        url: SQLAlchemy's; see `read_sql`.
        table: Name of a table or view.
        query: SQL in place of a table; it becomes a subquery.
        version: Column that grows with every change of a row; an index on it and the id makes
            reading cheap.
        id_field: Column of the id; it breaks ties.

    Raises:
        ConfigurationError: As `read_sql`.
    """

    per_second: float | None = None

    def __init__(
        self,
        url: str,
        *,
        table: str | None = None,
        query: str | None = None,
        version: str = "updated_at",
        id_field: str = "id",
    ) -> None:
        require_one(table, query)
        self._url = url
        self._engine = open_database(url)
        self._from = source(table, query)
        self._version, self._id = version, id_field
        self.identity = f"{shown_database(url)} {table or query} by {version}, {id_field}"

    def newest(self) -> tuple[Any, str | None]:
        """Return the newest version, and what is wrong with the column.

        Raises:
            HybridError: The database failed.
        """
        import sqlalchemy as sa  # noqa: PLC0415 - an extra

        version: Any = sa.column(self._version)
        found = sa.select(sa.func.max(version)).select_from(self._from)
        missing = sa.select(sa.literal(1)).select_from(self._from).where(version.is_(None)).limit(1)
        with database_errors(self._url), self._engine.connect() as connection:
            newest = connection.execute(found).scalar()
            unseen = connection.execute(missing).first() is not None
        note = f"rows without a value in {self._version} are not followed" if unseen else None
        return newest, note

    def rows(self, after: Cursor | None, *, limit: int) -> list[Row]:
        """Return the rows after a place, in order.

        Raises:
            HybridError: The database failed.
        """
        import sqlalchemy as sa  # noqa: PLC0415 - an extra

        version: Any = sa.column(self._version)
        key: Any = sa.column(self._id)
        statement = sa.select(sa.text("*")).select_from(self._from).where(version.is_not(None))
        if after is not None and after.id is None:
            statement = statement.where(version > after.version)
        elif after is not None:
            # Of this form, databases use an index on (version, id); not all know row values.
            later = sa.or_(version > after.version, key > after.id)
            statement = statement.where(version >= after.version, later)
        statement = statement.order_by(version, key).limit(limit)
        with database_errors(self._url), self._engine.connect() as connection:
            result = connection.execute(statement)
            names = unique_names(list(result.keys()))
            found = [dict(zip(names, row, strict=True)) for row in result]
        return [self._row(row) for row in found]

    def _row(self, row: dict[str, Any]) -> Row:
        cursor = Cursor(row[self._version], row[self._id])
        return Row.of(cursor, {name: plain(value) for name, value in row.items()})
