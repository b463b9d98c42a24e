"""Feeds may overtake each other; the index ends with what the newest says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import HybridClient
from es_hybrid._async.admin import create_index
from es_hybrid._async.update import AsyncUpdater
from es_hybrid.errors import ConfigurationError
from es_hybrid.settings import Settings
from es_hybrid.testing import HashEmbedder
from tests.es._async.ingesting import (
    DIMS,
    AsyncCountingEmbedder,
    document,
    ingestor,
    numbers,
    products,
)
from tests.support.bulk_proxy import BulkProxy

pytestmark = pytest.mark.es

EARLY, LATE = "2026-11-20T03:00:00Z", "2026-11-21T03:00:00Z"


async def test_an_older_feed_changes_nothing_that_a_newer_one_wrote(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """What comes late is stale, and is not embedded; what only the older feed has is stored."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    run = ingestor(async_es, embedder)
    await run.ingest(index_name, products(12, price=2), feed_time=LATE)
    embedder.texts.clear()
    old = [{"id": "p0", "title": "an older text"}, *products(15, price=1)[1:]]
    report = await run.ingest(index_name, old, feed_time=EARLY)
    assert (numbers(report), report.stale) == ((15, 3, 0, 0), 12)
    assert sorted(embedder.texts) == ["shoe number 12", "shoe number 13", "shoe number 14"]
    stored = await document(async_es, index_name, "p0")
    assert (stored["title"], stored["price"]) == ("shoe number 0", 2)
    assert (await document(async_es, index_name, "p13"))["price"] == 1


async def test_a_newer_feed_replaces_and_keeps_vectors(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """With feed times too, a price keeps the vector, a text gets a new one, what is gone is gone."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    run = ingestor(async_es, embedder)
    await run.ingest(index_name, products(3, tags="a"), feed_time=EARLY)
    before = await document(async_es, index_name, "p1")
    embedder.texts.clear()
    feed = [*products(2, price=9), {"id": "p2", "title": "boot"}]
    report = await run.ingest(index_name, feed, feed_time=datetime(2026, 11, 21, 3, tzinfo=UTC))
    assert (numbers(report), report.without_vector) == ((3, 3, 0, 0), 0)
    assert embedder.texts == ["boot"]
    after = await document(async_es, index_name, "p1")
    assert after["embedding"] == before["embedding"]
    assert (after["price"], after["feed_time"]) == (9, "2026-11-21T03:00:00.000Z")
    assert "tags" not in after
    changed = await document(async_es, index_name, "p2")
    assert changed["embedding"] != (await document(async_es, index_name, "p0"))["embedding"]


async def test_a_newer_feed_that_agrees_is_remembered(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A product that the newest feed found unchanged is not changed by one between the two."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    run = ingestor(async_es, embedder)
    await run.ingest(index_name, products(3), feed_time="2026-11-19")
    report = await run.ingest(index_name, products(3), feed_time=LATE)
    assert (numbers(report), report.stale) == ((3, 0, 3, 0), 0)
    report = await run.ingest(index_name, products(3, price=99), feed_time=EARLY)
    assert (report.stale, report.indexed) == (3, 0)
    stored = await document(async_es, index_name, "p1")
    assert (stored["price"], "embedding" in stored) == (1, True)


async def test_the_same_feed_again_writes_nothing(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A feed of the same time goes on after a stop, and is neither stale nor written twice."""
    await create_index(async_es, index_name)
    run = ingestor(async_es)
    await run.ingest(index_name, products(5), feed_time=LATE)
    before = (await async_es.indices.stats(index=index_name))["_all"]["primaries"]["indexing"]
    report = await run.ingest(index_name, products(5), feed_time=LATE)
    assert (numbers(report), report.stale) == ((5, 0, 5, 0), 0)
    after = (await async_es.indices.stats(index=index_name))["_all"]["primaries"]["indexing"]
    assert after["index_total"] == before["index_total"]


async def test_two_ingests_at_once_end_with_the_newest(
    proxied: AsyncElasticsearch, proxy: BulkProxy, es: Elasticsearch, index_name: str
) -> None:
    """A newer feed that writes between an older one's look and its write wins on the server."""
    embedder = AsyncCountingEmbedder()
    await create_index(proxied, index_name, embedder=embedder)
    run = ingestor(proxied, embedder)
    await run.ingest(index_name, products(10), feed_time="2026-11-19")
    changed = [{"id": f"p{n}", "title": f"boot {n}", "price": 5} for n in range(5)]
    newer = [*changed, *products(12)[5:]]  # five changed, five as they are stored, two new
    feeds = iter([newer])

    def another_ingest() -> None:
        for feed in feeds:
            with HybridClient(es, settings=Settings(), embedder=HashEmbedder(DIMS)) as shop:
                shop.ingest(index_name, feed, feed_time=LATE)

    proxy.on_bulk = another_ingest  # after the older feed has looked, before it writes
    older = products(12, price=99)
    older[1] = {"id": "p1", "title": "sandal"}
    report = await ingestor(proxied, embedder, batch=50).ingest(index_name, older, feed_time=EARLY)
    assert (numbers(report), report.stale) == ((12, 0, 0, 0), 12)
    for product in newer:
        stored = await document(proxied, index_name, str(product["id"]))
        assert (stored["title"], stored["price"]) == (product["title"], product["price"])
        assert "embedding" in stored
    again = await run.ingest(index_name, newer, feed_time=LATE)
    assert (numbers(again), again.without_vector) == ((12, 0, 12, 0), 0)


async def test_updates_and_deletes_respect_a_newer_feed(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A late price file changes nothing, and a late full feed deletes nothing that is newer."""
    await create_index(async_es, index_name)
    run = ingestor(async_es)
    await run.ingest(index_name, products(4, price=2), feed_time=LATE)
    update = AsyncUpdater(async_es, settings=Settings()).update
    rows = [{"id": "p0", "price": 1}]
    report = await update(index_name, rows, feed_time=EARLY)
    assert (report.stale, numbers(report)) == (1, (1, 0, 0, 0))
    report = await update(index_name, rows, feed_time="2026-11-22")
    assert numbers(report) == (1, 1, 0, 0)
    report = await run.ingest(index_name, products(3, price=7), feed_time=LATE)
    assert (report.stale, report.indexed) == (1, 2)
    report = await run.ingest(
        index_name, products(1), feed_time=EARLY, delete_missing=True, max_delete_share=1
    )
    assert (report.deleted, (await async_es.count(index=index_name))["count"]) == (0, 4)


async def test_a_deleted_product_is_not_brought_back_by_an_older_feed(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """What a newer complete feed lacks stays away, whether the index has it or not."""
    await create_index(async_es, index_name)
    run = ingestor(async_es)
    await run.ingest(index_name, products(20), feed_time="2026-11-19")
    report = await run.ingest(index_name, products(19), feed_time=LATE, delete_missing=True)
    assert (report.deleted, report.warnings[1:]) == (1, ())
    report = await run.ingest(index_name, products(22, price=1), feed_time=EARLY)
    assert (report.stale, report.indexed) == (22, 0)
    assert (await async_es.count(index=index_name))["count"] == 19
    newest = products(22, price=99)
    report = await run.ingest(index_name, newest, feed_time="2026-11-22", delete_missing=True)
    assert (report.stale, report.indexed) == (0, 22)
    mapping = (await async_es.indices.get_mapping(index=index_name)).body.popitem()[1]
    meta = mapping["mappings"]["_meta"]["es_hybrid"]
    assert meta["complete_feed_time"] == "2026-11-22T00:00:00.000Z"
    assert meta["code_fields"], "what else the mapping says stays"


async def test_a_time_that_is_none_is_an_error(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Nothing guesses when a feed was made."""
    await create_index(async_es, index_name)
    for wrong in ("yesterday", "", "03/04/2024", datetime(2026, 1, 1)):  # noqa: DTZ001
        with pytest.raises(ConfigurationError, match="feed_time"):
            await ingestor(async_es).ingest(index_name, [], feed_time=wrong)
