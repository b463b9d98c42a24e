"""Fixtures that several rings of tests share; loaded by the top conftest as a plug-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.bulk_proxy import BulkProxy, bulk_proxy
from tests.support.model_servers import FakeModelServer
from tests.support.redis_servers import MISSING, RedisServer, is_installed


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say at once, in one line, that there is no Redis; a test that needs one is never skipped."""
    needed = any("redis_server" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and not is_installed():
        raise pytest.UsageError(MISSING)


@pytest.fixture
def model_server() -> Iterator[Callable[..., FakeModelServer]]:
    """Start model servers: `model_server("tei", dims=32)`; they stop with the test."""
    with ExitStack() as stack:

        def start(profile: str = "vllm", **options: Any) -> FakeModelServer:
            return stack.enter_context(FakeModelServer(profile, **options))

        yield start


@pytest.fixture
def embed_server() -> Iterator[FakeModelServer]:
    """An embedding server that behaves like SGLang."""
    with FakeModelServer("sglang") as server:
        yield server


@pytest.fixture
def rerank_server() -> Iterator[FakeModelServer]:
    """A rerank server that behaves like vLLM."""
    with FakeModelServer("vllm") as server:
        yield server


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of this test's own."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def proxy(es_url: str) -> Iterator[BulkProxy]:
    """A proxy before the cluster."""
    with bulk_proxy(es_url) as running:
        yield running
