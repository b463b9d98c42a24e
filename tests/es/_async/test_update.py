"""A change of price or stock changes price or stock, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid._async.admin import create_index
from es_hybrid._async.update import AsyncUpdater
from es_hybrid.errors import ConfigurationError, TooManyFailures
from es_hybrid.indexing.sources import Record
from es_hybrid.readers import read_products
from es_hybrid.settings import IngestSettings, Settings
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


def updater(es: AsyncElasticsearch, **limits: Any) -> AsyncUpdater:
    return AsyncUpdater(es, settings=Settings(ingest=IngestSettings(**{"batch": 10} | limits)))


async def test_price_and_stock_change_and_the_vector_stays(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Values are read as in ingestion; vector, text and all other fields are what they were."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    await ingestor(async_es, embedder).ingest(index_name, products(25, brand="Fell"))
    before = await document(async_es, index_name, "p7")
    rows = [
        {"id": f"p{n}", "price": "¥1,299.00", "sales_total": "1.2万+", "stock": n}
        for n in range(25)
    ]
    report = await updater(async_es).update(index_name, rows)
    assert numbers(report) == (25, 25, 0, 0)
    assert report.warnings == ()
    after = await document(async_es, index_name, "p7")
    changed = {"price": 1299.0, "currency": "¥", "sales_total": 12000, "stock": 7}
    assert after == before | changed | {"document_hash": after["document_hash"]}
    found = await async_es.search(
        index=index_name,
        knn={
            "field": "embedding",
            "query_vector": before["embedding"],
            "k": 1,
            "num_candidates": 25,
            "filter": {"term": {"price": 1299}},
        },
    )
    assert found["hits"]["hits"][0]["_id"] == "p7"


async def test_the_next_full_feed_does_the_right_thing(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A feed with the updated values writes nothing; one with other values writes them."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    run = ingestor(async_es, embedder)
    more = {
        "attributes": {"size": 4.5, "n": 10},
        "created_at": "2026/11/14",
        "rating": 4,
        "ean": "1;2",
    }
    await run.ingest(index_name, products(3, **more))
    rows = [{"id": f"p{n}", "price": 77, "rating": 4.25} for n in range(3)]
    assert numbers(await updater(async_es).update(index_name, rows)) == (3, 3, 0, 0)
    same = products(3, **more | {"price": 77, "rating": 4.25})
    assert numbers(await run.ingest(index_name, same)) == (3, 0, 3, 0)
    assert numbers(await run.ingest(index_name, products(3, **more))) == (3, 3, 0, 0)
    assert (await document(async_es, index_name, "p2"))["price"] == 2


async def test_the_same_values_again_write_nothing(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A row that changes nothing is counted and not written; empty fields stay as they are."""
    await create_index(async_es, index_name)
    await ingestor(async_es).ingest(index_name, products(3, stock=5))
    before = await document(async_es, index_name, "p1")
    rows: list[dict[str, Any]] = [
        {"id": "p1", "price": "1.0", "stock": ""},
        {"id": "p2", "stock": None},
    ]
    assert numbers(await updater(async_es).update(index_name, rows)) == (2, 0, 2, 0)
    assert await document(async_es, index_name, "p1") == before


async def test_what_cannot_be_updated_is_reported_and_changes_nothing(
    async_es: AsyncElasticsearch, index_name: str, tmp_path: Path
) -> None:
    """Ids that are not there, unknown fields, wrong values and changed texts are dead letters."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    await ingestor(async_es, embedder).ingest(index_name, products(4))
    rows = [
        Record(2, {"id": "p0", "price": 9}),
        Record(3, {"id": "gone", "price": 9}),
        Record(4, {"id": "p1", "pric": 9}),
        Record(5, {"id": "p2", "price": "free"}),
        Record(6, {"id": "p3", "title": "another shoe", "price": 9}),
        Record(7, {"price": 9}),
        Record(8, {"id": "p3", "title": "shoe number 3", "price": 9}),
    ]
    dead = tmp_path / "dead.ndjson"
    report = await updater(async_es).update(index_name, rows, dead_letter=dead)
    assert numbers(report) == (7, 2, 0, 5)
    reasons = {failure.line: failure.reason for failure in report.failures}
    assert reasons[3] == "404 there is no such product"
    assert reasons[4] == "field 'pric' is not one that can be updated; did you mean 'price'?"
    assert reasons[5] == "field 'price' is not a number"
    assert reasons[6].startswith("changes the text that is embedded (price, title)")
    assert reasons[7].startswith("no id")
    assert len(list(read_products(dead))) == 5
    assert not await async_es.exists(index=index_name, id="gone")
    assert (await document(async_es, index_name, "p3"))["title"] == "shoe number 3"
    assert sorted(embedder.texts) == [f"shoe number {n}" for n in range(4)]


async def test_a_text_without_a_vector_may_change(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Where no vector stands for it, a title is a field like any other."""
    await create_index(async_es, index_name)
    await ingestor(async_es).ingest(index_name, products(1))
    rows = [{"id": "p0", "title": "boot"}]
    assert numbers(await updater(async_es).update(index_name, rows)) == (1, 1, 0, 0)
    assert (await document(async_es, index_name, "p0"))["title"] == "boot"


async def test_two_changes_of_one_product_are_both_made(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A later row does not undo an earlier one, wherever the two stand."""
    await create_index(async_es, index_name)
    await ingestor(async_es).ingest(index_name, products(30))
    rows: list[dict[str, Any]] = [{"id": "p0", "price": 5}, {"id": "p0", "stock": 6}]
    rows += [{"id": f"p{n}", "price": 1000} for n in range(1, 30)]
    rows += [{"id": "p0", "price": 8}]
    report = await updater(async_es, concurrency=4).update(index_name, rows)
    assert numbers(report) == (32, 32, 0, 0)
    stored = await document(async_es, index_name, "p0")
    assert (stored["price"], stored["stock"]) == (8, 6)


async def test_a_currency_is_kept_where_the_symbol_says_less(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """`¥` does not turn CNY into something vaguer; a code that says something else is kept."""
    await create_index(async_es, index_name)
    await ingestor(async_es).ingest(index_name, products(2, currency="CNY"))
    rows = [{"id": "p0", "price": "¥9"}, {"id": "p1", "price": "€ 9"}]
    await updater(async_es).update(index_name, rows)
    assert (await document(async_es, index_name, "p0"))["currency"] == "CNY"
    assert (await document(async_es, index_name, "p1"))["currency"] == "EUR"


async def test_a_brought_vector_stays_and_the_next_feed_rewrites(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The hash of a product that brought its vector cannot be made anew: a feed writes it whole."""
    await create_index(async_es, index_name, dims=DIMS, model="own")
    vectors = {"p0": np.arange(1, DIMS + 1, dtype=np.float32)}
    run = ingestor(async_es)
    await run.ingest(index_name, products(1), vectors=vectors)
    before = (await document(async_es, index_name, "p0"))["embedding"]
    await updater(async_es).update(index_name, [{"id": "p0", "price": 5}])
    assert (await document(async_es, index_name, "p0"))["embedding"] == before
    again = await run.ingest(index_name, products(1, price=5), vectors=vectors)
    assert numbers(again) == (1, 1, 0, 0)
    assert (await document(async_es, index_name, "p0"))["price"] == 5


async def test_a_document_that_changed_meanwhile_keeps_no_wrong_hash(
    proxied: AsyncElasticsearch, proxy: BulkProxy, es: Elasticsearch, index_name: str
) -> None:
    """An update that met a writer leaves no hash behind, so that the next feed looks again."""
    await create_index(proxied, index_name)
    run = ingestor(proxied)
    await run.ingest(index_name, products(1))

    def another_writer() -> None:
        es.update(index=index_name, id="p0", doc={"stock": 1, "document_hash": "another"})

    proxy.on_bulk = another_writer  # after the update has looked, before it writes
    await updater(proxied).update(index_name, [{"id": "p0", "price": 5}])
    proxy.on_bulk = lambda: None
    stored = await document(proxied, index_name, "p0")
    assert (stored["price"], stored["stock"]) == (5, 1)
    assert "document_hash" not in stored
    assert numbers(await run.ingest(index_name, products(1, price=5))) == (1, 1, 0, 0)


async def test_an_update_of_nowhere_is_an_error(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """No index is made by an update, unknown fields of a map are named, and failures are limited."""
    with pytest.raises(ConfigurationError, match="there is no index"):
        await updater(async_es).update(index_name, [])
    await create_index(async_es, index_name)
    with pytest.raises(ConfigurationError, match="unknown field 'cost'"):
        await updater(async_es).update(index_name, [], fields="cost=price")
    with pytest.raises(TooManyFailures):
        await updater(async_es, max_failures=3).update(
            index_name, [{"id": f"x{n}", "price": 1} for n in range(20)]
        )
