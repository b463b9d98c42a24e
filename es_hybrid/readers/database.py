"""Opens databases; the one home of SQLAlchemy, which the extra `sql` installs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from es_hybrid.errors import ConfigurationError, HybridError, missing_extra

__all__ = [
    "database_errors",
    "escaped",
    "is_away",
    "open_database",
    "require_one",
    "shown_database",
    "source",
]

_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")


def open_database(url: str) -> Any:
    """Return a `sqlalchemy.Engine`; nothing is connected yet, and no connection is kept.

    Args:
        url: SQLAlchemy's, such as `postgresql+psycopg://shop@db/shop`.

    Raises:
        ConfigurationError: SQLAlchemy or the database's driver is not installed, or the address is
            none. The message never holds the password.
    """
    package = _package()
    try:
        return package.create_engine(url, poolclass=package.pool.NullPool, hide_parameters=True)
    except package.exc.NoSuchModuleError:
        kind = url.partition(":")[0]
        raise ConfigurationError(f"SQLAlchemy knows no database {kind}") from None
    except package.exc.ArgumentError:
        raise ConfigurationError(
            "the database address is none",
            hint="it reads DIALECT+DRIVER://USER:PASSWORD@HOST/DATABASE",
        ) from None
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the driver {error.name} of {shown_database(url)} is not installed",
            hint=f"pip install {error.name}, or name another one as DIALECT+DRIVER://",
        ) from None


def shown_database(url: str) -> str:
    """Return an address without user, password and parameters, which may be secret.

    Example:
        >>> shown_database("postgresql://me:secret@db:5432/shop?sslkey=x")
        'postgresql://db:5432/shop'
    """
    try:
        found = _package().engine.make_url(url)
    except _package().exc.ArgumentError:
        return "the database"
    port = f":{found.port}" if found.port else ""
    return f"{found.drivername}://{found.host or ''}{port}/{found.database or ''}"


@contextmanager
def database_errors(url: str) -> Iterator[None]:
    """Say what failed in the database's own words, without address, statement and values.

    Raises:
        HybridError: `retryable` where the database is away, and may come back.
    """
    package = _package()
    try:
        yield
    except package.exc.SQLAlchemyError as error:
        original = getattr(error, "orig", None) or error
        lines = str(original).splitlines()
        words = (lines[0] if lines else type(original).__name__)[:300]
        password = package.engine.make_url(url).password
        if password:
            words = words.replace(str(password), "***")
        raise HybridError(
            f"{shown_database(url)} failed: {words}", stage="read", retryable=is_away(error)
        ) from None


def is_away(error: Exception) -> bool:
    """Tell whether the database may come back: a connection that broke or could not be made.

    A missing table and a wrong password are not of that kind; PostgreSQL says the latter without
    an SQLSTATE, so its words decide.
    """
    exc = _package().exc
    if not isinstance(error, (exc.OperationalError, exc.InterfaceError, exc.DisconnectionError)):
        return False
    if getattr(error, "connection_invalidated", False):
        return True
    said = str(getattr(error, "orig", error)).lower()
    refused = (
        "password",
        "authentication",
        "does not exist",
        "no such",
        "access denied",
        "unknown",
    )
    return not any(word in said for word in refused)


def require_one(table: str | None, query: str | None) -> None:
    """Refuse a source that is not named, or twice.

    Raises:
        ConfigurationError: Neither or both are given.
    """
    if (table is None) == (query is None):
        raise ConfigurationError("name either a table or a query")


def source(table: str | None, query: str | None) -> Any:
    """Return what stands behind FROM; a table may be `schema.table`."""
    package = _package()
    if table is not None:
        schema, _, name = table.rpartition(".")
        return package.table(name, schema=schema or None)
    return package.text(f"({escaped(str(query)).strip().rstrip(';')}) AS changes")


def escaped(query: str) -> str:
    r"""Return SQL in which SQLAlchemy finds no parameters: a colon in a text is only that.

    Example:
        >>> escaped("SELECT ':size' AS t, now()::date")
        "SELECT '\\:size' AS t, now()::date"
    """
    return _PARAMETER.sub(r"\:", query)


def _package() -> ModuleType:
    try:
        import sqlalchemy  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra(
            error, user="a database", extra="sql", also=" and the database's driver"
        ) from None
    return sqlalchemy
