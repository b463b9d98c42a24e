"""A Redis for the tests that ask for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.redis_servers import MISSING, RedisServer, is_installed


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say at once, in one line, that there is no Redis; a test that needs one is never skipped."""
    needed = any("redis_server" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and not is_installed():
        raise pytest.UsageError(MISSING)


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of this test's own."""
    with RedisServer() as server:
        yield server
