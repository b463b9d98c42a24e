"""Products reach the index, once, with their vectors; nothing is lost and nothing done twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.admin import create_index
from es_hybrid.errors import ConfigurationError, MappingMismatch, TooManyFailures
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import BadRecord, Record
from es_hybrid.readers import read_ndjson, read_products
from es_hybrid.testing import AsyncHashEmbedder
from es_hybrid.types import TextKind
from tests.es._async.ingesting import (
    DIMS,
    AsyncCountingEmbedder,
    document,
    ingestor,
    numbers,
    products,
)

pytestmark = pytest.mark.es


async def test_products_are_stored_with_their_vectors(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Document, text, model, dims and vector are there, and found by words and by vector."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    report = await ingestor(async_es, embedder).ingest(index_name, products(25))
    assert numbers(report) == (25, 25, 0, 0)
    assert (report.embedded, report.without_vector, report.warnings) == (25, 0, ())
    stored = await document(async_es, index_name, "p7")
    assert stored["title"] == "shoe number 7"
    assert (stored["id"], stored["embedding_model"], stored["embedding_dims"]) == (
        "p7",
        "hash-16",
        DIMS,
    )
    rows = await AsyncHashEmbedder(DIMS).embed(
        ["shoe number 7"], kind=TextKind.DOCUMENT, timeout_s=1
    )
    assert stored["embedding"] == pytest.approx(rows[0].tolist(), abs=1e-6)
    found = await async_es.search(
        index=index_name,
        knn={
            "field": "embedding",
            "query_vector": rows[0].tolist(),
            "k": 1,
            "num_candidates": 25,
        },
    )
    assert found["hits"]["hits"][0]["_id"] == "p7"


async def test_the_same_feed_again_changes_nothing(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A nightly feed of the same products embeds and writes nothing."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    await ingestor(async_es, embedder).ingest(index_name, products(25))
    before = (await async_es.indices.stats(index=index_name))["_all"]["primaries"]["indexing"]
    embedder.texts.clear()
    report = await ingestor(async_es, embedder).ingest(index_name, products(25))
    assert numbers(report) == (25, 0, 25, 0)
    assert (embedder.texts, report.embedded, report.without_vector) == ([], 0, 0)
    after = (await async_es.indices.stats(index=index_name))["_all"]["primaries"]["indexing"]
    assert after["index_total"] == before["index_total"]


async def test_a_price_change_keeps_the_vector_and_embeds_nothing(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A changed product of an unchanged text is replaced, its vector survives on the server."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    old = products(3, attributes={"size": 4, "gone": 1})
    await ingestor(async_es, embedder).ingest(index_name, old)
    before = await document(async_es, index_name, "p1")
    embedder.texts.clear()
    report = await ingestor(async_es, embedder).ingest(
        index_name, products(3, price=5, attributes={"size": 4})
    )
    assert numbers(report) == (3, 3, 0, 0)
    assert (embedder.texts, report.without_vector) == ([], 0)
    after = await document(async_es, index_name, "p1")
    assert after["embedding"] == before["embedding"]
    assert after["embedding_text_hash"] == before["embedding_text_hash"]
    assert after["price"] == 5
    assert after["attributes"] == {"size": 4}, "what a product no longer has is gone"


async def test_a_changed_text_is_embedded_again(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Only the text that changed goes to the embedder."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    await ingestor(async_es, embedder).ingest(index_name, products(5))
    embedder.texts.clear()
    feed = products(5)
    feed[2]["title"] = "boot"
    report = await ingestor(async_es, embedder).ingest(index_name, feed)
    assert numbers(report) == (5, 1, 4, 0)
    assert embedder.texts == ["boot"]


async def test_without_an_embedder_a_change_keeps_what_is_there(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """An ingest without an embedder neither loses vectors nor hides what is missing."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    await ingestor(async_es, embedder).ingest(index_name, products(2))
    report = await ingestor(async_es).ingest(index_name, products(3, price=9))
    assert numbers(report) == (3, 3, 0, 0)
    assert report.without_vector == 1
    assert "no embedder is configured (first: p2)" in report.warnings[0]
    assert "embedding" in await document(async_es, index_name, "p1")
    assert "embedding" not in await document(async_es, index_name, "p2")
    report = await ingestor(async_es, embedder).ingest(index_name, products(3, price=9))
    assert numbers(report) == (3, 1, 2, 0)
    assert "embedding" in await document(async_es, index_name, "p2")


async def test_vectors_brought_along_are_stored_and_kept(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A shop's own vectors are written, compared, replaced when they change, and survive a price."""
    await create_index(async_es, index_name, dims=DIMS, model="own")
    rows = np.random.default_rng(1).normal(size=(4, DIMS)).astype(np.float16)
    vectors = {f"p{n}": row for n, row in enumerate(rows) if n != 3}
    run = ingestor(async_es)
    report = await run.ingest(index_name, products(4), vectors=vectors, model="own")
    assert (numbers(report), report.without_vector) == ((4, 4, 0, 0), 1)
    assert report.warnings == ("1 product: no vector among those brought along (first: p3)",)
    stored = await document(async_es, index_name, "p2")
    assert stored["embedding"] == pytest.approx(rows[2].astype(float).tolist(), rel=1e-3)
    again = await run.ingest(index_name, products(4), vectors=vectors)
    assert numbers(again) == (4, 0, 4, 0)
    vectors["p0"] = rows[3]
    assert numbers(await run.ingest(index_name, products(4), vectors=vectors)) == (4, 1, 3, 0)
    await run.ingest(index_name, products(4, price=3))
    assert "embedding" in await document(async_es, index_name, "p2")


async def test_a_lexical_index_takes_products_without_an_embedder(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """An index without a vector field says so once and counts nothing as missing."""
    await create_index(async_es, index_name)
    embedder = AsyncCountingEmbedder()
    report = await ingestor(async_es, embedder).ingest(index_name, products(3))
    assert (numbers(report), report.without_vector, embedder.texts) == ((3, 3, 0, 0), 0, [])
    assert report.warnings == ("the index has no vector field: products are found by words only",)


async def test_bad_records_are_reported_and_lose_nothing(
    async_es: AsyncElasticsearch, index_name: str, tmp_path: Path
) -> None:
    """Broken lines and products are reported with line and reason and can be fed back."""
    await create_index(async_es, index_name)
    feed: list[Any] = [
        Record(1, {"sku": "a", "title": "one", "price": "¥1,299.00"}),
        BadRecord(2, "is not JSON", "{"),
        Record(3, {"title": "no id"}),
        Record(4, {"sku": "c", "price": "free"}),
        Record(5, {"sku": "d", "title": "x", "k" * 40_000: "v"}),
        Record(6, {"sku": "e", "title": "two", "ean": "1;2", "created_at": "2026/11/14"}),
    ]
    dead = tmp_path / "dead.ndjson"
    run = ingestor(async_es)
    report = await run.ingest(index_name, feed, id_field="sku", dead_letter=dead)
    assert numbers(report) == (6, 2, 0, 4)
    found = {failure.line: (failure.id, failure.reason) for failure in report.failures}
    assert found[2] == (None, "is not JSON")
    assert "no id: field 'sku'" in found[3][1]
    assert found[4] == ("c", "field 'price' is not a number")
    assert found[5][0] == "d"
    assert found[5][1].startswith("400 document_parsing_exception")
    assert "kkkkkkkk" * 10 not in found[5][1]
    stored = await document(async_es, index_name, "e")
    assert (stored["ean"], stored["created_at"]) == (["1", "2"], "2026-11-14T00:00:00Z")
    assert (await document(async_es, index_name, "a"))["price"] == 1299.0
    mended = []
    for item in read_ndjson(dead):
        if isinstance(item, Record) and item.product.get("sku") == "c":
            mended.append(Record(item.line, dict(item.product) | {"price": 5}))
        else:
            mended.append(item)  # type: ignore[arg-type]
    report = await run.ingest(index_name, mended, id_field="sku", dead_letter=dead)
    assert numbers(report) == (4, 1, 0, 3)
    assert len(list(read_ndjson(dead))) == 3


async def test_the_last_of_an_id_wins(async_es: AsyncElasticsearch, index_name: str) -> None:
    """Wherever two records of one id stand in a feed, the later one is in the index."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    feed = products(30)
    feed[1] = {"id": "p0", "title": "same chunk"}
    feed[25] = {"id": "p3", "title": "other chunk"}
    feed += [{"id": "p5", "title": "first"}, {"id": "p5", "title": "second"}]
    report = await ingestor(async_es, embedder, concurrency=4).ingest(index_name, feed)
    assert numbers(report) == (32, 30, 2, 0)
    assert report.duplicates == 4
    assert "p0 (lines 1 and 2), p3 (lines 4 and 26)" in report.warnings[0]
    for product_id, title in (("p0", "same chunk"), ("p3", "other chunk"), ("p5", "second")):
        assert (await document(async_es, index_name, product_id))["title"] == title
    assert (await async_es.count(index=index_name))["count"] == 28


async def test_going_back_to_an_older_version_within_a_feed_is_seen(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A record equal to what was stored before the run is written if the run changed it since."""
    await create_index(async_es, index_name)
    run = ingestor(async_es, batch=2)
    await run.ingest(index_name, products(6))
    feed = [products(1, price=99)[0], *products(6)[1:], products(1)[0]]
    report = await run.ingest(index_name, feed)
    assert numbers(report) == (7, 2, 5, 0)
    assert (await document(async_es, index_name, "p0"))["price"] == 0


async def test_fields_are_mapped_from_a_file(
    async_es: AsyncElasticsearch, index_name: str, tmp_path: Path
) -> None:
    """A CSV export with its own column names is ingested by a map."""
    path = tmp_path / "export.csv"
    path.write_text("nr,name,supplier,colour\n1,Tent,Fell,red\n2,Stove,Norvik,\n")
    await create_index(async_es, index_name)
    fields = FieldMap.parse("title=name,brand=supplier", id_field="nr")
    report = await ingestor(async_es).ingest(index_name, read_products(path), fields=fields)
    assert numbers(report) == (2, 2, 0, 0)
    stored = await document(async_es, index_name, "1")
    assert (stored["title"], stored["brand"]) == ("Tent", "Fell")
    assert stored["attributes"] == {"colour": "red"}
    with pytest.raises(ConfigurationError, match="unknown field 'nam'"):
        await ingestor(async_es).ingest(index_name, [], fields="nam=name")


@pytest.mark.parametrize(
    ("arguments", "embedder", "reason"),
    [
        ({}, AsyncHashEmbedder(DIMS, model="other"), "holds vectors of m, the run has other"),
        ({}, AsyncHashEmbedder(8, model="m"), "m gives vectors of 8 dims, .* takes 16"),
        ({"vectors": {}, "model": "other"}, None, "holds vectors of m, the run has other"),
    ],
)
async def test_another_model_is_refused_before_anything_is_written(
    async_es: AsyncElasticsearch,
    index_name: str,
    arguments: dict[str, Any],
    embedder: Any,
    reason: str,
) -> None:
    """Vectors of two models never meet in one index."""
    await create_index(async_es, index_name, dims=DIMS, model="m")
    with pytest.raises(MappingMismatch, match=reason):
        await ingestor(async_es, embedder).ingest(index_name, products(3), **arguments)
    await async_es.indices.refresh(index=index_name)
    assert (await async_es.count(index=index_name))["count"] == 0


async def test_a_missing_index_is_not_created(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A typo in the alias is an error that says what to run, not a new index."""
    with pytest.raises(ConfigurationError, match=f"es-hybrid create-index {index_name}"):
        await ingestor(async_es).ingest(index_name, products(3))
    assert not await async_es.indices.exists(index=index_name)


async def test_progress_is_told_and_failures_are_limited(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The numbers grow chunk by chunk, and a hopeless run ends with its report."""
    await create_index(async_es, index_name)
    seen: list[IngestReport] = []
    await ingestor(async_es).ingest(index_name, products(35), on_progress=seen.append)
    assert [report.read for report in seen] == [10, 20, 30, 35]
    feed = [{"title": "no id"}] * 100
    with pytest.raises(TooManyFailures) as caught:
        await ingestor(async_es, max_failures=15).ingest(index_name, feed)
    assert caught.value.report.failed == 20


async def test_products_are_searchable_when_asked_for(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """After an ingest a search sees the products, without waiting."""
    await create_index(async_es, index_name)
    await ingestor(async_es).ingest(index_name, products(3))
    assert (await async_es.count(index=index_name))["count"] == 3


async def test_the_callers_client_is_left_as_it_is(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Retries are switched off on a copy; the shop's client goes on working."""
    await create_index(async_es, index_name)
    before = dict(vars(async_es))
    await ingestor(async_es).ingest(index_name, products(1))
    assert dict(vars(async_es)) == before
