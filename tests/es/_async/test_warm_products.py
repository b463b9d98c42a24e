"""Vectors of stored products, computed ahead of time and never over anything newer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, ConfigurationError, MappingMismatch, Settings
from es_hybrid.testing import AsyncHashEmbedder
from es_hybrid.types import TextKind, Vectors

pytestmark = pytest.mark.es

DIMS = 16
MODEL = "hash-16"


class AsyncWatchedEmbedder:
    """Remembers what it was asked, and does something of a test's own on the way."""

    def __init__(self, *, model: str = MODEL) -> None:
        self.model = model
        self.texts: list[str] = []
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None
        self._inner = AsyncHashEmbedder(DIMS)

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        new = [text for text in texts if text != "product"]
        self.texts += new
        if new and self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            await act()
        return await self._inner.embed(texts, kind=kind, timeout_s=timeout_s)


class AsyncBrokenEmbedder:
    """Is down."""

    model = MODEL

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        raise ConnectionError("nobody is there")


def shop_of(es: AsyncElasticsearch, embedder: Any) -> AsyncHybridClient:
    settings = Settings(ingest={"batch": 4, "max_attempts": 2})
    return AsyncHybridClient(es, settings=settings, embedder=embedder)


async def filled(es: AsyncElasticsearch, name: str, *, count: int = 10) -> None:
    """Store products without vectors, as while the embedder was down."""
    shop = shop_of(es, None)
    await shop.create_index(name, dims=DIMS, model=MODEL)
    products = [{"id": f"p{n}", "title": f"shoe number {n}", "price": n} for n in range(count)]
    report = await shop.ingest(name, products)
    assert report.without_vector == count


async def with_vector(es: AsyncElasticsearch, name: str) -> int:
    await es.indices.refresh(index=name)
    answer = await es.count(index=name, query={"exists": {"field": "embedding"}})
    return int(answer["count"])


async def test_what_lacks_a_vector_gets_one(async_es: AsyncElasticsearch, index_name: str) -> None:
    """Each product is embedded once, is found by meaning, and its document is otherwise the same."""
    await filled(async_es, index_name)
    before = (await async_es.get(index=index_name, id="p3"))["_source"]
    embedder = AsyncWatchedEmbedder()
    shop = shop_of(async_es, embedder)
    told: list[int] = []
    report = await shop.warm_products(index_name, on_progress=lambda r: told.append(r.products))
    assert (report.products, report.computed, report.failed) == (10, 10, 0)
    assert told == [4, 8, 10]
    assert sorted(embedder.texts) == sorted(f"shoe number {n}" for n in range(10))
    assert await with_vector(async_es, index_name) == 10
    after = (await async_es.get(index=index_name, id="p3", source_excludes="embedding"))["_source"]
    assert after.items() >= before.items()
    assert (after["embedding_model"], after["embedding_dims"]) == (MODEL, DIMS)
    embedder.texts.clear()
    found = await shop.search(index=index_name, query={"match": {"title": "shoe number 3"}})
    assert found.hybrid.degraded == ()
    again = await shop.warm_products(index_name)
    assert (again.computed, again.up_to_date) == (0, 10)
    assert embedder.texts == ["shoe number 3"]  # the search's own


async def test_ingestion_takes_over_what_was_computed(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The same feed afterwards writes and embeds nothing: the hashes are ingestion's own."""
    await filled(async_es, index_name)
    embedder = AsyncWatchedEmbedder()
    shop = shop_of(async_es, embedder)
    await shop.warm_products(index_name)
    feed = [{"id": f"p{n}", "title": f"shoe number {n}", "price": n} for n in range(10)]
    report = await shop.ingest(index_name, feed)
    assert (report.unchanged, report.embedded, len(embedder.texts)) == (10, 0, 10)


async def test_changed_texts_alone_are_computed_again(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Of products changed behind our back, a new title needs a new vector, a new price does not."""
    await filled(async_es, index_name)
    embedder = AsyncWatchedEmbedder()
    shop = shop_of(async_es, embedder)
    await shop.warm_products(index_name)
    await async_es.update(index=index_name, id="p1", doc={"price": 99})
    await async_es.update(index=index_name, id="p2", doc={"title": "boot"}, refresh=True)
    embedder.texts.clear()
    report = await shop.warm_products(index_name)
    assert (report.computed, embedder.texts) == (1, ["boot"])


async def test_named_products_alone(async_es: AsyncElasticsearch, index_name: str) -> None:
    """Only the ids of a promotion are computed; those the index does not have are counted."""
    await filled(async_es, index_name)
    shop = shop_of(async_es, AsyncWatchedEmbedder())
    ids = ["p7", "p2", "gone", "p7"]
    report = await shop.warm_products(index_name, ids=ids)
    assert (report.products, report.computed, report.missing) == (2, 2, 1)
    assert await with_vector(async_es, index_name) == 2


async def test_a_newer_write_is_never_overwritten(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """What is changed or deleted while its vector is computed stays as its writer left it."""
    await filled(async_es, index_name)
    embedder = AsyncWatchedEmbedder()
    shop = shop_of(async_es, embedder)

    async def write() -> None:
        await async_es.update(index=index_name, id="p1", doc={"title": "boot"})
        await async_es.delete(index=index_name, id="p2")

    embedder.meanwhile = write
    report = await shop.warm_products(index_name, ids=["p1", "p2", "p3"])
    assert (report.computed, report.overtaken, report.failed) == (1, 2, 0)
    stored = (await async_es.get(index=index_name, id="p1"))["_source"]
    assert stored["title"] == "boot"
    assert "embedding_text_hash" not in stored
    assert not await async_es.exists(index=index_name, id="p2")
    assert (await shop.warm_products(index_name, ids=["p1"])).computed == 1


async def test_a_dead_embedder_is_a_failure_with_its_reason(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Nothing is written, every product is counted, and the next run begins where it was."""
    await filled(async_es, index_name)
    report = await shop_of(async_es, AsyncBrokenEmbedder()).warm_products(index_name)
    assert (report.computed, report.failed, report.reason) == (0, 10, "ConnectionError")
    assert await with_vector(async_es, index_name) == 0


async def test_vectors_that_do_not_belong_there_are_refused(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Another model than the index's, no embedder, or an index of words alone: nothing is done."""
    await filled(async_es, index_name)
    with pytest.raises(MappingMismatch, match="hash-16"):
        await shop_of(async_es, AsyncWatchedEmbedder(model="other")).warm_products(index_name)
    with pytest.raises(ConfigurationError, match="no embedder"):
        await shop_of(async_es, None).warm_products(index_name)
