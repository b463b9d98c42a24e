"""A PostgreSQL for the tests that ask for one; loaded by the top conftest as a plug-in."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.postgres_servers import MISSING, PostgresServer, binaries


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say at once, in one line, that there is none; a test that needs one is never skipped."""
    needed = any("postgres" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and binaries() is None:
        raise pytest.UsageError(MISSING)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def sql(postgres: PostgresServer) -> Iterator[psycopg.Connection]:
    """A connection to a database without tables; each statement is committed."""
    with postgres.connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        yield connection
