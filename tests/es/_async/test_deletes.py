"""What is deleted is what was asked for, and never what another writer has just written."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import HybridClient
from es_hybrid._async.admin import create_index
from es_hybrid._async.delete import delete_products
from es_hybrid.errors import ConfigurationError, DeletesRefused
from es_hybrid.indexing.sources import BadRecord
from es_hybrid.settings import IngestSettings, Settings
from tests.es._async.ingesting import ingestor, numbers, products
from tests.support.bulk_proxy import BulkProxy

pytestmark = pytest.mark.es


async def ids_in(es: AsyncElasticsearch, index: str) -> set[str]:
    hits = await es.search(index=index, size=1000, source=False)
    return {hit["_id"] for hit in hits["hits"]["hits"]}


async def test_products_are_deleted_by_id(async_es: AsyncElasticsearch, index_name: str) -> None:
    """Those that are there are gone; those that are not are counted."""
    await create_index(async_es, index_name)
    await ingestor(async_es).ingest(index_name, products(30))
    wanted = [*(f"p{n}" for n in range(25)), "p3", "never"]
    report = await delete_products(async_es, index_name, wanted, settings=IngestSettings(batch=40))
    assert (report.asked, report.deleted, report.missing, report.failed) == (26, 25, 1, 0)
    assert await ids_in(async_es, index_name) == {f"p{n}" for n in range(25, 30)}
    with pytest.raises(ConfigurationError, match="there is no index"):
        await delete_products(async_es, "nowhere", wanted, settings=IngestSettings())


@pytest.mark.parametrize("shards", [1, 3])
async def test_what_a_feed_lacks_is_deleted(
    async_es: AsyncElasticsearch, index_name: str, shards: int
) -> None:
    """After a full feed the index holds the feed: new, changed and unchanged products, no others."""
    if shards == 1:
        await create_index(async_es, index_name)
    else:
        await create_sharded(async_es, index_name, shards=shards)
    run = ingestor(async_es)
    await run.ingest(index_name, products(50))
    feed = [*products(47), {"id": "p5", "title": "changed"}, {"id": "new", "title": "new"}]
    report = await run.ingest(index_name, feed, delete_missing=True)
    assert (numbers(report), report.deleted) == ((49, 2, 47, 0), 3)
    assert str(report).endswith("0 failed, 3 deleted, " + str(report).rsplit(", ", 1)[1])
    assert await ids_in(async_es, index_name) == {*(f"p{n}" for n in range(47)), "new"}


async def create_sharded(es: AsyncElasticsearch, name: str, *, shards: int) -> None:
    """Create an index of several shards, as a shop may have made its own mapping."""
    made = await create_index(es, f"{name}-model")
    found = (await es.indices.get(index=made)).body[made]
    settings = found["settings"]["index"]
    await es.indices.create(
        index=name,
        mappings=found["mappings"],
        settings={"number_of_shards": shards, "analysis": settings["analysis"]},
    )


async def test_a_feed_that_lacks_too_much_deletes_nothing(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Half a feed is more likely a broken export than half a catalogue gone; the limit is named."""
    await create_index(async_es, index_name)
    run = ingestor(async_es)
    await run.ingest(index_name, products(50))
    with pytest.raises(DeletesRefused, match=r"25 of 50 products \(50.0 %\)") as caught:
        await run.ingest(index_name, products(25, price=1), delete_missing=True)
    assert numbers(caught.value.report)[1] == 24, "the feed itself is stored"
    assert len(await ids_in(async_es, index_name)) == 50
    with pytest.raises(DeletesRefused):
        await run.ingest(index_name, [], delete_missing=True)
    report = await run.ingest(
        index_name, products(25, price=1), delete_missing=True, max_delete_share=0.5
    )
    assert report.deleted == 25
    with pytest.raises(ConfigurationError, match="a share from 0 to 1"):
        await run.ingest(index_name, [], delete_missing=True, max_delete_share=10)


async def test_a_feed_that_is_partly_unreadable_deletes_nothing(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A line without a readable id may be any product; one with an id is there, stored or not."""
    await create_index(async_es, index_name)
    run = ingestor(async_es)
    await run.ingest(index_name, products(20))
    feed: list[Any] = [*products(18), {"id": "p18", "price": "free"}]
    report = await run.ingest(index_name, feed, delete_missing=True)
    assert (report.failed, report.deleted) == (1, 1)
    assert "p18" in await ids_in(async_es, index_name)
    with pytest.raises(DeletesRefused, match="1 records of the feed have no readable id"):
        await run.ingest(
            index_name, [*products(18), BadRecord(19, "is not JSON")], delete_missing=True
        )
    assert len(await ids_in(async_es, index_name)) == 19


async def test_what_another_writer_wrote_meanwhile_stays(
    proxied: AsyncElasticsearch, proxy: BulkProxy, es: Elasticsearch, index_name: str
) -> None:
    """New and changed products of another ingest survive one that does not have them."""
    await create_index(proxied, index_name)
    run = ingestor(proxied)
    await run.ingest(index_name, products(50))
    other = iter([[{"id": "p48", "title": "changed"}, {"id": "theirs", "title": "new"}]])

    def another_ingest() -> None:
        for feed in other:
            HybridClient(es, settings=Settings()).ingest(index_name, feed)

    proxy.on_bulk = another_ingest
    report = await run.ingest(index_name, products(48, price=7), delete_missing=True)
    assert report.deleted == 1, "p49 alone: nobody wrote it since"
    left = await ids_in(proxied, index_name)
    assert {"p48", "theirs"} <= left
    assert "p49" not in left


async def test_what_changes_between_the_look_and_the_delete_stays(
    proxied: AsyncElasticsearch, proxy: BulkProxy, es: Elasticsearch, index_name: str
) -> None:
    """Each delete names the version that was seen; another writer's newer one is left, and said."""
    await create_index(proxied, index_name)
    run = ingestor(proxied)
    await run.ingest(index_name, products(50))
    proxy.on_bulk = lambda: es.index(index=index_name, id="p49", document={"title": "again"})
    report = await run.ingest(index_name, products(48), delete_missing=True)
    assert report.deleted == 1
    assert report.warnings[-1] == (
        "1 products that the feed lacks were written meanwhile: they stay"
    )
    assert "p49" in await ids_in(proxied, index_name)
