"""No text is embedded twice: not within a run, not in another index, not on another day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.admin import create_index
from es_hybrid._async.ingest import AsyncIngestor
from es_hybrid.errors import ConfigurationError, MappingMismatch
from es_hybrid.settings import CacheSettings, IngestSettings, Settings
from es_hybrid.types import Vector
from tests.es._async.ingesting import (
    DIMS,
    AsyncCountingEmbedder,
    document,
    ingestor,
    numbers,
    products,
)
from tests.support.feeds import daily_feeds
from tests.support.redis_servers import RedisServer

pytestmark = pytest.mark.es


@pytest.fixture
def vectors_name(es: Any, index_name: str) -> Iterator[str]:
    """A name for an index of hash → vector; it goes with the test."""
    name = f"{index_name}-vectors"
    yield name
    es.indices.delete(index=name, ignore_unavailable=True)


class AsyncOwnStore:
    """A shop's own store, which may be told to fail."""

    def __init__(self) -> None:
        self.held: dict[str, Vector] = {}
        self.fails = False

    async def get_many(self, text_hashes: Sequence[str]) -> Mapping[str, Vector]:
        if self.fails:
            raise OSError("no route to host")
        return {key: self.held[key] for key in text_hashes if key in self.held}

    async def put_many(self, vectors: Mapping[str, Vector]) -> None:
        self.held.update(vectors)


async def test_a_text_that_comes_twice_is_embedded_once(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Equal texts of one run, in one chunk or in two, share a vector; each product has it."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    feed = [{"id": f"p{n}", "title": f"shoe {n % 3}"} for n in range(35)]
    report = await ingestor(async_es, embedder).ingest(index_name, feed)
    assert numbers(report) == (35, 35, 0, 0)
    assert sorted(embedder.texts) == ["shoe 0", "shoe 1", "shoe 2"]
    assert (report.embedded, report.reused, report.without_vector) == (3, 32, 0)
    first = await document(async_es, index_name, "p0")
    assert first["embedding"] == (await document(async_es, index_name, "p33"))["embedding"]


async def test_a_text_that_another_product_has_is_not_embedded(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A product under a new id takes the vector of its text from the index."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    await ingestor(async_es, embedder).ingest(index_name, products(3))
    embedder.texts.clear()
    report = await ingestor(async_es, embedder).ingest(
        index_name, [{"id": "new", "title": "shoe number 1"}]
    )
    assert (embedder.texts, report.reused) == ([], 1)
    assert "embedding" in await document(async_es, index_name, "new")


async def test_a_new_index_takes_its_vectors_from_the_one_before(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A nightly rebuild embeds only what is new; the vectors arrive as they were."""
    embedder = AsyncCountingEmbedder()
    old = await create_index(async_es, index_name, embedder=embedder)
    await ingestor(async_es, embedder).ingest(index_name, products(25))
    before = await document(async_es, old, "p7")
    await async_es.indices.delete_alias(index=old, name=index_name)
    await create_index(async_es, index_name, embedder=embedder)
    embedder.texts.clear()
    feed = [*products(25, price=1), {"id": "new", "title": "boot"}]
    run = ingestor(async_es, embedder)
    report = await run.ingest(index_name, feed, vectors_from="previous")
    assert numbers(report) == (26, 26, 0, 0)
    assert (embedder.texts, report.embedded, report.reused) == (["boot"], 1, 25)
    after = await document(async_es, index_name, "p7")
    assert after["embedding"] == pytest.approx(before["embedding"], abs=1e-6)
    assert (after["embedding_text_hash"], after["price"]) == (before["embedding_text_hash"], 1)


async def test_any_index_of_products_gives_its_vectors(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The old index may be named; without an embedder what is known is stored all the same."""
    embedder = AsyncCountingEmbedder()
    other = f"{index_name}-other"
    await create_index(async_es, other, embedder=embedder)
    await ingestor(async_es, embedder).ingest(other, products(3))
    await create_index(async_es, index_name, embedder=embedder)
    report = await ingestor(async_es).ingest(index_name, products(4), vectors_from=other)
    assert (numbers(report), report.reused, report.without_vector) == ((4, 4, 0, 0), 3, 1)


async def test_vectors_of_another_model_are_not_taken(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The hash covers model and dims, so that two models never meet."""
    other = f"{index_name}-other"
    await create_index(async_es, other, embedder=AsyncCountingEmbedder("older"))
    await ingestor(async_es, AsyncCountingEmbedder("older")).ingest(other, products(3))
    embedder = AsyncCountingEmbedder("newer")
    await create_index(async_es, index_name, embedder=embedder)
    report = await ingestor(async_es, embedder).ingest(index_name, products(3), vectors_from=other)
    assert (report.embedded, report.reused) == (3, 0)


@pytest.mark.parametrize(("home", "days"), [("own", 10), ("index", 3), ("redis", 3)])
async def test_days_of_feeds_embed_each_text_once(
    async_es: AsyncElasticsearch,
    index_name: str,
    vectors_name: str,
    redis_server: RedisServer,
    home: str,
    days: int,
) -> None:
    """Feeds of some days, each into an index of its own, embed exactly the distinct new texts.

    Titles change and change back, products go and come again: an index alone would not know a text
    that it no longer has.
    """
    embedder = AsyncCountingEmbedder()
    own = AsyncOwnStore()
    places: dict[str, Any] = {"index": f"index:{vectors_name}", "redis": "redis", "own": own}
    settings = Settings(
        ingest=IngestSettings(batch=20),
        cache=CacheSettings.model_validate({"redis_url": redis_server.url}),
    )
    seen: set[str] = set()
    for feed in daily_feeds(days=days, products=60):
        index = await create_index(async_es, index_name, embedder=embedder)
        embedder.texts.clear()
        run = AsyncIngestor(async_es, settings=settings, embedder=embedder)
        report = await run.ingest(index, feed, vectors_from=places[home])
        fresh = {str(product["title"]) for product in feed} - seen
        assert sorted(embedder.texts) == sorted(fresh)
        assert (report.embedded, report.without_vector) == (len(fresh), 0)
        assert report.reused == len(feed) - len(fresh)
        seen |= fresh
        await async_es.indices.delete(index=index)
    assert len(seen) > 50


async def test_a_store_that_fails_costs_time_and_is_named(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Products are stored with new vectors, and the report says which store failed."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    store = AsyncOwnStore()
    store.fails = True
    report = await ingestor(async_es, embedder).ingest(index_name, products(25), vectors_from=store)
    assert (numbers(report), report.embedded) == ((25, 25, 0, 0), 25)
    assert report.warnings == ("vectors_from AsyncOwnStore failed: OSError",)


async def test_unsound_vectors_of_a_store_are_made_anew(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Wrong dims, NaN and zero never reach a product."""
    embedder = AsyncCountingEmbedder()
    await create_index(async_es, index_name, embedder=embedder)
    store = AsyncOwnStore()
    await ingestor(async_es, embedder).ingest(index_name, products(3), vectors_from=store)
    bad: list[Any] = [np.ones(DIMS + 1), np.full(DIMS, np.nan), np.zeros(DIMS)]
    store.held = dict(zip(store.held, bad, strict=True))
    await async_es.delete_by_query(index=index_name, query={"match_all": {}}, refresh=True)
    report = await ingestor(async_es, embedder).ingest(index_name, products(3), vectors_from=store)
    assert (report.embedded, report.reused, report.without_vector) == (3, 0, 0)


@pytest.mark.parametrize(
    ("place", "error", "words"),
    [
        ("nowhere", ConfigurationError, "there is no index nowhere"),
        ("previous", ConfigurationError, "there is no index before"),
        ("redis", ConfigurationError, "set ES_HYBRID_CACHE__REDIS_URL"),
        ("index:", ConfigurationError, "names nothing"),
        ("foreign", MappingMismatch, "was not created by es-hybrid"),
        (object(), ConfigurationError, "object has no method get_many"),
    ],
)
async def test_a_place_that_has_no_vectors_is_an_error_before_anything_is_written(
    async_es: AsyncElasticsearch,
    index_name: str,
    place: Any,
    error: type[Exception],
    words: str,
) -> None:
    """A typo does not cost a night of embedding."""
    if place == "foreign":
        place = f"{index_name}-foreign"
        await async_es.indices.create(index=place)
    await create_index(async_es, index_name, dims=DIMS, model="m")
    with pytest.raises(error, match=words):
        await ingestor(async_es).ingest(index_name, products(1), vectors_from=place)
    await async_es.indices.refresh(index=index_name)
    assert (await async_es.count(index=index_name))["count"] == 0
