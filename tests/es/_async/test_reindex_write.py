"""A reindex sends what a proxy before the cluster lets through."""

from __future__ import annotations

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._async.reindex.write import AsyncWriter
from es_hybrid.indexing.actions import Action
from es_hybrid.settings import IngestSettings
from tests.support.bulk_proxy import BulkProxy

pytestmark = pytest.mark.es

IDS = [f"p{n}" for n in range(8)]


async def test_a_request_that_is_too_large_is_halved(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """Under a proxy's limit all is written but the one document that is larger than a request."""
    proxy.most_bytes = 2_000
    gateway = AsyncGateway(proxied, settings=IngestSettings(timeout_s=30), patience_s=30)
    names = dict.fromkeys(IDS[:3], "x") | {"large": "x" * 3_000} | dict.fromkeys(IDS[3:], "x")
    actions = [
        Action(n, b'{"index":{"_id":"%s"}}\n{"name":"%s"}' % (n.encode(), name.encode()))
        for n, name in names.items()
    ]
    refused = await AsyncWriter(gateway).write(index_name, actions)
    assert {product: status for product, (status, _) in refused.items()} == {"large": 413}
    await proxied.indices.refresh(index=index_name)
    assert (await proxied.count(index=index_name))["count"] == len(IDS)
    assert proxy.bulks[0] == list(names)  # tried whole first
