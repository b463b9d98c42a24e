"""A reindex overlooks no shard that is away for a moment, and sends what a proxy lets through."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._async.reindex.write import AsyncWriter
from es_hybrid.indexing.actions import Action
from es_hybrid.indexing.reindex.documents import Found
from es_hybrid.settings import IngestSettings
from tests.support.bulk_proxy import BulkProxy

pytestmark = pytest.mark.es

IDS = [f"p{n}" for n in range(8)]


def gateway_to(es: AsyncElasticsearch) -> AsyncGateway:
    return AsyncGateway(es, settings=IngestSettings(timeout_s=30), patience_s=30)


def found(product_id: str) -> Found:
    return Found(product_id, routing=None, version=1, seq_no=0, source={})


async def fill(es: AsyncElasticsearch, index: str) -> None:
    await es.indices.create(index=index, settings={"number_of_replicas": 0})
    operations = [part for n in IDS for part in ({"index": {"_id": n}}, {"name": f"shoe {n}"})]
    await es.bulk(index=index, operations=operations, refresh=True)


def once(proxy: BulkProxy, path: str, spoil: Callable[[dict[str, Any]], None]) -> list[str]:
    """Spoil the first answer of a path as a starting shard does; returns the paths asked since."""
    asked: list[str] = []

    def change(asked_path: str, answer: bytes) -> bytes:
        if path not in asked_path:
            return answer
        asked.append(asked_path)
        if len(asked) > 1:
            return answer
        body = json.loads(answer)
        spoil(body)
        return json.dumps(body).encode()

    proxy.change = change
    return asked


async def test_a_document_whose_shard_is_starting_is_asked_for_again(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """An error for one document of several is no document that is missing."""
    await fill(proxied, index_name)

    def spoil(body: dict[str, Any]) -> None:
        failed = {"_index": index_name, "_id": "p3", "error": {"type": "no_shard_available"}}
        body["docs"][3] = failed

    asked = once(proxy, "/_mget", spoil)
    docs = await gateway_to(proxied).mget(index_name, [found(n) for n in [*IDS, "gone"]])
    assert [doc["_id"] for doc in docs] == IDS
    assert len(asked) == 2


async def test_a_count_without_a_starting_shard_is_asked_for_again(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """A shard that is not counted, without a failure, is waited for."""
    await fill(proxied, index_name)

    def spoil(body: dict[str, Any]) -> None:
        body["_shards"]["successful"] = 0
        body["count"] = 0

    asked = once(proxy, "/_count", spoil)
    assert await gateway_to(proxied).count(index_name) == len(IDS)
    assert len(asked) == 2


async def test_a_request_that_is_too_large_is_halved(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """Under a proxy's limit all is written but the one document that is larger than a request."""
    proxy.most_bytes = 2_000
    names = dict.fromkeys(IDS[:3], "x") | {"large": "x" * 3_000} | dict.fromkeys(IDS[3:], "x")
    actions = [
        Action(n, b'{"index":{"_id":"%s"}}\n{"name":"%s"}' % (n.encode(), name.encode()))
        for n, name in names.items()
    ]
    refused = await AsyncWriter(gateway_to(proxied)).write(index_name, actions)
    assert {product: status for product, (status, _) in refused.items()} == {"large": 413}
    await proxied.indices.refresh(index=index_name)
    assert (await proxied.count(index=index_name))["count"] == len(IDS)
    assert proxy.bulks[0] == list(names)  # tried whole first
