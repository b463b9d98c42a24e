"""A shop of three products for one framework, which has an environment of its own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import AsyncHybridClient, HybridClient, Settings
from es_hybrid.testing import AsyncHashEmbedder, HashEmbedder

PRODUCTS = [
    {"id": "1", "title": "trail running shoe", "brand": "Norvik", "price": 89, "stock": 3},
    {"id": "2", "title": "road running shoe", "brand": "Ostara", "price": 119, "stock": 0},
    {"id": "3", "title": "two person tent", "brand": "Norvik", "price": 210, "stock": 5},
]
URL = os.environ.get("ES_HYBRID_ES_URL", "http://localhost:9200")
PATIENT = {"search": {"budget_s": 30}}


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_shell() -> None:
    """Models are those of the tests, whatever the shell is set to."""
    for name in [name for name in os.environ if name.startswith("ES_HYBRID_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def shop(_no_settings_of_the_shell: None) -> Iterator[HybridClient]:
    """A client whose model needs no server."""
    with (
        Elasticsearch(URL, request_timeout=60) as es,
        HybridClient(es, settings=Settings(**PATIENT), embedder=HashEmbedder(dims=64)) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def index(shop: HybridClient) -> Iterator[str]:
    """An index of three products."""
    alias = f"test-frameworks-{uuid4().hex[:12]}"
    made = shop.create_index(alias)
    try:
        report = shop.ingest(alias, PRODUCTS, refresh=True)
        assert (report.indexed, report.without_vector) == (3, 0), report
        yield alias
    finally:
        shop.es.indices.delete(index=made if isinstance(made, str) else f"{alias}*")


@pytest.fixture
async def async_shop() -> AsyncIterator[AsyncHybridClient]:
    """The same client, async."""
    async with (
        AsyncElasticsearch(URL, request_timeout=60) as es,
        AsyncHybridClient(
            es, settings=Settings(**PATIENT), embedder=AsyncHashEmbedder(dims=64)
        ) as client,
    ):
        yield client
