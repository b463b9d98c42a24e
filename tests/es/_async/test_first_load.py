"""A first load leaves the index with the settings it was meant to have, however it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import elasticsearch
import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient
from es_hybrid._async.admin import create_index
from es_hybrid._async.first_load import AsyncFirstLoad
from es_hybrid._async.ingest import AsyncIngestor
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._sync.first_load import restore_settings
from es_hybrid.errors import IngestError
from es_hybrid.follow import AsyncFileChanges
from es_hybrid.indexing.first_load import first_load_since
from es_hybrid.settings import IngestSettings, Settings
from es_hybrid.testing import AsyncHashEmbedder
from tests.support.bulk_proxy import bulk_proxy

pytestmark = pytest.mark.es


def ingestor(es: AsyncElasticsearch, **limits: Any) -> AsyncIngestor:
    settings = IngestSettings(**{"batch": 10, "first_load_after": 10, "max_attempts": 2} | limits)
    return AsyncIngestor(es, settings=Settings(ingest=settings))


def products(count: int) -> Iterator[dict[str, Any]]:
    return ({"id": f"p{n}", "title": f"shoe number {n}"} for n in range(count))


async def state(es: AsyncElasticsearch, name: str) -> tuple[Any, Any, Any, str | None]:
    """Return refresh interval, auto-expansion, replicas and the mark."""
    found = (await es.indices.get(index=name))[name]
    settings = found["settings"]["index"]
    return (
        settings.get("refresh_interval"),
        settings.get("auto_expand_replicas"),
        settings.get("number_of_replicas"),
        first_load_since(found["mappings"]),
    )


async def test_refreshes_and_replicas_are_off_meanwhile_and_back_afterwards(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """An empty index is filled without them; the end of the run brings them back, and all is found."""
    name = await create_index(async_es, index_name)
    await async_es.indices.put_settings(index=name, settings={"refresh_interval": "7s"})
    before = await state(async_es, name)
    with bulk_proxy(str(async_es.transport.node_pool.get().base_url)) as proxy:
        seen: list[dict[str, Any]] = []

        def look(product: str, _before: int) -> None:
            if product == "p59":
                path = f"/{name}/_settings"
                seen.append({"answer": proxy.pass_on("GET", path, b"", {})[1].decode()})

        proxy.reject = look
        async with AsyncElasticsearch(proxy.url, request_timeout=30) as client:
            report = await ingestor(client).ingest(index_name, products(60))
    assert (report.indexed, report.warnings[1:]) == (60, ())
    assert '"refresh_interval":"-1"' in seen[0]["answer"]
    assert '"number_of_replicas":"0"' in seen[0]["answer"]
    assert await state(async_es, name) == before
    assert before[0] == "7s"
    assert (await async_es.count(index=index_name))["count"] == 60


async def test_a_run_that_fails_brings_them_back(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A source that breaks in the middle leaves the index as it was meant to be."""
    name = await create_index(async_es, index_name)
    before = await state(async_es, name)

    def feed() -> Iterator[dict[str, Any]]:
        yield from products(100)
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        await ingestor(async_es).ingest(index_name, feed())
    assert await state(async_es, name) == before


async def test_what_a_lost_node_leaves_is_restored_by_the_next_run(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Where nothing can be restored at the end, the next run does it, whatever it brings."""
    name = await create_index(async_es, index_name)
    before = await state(async_es, name)
    with bulk_proxy(str(async_es.transport.node_pool.get().base_url)) as proxy:

        def vanish(product: str, _before: int) -> int | None:
            if product == "p80":
                proxy.gone = True
            return None

        proxy.reject = vanish
        async with AsyncElasticsearch(proxy.url, request_timeout=30, max_retries=0) as client:
            with pytest.raises(IngestError):
                await ingestor(client, concurrency=1).ingest(index_name, products(200))
    left = await state(async_es, name)
    assert left[:3] == ("-1", "false", "0")
    assert left[3] is not None
    report = await ingestor(async_es).ingest(index_name, products(200))
    assert report.failed == 0
    assert report.unchanged >= 80  # the index was not taken for an empty one
    assert await state(async_es, name) == before


WRITERS: dict[str, Callable[[AsyncHybridClient, str, Path], Awaitable[Any]]] = {
    "ingest": lambda shop, name, _: shop.ingest(name, products(1)),
    "update_fields": lambda shop, name, _: shop.update_fields(name, [{"id": "p0", "price": 3}]),
    "delete_products": lambda shop, name, _: shop.delete_products(name, ["gone"]),
    "follow": lambda shop, name, folder: shop.follow(
        name, AsyncFileChanges(folder / "no.ndjson"), state=folder / "state.json", once=True
    ),
    "warm_products": lambda shop, name, _: shop.warm_products(name),
    "backfill": lambda shop, name, _: shop.backfill(name),
}
"""What writes products; a file that is followed brings none."""


async def test_whatever_writes_next_restores_what_a_killed_load_left(
    async_es: AsyncElasticsearch, index_name: str, tmp_path: Path
) -> None:
    """Any command that writes brings refreshes and replicas back, even if it has nothing to write."""
    async with AsyncHybridClient(
        async_es, settings=Settings(), embedder=AsyncHashEmbedder(dims=16)
    ) as shop:
        name = await shop.create_index(index_name)
        await shop.ingest(index_name, products(2))
        before = await state(async_es, name)
        for writer, write in WRITERS.items():
            await AsyncFirstLoad(async_es, index=name, after=1).stored(1)  # and no end of it
            left = await state(async_es, name)
            assert (left[0], left[2]) == ("-1", "0")
            await write(shop, index_name, tmp_path)
            assert await state(async_es, name) == before, writer


async def test_an_index_that_holds_products_keeps_its_settings(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A nightly feed into a shop that is searched never hides what it writes."""
    name = await create_index(async_es, index_name)
    await ingestor(async_es).ingest(index_name, products(5))
    versions = await async_es.cluster.state(index=name, metric="metadata")
    before = versions["metadata"]["indices"][name]["settings_version"]
    await ingestor(async_es).ingest(index_name, products(60))
    versions = await async_es.cluster.state(index=name, metric="metadata")
    assert versions["metadata"]["indices"][name]["settings_version"] == before


async def test_two_first_loads_at_once_end_with_the_intended_settings(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Two runs that fill an empty index together leave it as it was meant to be."""
    name = await create_index(async_es, index_name)
    before = await state(async_es, name)

    async def run(count: int) -> int:
        report = await ingestor(async_es).ingest(index_name, products(count))
        return report.read - report.failed

    async with aclosing(async_map_ordered(run, [150, 100], limit=2)) as runs:
        assert [stored async for stored in runs] == [150, 100]
    assert await state(async_es, name) == before
    assert (await async_es.count(index=index_name))["count"] == 150


@pytest.mark.parametrize("moment", ["_mapping", "_settings"])
async def test_a_run_that_ends_while_another_begins_leaves_nothing_switched_off(
    async_es: AsyncElasticsearch, index_name: str, moment: str
) -> None:
    """Who takes the mark away between another's requests hinders neither its end nor a rescue."""
    name = await create_index(async_es, index_name)
    before = await state(async_es, name)
    node = str(async_es.transport.node_pool.get().base_url)
    with bulk_proxy(node) as proxy, elasticsearch.Elasticsearch(node) as other:
        ended, left = [], []

        def end_another(path: str, content: bytes) -> bytes:
            if path.endswith(moment) and not ended:
                ended.append(path)
                assert restore_settings(other, name) is None
            return content

        def look(product: str, _before: int) -> None:
            if product == "p59":
                left.append(first_load_since(other.indices.get(index=name)[name]["mappings"]))

        proxy.change, proxy.reject = end_another, look
        async with AsyncElasticsearch(proxy.url, request_timeout=30) as client:
            report = await ingestor(client).ingest(index_name, products(60))
    assert (report.indexed, len(ended)) == (60, 1)
    assert left[0] is not None
    assert await state(async_es, name) == before
