"""The service on a free port, in a thread of this process, with a shop's small index behind it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, Settings
from es_hybrid.serve import create_app
from es_hybrid.serve.gate import Gate
from es_hybrid.testing import AsyncHashEmbedder
from tests.support.shops import DIMS


@contextmanager
def served(url: str, gate: Gate, **settings: Any) -> Iterator[str]:
    """Run the service in front of a cluster, and give its address."""

    @asynccontextmanager
    async def open_shop() -> AsyncIterator[AsyncHybridClient]:
        async with (
            AsyncElasticsearch(url) as es,
            AsyncHybridClient(
                es, settings=Settings(serve=settings), embedder=AsyncHashEmbedder(dims=DIMS)
            ) as shop,
        ):
            yield shop

    config = uvicorn.Config(
        create_app(open_shop(), gate=gate), port=0, log_level="critical", access_log=False
    )
    started = threading.Event()

    class Told(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Told(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(timeout=60)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)


@pytest.fixture(scope="session")
def service(es_url: str, products_index: str) -> Iterator[str]:
    """Address of a service as it is by default."""
    with served(es_url, Gate()) as url:
        yield url


@pytest.fixture
def serve(es_url: str) -> Iterator[Callable[..., str]]:
    """Start a service with settings of the test's own."""
    with ExitStack() as stack:

        def start(url: str = es_url, gate: Gate | None = None, **settings: Any) -> str:
            return stack.enter_context(served(url, gate or Gate(), **settings))

        yield start


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """A client of no particular language."""
    with httpx.Client(timeout=60) as client:
        yield client
