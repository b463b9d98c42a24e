"""While a shard is away, what it holds is waited for, and not taken for what is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import ApiError, AsyncElasticsearch

from es_hybrid import AsyncHybridClient, Settings
from es_hybrid._async.documents import AsyncDocuments
from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid.follow import AsyncIndexChanges
from es_hybrid.indexing.reindex.documents import Found
from es_hybrid.settings import IngestSettings
from es_hybrid.testing import AsyncHashEmbedder
from tests.support.bulk_proxy import BulkProxy

pytestmark = pytest.mark.es

IDS = [f"p{n}" for n in range(8)]
LIMITS = IngestSettings()
JSON = {"content-type": "application/json"}
ONE_SHARD = "index.routing.allocation.total_shards_per_node"


def products(**fields: Any) -> list[dict[str, Any]]:
    return [{"id": key, "title": f"shoe {key}", **fields} for key in IDS]


def shop_of(es: AsyncElasticsearch) -> AsyncHybridClient:
    return AsyncHybridClient(es, settings=Settings(), embedder=AsyncHashEmbedder(dims=16))


def lose_one(proxy: BulkProxy) -> list[str]:
    """Put an error in place of a document into the next multi-get; returns the requests' paths."""
    asked: list[str] = []

    def change(path: str, answer: bytes) -> bytes:
        if "/_mget" not in path:
            return answer
        asked.append(path)
        body: dict[str, Any] = json.loads(answer)
        if len(asked) == 1:  # as Elasticsearch says it of a shard that is starting
            error = {"type": "no_shard_available_action_exception"}
            body["docs"][3] = {"_id": body["docs"][3]["_id"], "error": error}
        return json.dumps(body).encode()

    proxy.change = change
    return asked


async def test_a_feed_and_an_update_find_what_is_stored(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """No price is refused as of an unknown product, and no known text is embedded again."""
    async with shop_of(proxied) as shop:
        await shop.create_index(index_name)
        await shop.ingest(index_name, products(price=7))
        asked = lose_one(proxy)
        report = await shop.update_fields(index_name, [{"id": key, "price": 9} for key in IDS])
        assert (report.indexed, report.failed, len(asked)) == (len(IDS), 0, 2)
        asked = lose_one(proxy)
        report = await shop.ingest(index_name, products(price=9))
        assert (report.unchanged, report.embedded, len(asked)) == (len(IDS), 0, 2)


async def test_a_reindex_compares_every_document(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """A document that cannot be read for a moment is read again; one that is not there is not."""
    operations = [part for key in IDS for part in ({"index": {"_id": key}}, {"name": key})]
    await proxied.bulk(index=index_name, operations=operations, refresh=True)
    asked = lose_one(proxy)
    gateway = AsyncGateway(proxied, settings=LIMITS, patience_s=60)
    wanted = [Found(key, routing=None, version=1, seq_no=0, source={}) for key in [*IDS, "gone"]]
    assert [doc["_id"] for doc in await gateway.mget(index_name, wanted)] == IDS
    assert len(asked) == 2


async def test_what_no_patience_helps_fails_at_once(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A closed index says so in Elasticsearch's own words, and nobody waits for it."""
    operations = [part for key in IDS for part in ({"index": {"_id": key}}, {"name": key})]
    await async_es.bulk(index=index_name, operations=operations, refresh=True)
    await async_es.indices.close(index=index_name)
    gateway = AsyncGateway(async_es, settings=LIMITS, patience_s=3600)
    wanted = [Found(key, routing=None, version=1, seq_no=0, source={}) for key in IDS]
    with pytest.raises(ApiError, match="index_closed_exception"):
        await gateway.mget(index_name, wanted)
    with pytest.raises(ApiError, match="index_closed_exception"):
        await AsyncDocuments(async_es, index=index_name, settings=LIMITS).of(IDS)


@pytest.fixture
async def half(async_es: AsyncElasticsearch, index_name: str) -> str:
    """An index of two shards, of which the node may serve one; the products are in that one."""
    name = f"{index_name}-half"
    await async_es.indices.create(
        index=name,
        settings={"number_of_shards": 2, "number_of_replicas": 0, ONE_SHARD: 1},
        mappings={"properties": {"id": {"type": "keyword"}, "updated_at": {"type": "date"}}},
        wait_for_active_shards="0",
    )
    await async_es.cluster.health(index=name, wait_for_active_shards="1", timeout="60s")
    head = {"routing": await routing_to_served(async_es, name)}
    operations = []
    for product in products(updated_at="2026-11-21T10:00:00Z"):
        operations += [{"index": {"_id": product["id"], **head}}, product]
    answer = await async_es.bulk(index=name, operations=operations, refresh=True)
    assert not answer["errors"]
    return name


async def routing_to_served(es: AsyncElasticsearch, index: str) -> str:
    """Return a routing that leads to the shard that is there."""
    for routing in map(str, range(100)):
        (copies,) = (await es.search_shards(index=index, routing=routing))["shards"]
        if copies:
            return routing
    raise LookupError("nothing leads to it")


async def test_a_reindex_counts_every_shard(
    proxied: AsyncElasticsearch, proxy: BulkProxy, half: str
) -> None:
    """A count without a shard is no count: it is asked for until the shard is there."""
    asked: list[dict[str, Any]] = []

    def change(path: str, answer: bytes) -> bytes:
        if "/_count" in path:
            asked.append(json.loads(answer)["_shards"])
            proxy.pass_on("PUT", f"/{half}/_settings", b'{"%s": null}' % ONE_SHARD.encode(), JSON)
        return answer

    proxy.change = change
    gateway = AsyncGateway(proxied, settings=LIMITS, patience_s=120)
    assert await gateway.count(half) == len(IDS)
    assert asked[0]["successful"] == 1
    assert asked[-1]["successful"] == 2


async def test_a_follower_does_not_pass_by_what_it_cannot_see(
    async_es: AsyncElasticsearch, half: str, index_name: str, tmp_path: Path
) -> None:
    """It fails, or waits, instead of going on behind the changes of the missing shard."""
    state = tmp_path / "state.json"
    async with shop_of(async_es) as shop:
        await shop.create_index(index_name)
        with pytest.raises(ApiError):
            await shop.follow(index_name, AsyncIndexChanges(async_es, half), state=state, once=True)
        assert not state.exists()
        await async_es.indices.put_settings(index=half, settings={ONE_SHARD: None})
        await async_es.cluster.health(index=half, wait_for_status="green", timeout="60s")
        report = await shop.follow(
            index_name, AsyncIndexChanges(async_es, half), state=state, once=True
        )
    assert report.written == len(IDS)
