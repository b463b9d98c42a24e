"""Another index is read as a feed: all of it, as it was, with vectors that fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, ConfigurationError, async_read_index
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.testing import AsyncHashEmbedder

pytestmark = pytest.mark.es


def products(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"p{n}", "title": f"shoe {n}", "price": 9.5 + n, "colour": "red"}
        for n in range(count)
    ]


async def read(es: AsyncElasticsearch, index: str, **options: Any) -> list[FeedItem]:
    return [item async for item in async_read_index(es, index, **options)]


async def test_stored_vectors_are_taken_along_where_the_model_is_the_same(
    async_es: AsyncElasticsearch,
    async_open_shop: Callable[..., AsyncHybridClient],
    index_name: str,
) -> None:
    """A copy of an index needs no embedder, and has the same documents and vectors."""
    shop = async_open_shop()
    for name in ("old", "new"):
        await shop.create_index(f"{index_name}-{name}")
    await shop.ingest(f"{index_name}-old", products(7))
    feed = await read(async_es, f"{index_name}-old", into=f"{index_name}-new", batch=3)
    report = await async_open_shop(embedder=None).ingest(f"{index_name}-new", feed)
    assert (report.indexed, report.failed, report.without_vector, report.embedded) == (7, 0, 0, 0)
    again = await shop.ingest(f"{index_name}-new", products(7))
    assert (again.embedded, again.indexed, again.unchanged) == (0, 7, 0)
    pair = [
        {
            item.product["id"]: item.product["embedding"]
            for item in await read(async_es, f"{index_name}-{name}", into=f"{index_name}-new")
        }
        for name in ("old", "new")
    ]
    for product_id, vector in pair[0].items():
        assert np.allclose(vector, pair[1][product_id], atol=1e-6)


async def test_vectors_of_another_model_stay_behind(
    async_es: AsyncElasticsearch,
    async_open_shop: Callable[..., AsyncHybridClient],
    index_name: str,
) -> None:
    """Vectors that could not be compared are never mixed: the texts are embedded again."""
    await async_open_shop().create_index(f"{index_name}-old")
    await async_open_shop().ingest(f"{index_name}-old", products(3))
    other = async_open_shop(embedder=AsyncHashEmbedder(dims=16))
    await other.create_index(f"{index_name}-new")
    feed = await read(async_es, f"{index_name}-old", into=f"{index_name}-new")
    assert all("embedding" not in item.product for item in feed)
    report = await other.ingest(f"{index_name}-new", feed)
    assert (report.indexed, report.embedded) == (3, 3)


async def test_a_shops_own_index_is_read_as_it_was_at_the_beginning(
    async_es: AsyncElasticsearch, make_index: Callable[..., str]
) -> None:
    """Every document of every shard comes once with its id, whatever is written meanwhile."""
    index = make_index(shards=3)
    await async_es.index(index=index, id="no-id", document={"title": "nameless"}, refresh=True)
    found = []
    async for item in async_read_index(async_es, index, batch=10):
        if len(found) == 10:
            await async_es.delete(index=index, id="p70", refresh=True)
            await async_es.index(index=index, id="late", document={}, refresh=True)
        found.append(item)
    assert [item.line for item in found] == list(range(1, 74))
    ids = [item.product["id"] for item in found]
    assert sorted(ids) == sorted([*(f"p{n:02d}" for n in range(72)), "no-id"])
    assert all("embedding" not in item.product for item in found)


async def test_only_what_a_query_matches_is_read(
    async_es: AsyncElasticsearch, products_index: str
) -> None:
    """A query chooses the documents."""
    found = await read(async_es, products_index, query={"term": {"brand": "Norvik"}}, batch=5)
    assert {item.product["brand"] for item in found} == {"Norvik"}
    assert len(found) == 24


async def test_an_index_that_is_not_there_is_named(async_es: AsyncElasticsearch) -> None:
    """A misspelled source is no empty feed."""
    with pytest.raises(ConfigurationError, match="no index test-nowhere to read from"):
        await read(async_es, "test-nowhere")
