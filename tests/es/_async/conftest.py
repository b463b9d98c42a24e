"""A client that reaches the cluster through a proxy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from elasticsearch import AsyncElasticsearch

from tests.support.bulk_proxy import BulkProxy


@pytest.fixture
async def proxied(proxy: BulkProxy) -> AsyncIterator[AsyncElasticsearch]:
    """A client that reaches the cluster through the proxy."""
    async with AsyncElasticsearch(proxy.url, request_timeout=30) as client:
        yield client
