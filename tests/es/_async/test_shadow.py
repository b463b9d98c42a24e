"""Shadow mode on a real Elasticsearch: the old search serves, whatever the new one does."""

from __future__ import annotations

import json
import queue
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, NotFoundError

from es_hybrid import AsyncHybridClient, AsyncShadowClient, ConfigurationError, Settings
from es_hybrid._concurrency import async_blocking
from es_hybrid.experiments import PageFields, ShadowRecord, SwitchLimits
from es_hybrid.testing import AsyncHashEmbedder
from tests.support.shops import DIMS
from tests.support.stubborn_servers import HangingServer

pytestmark = pytest.mark.es

OpenShadow = Callable[..., AsyncShadowClient]
SEARCH: dict[str, Any] = {
    "query": {"multi_match": {"query": "running shoe", "fields": ["title^3", "description"]}},
    "size": 5,
}


class Records:
    """Takes records, and can be waited for."""

    def __init__(self) -> None:
        self._queue: queue.Queue[dict[str, Any]] = queue.Queue()

    def __call__(self, record: Any) -> None:
        self._queue.put(record)

    async def next(self) -> dict[str, Any]:
        return await async_blocking(lambda: self._queue.get(timeout=30))


@pytest.fixture
async def second_es(es_url: str) -> AsyncIterator[AsyncElasticsearch]:
    """A client of the new side's own."""
    async with AsyncElasticsearch(es_url, request_timeout=60) as client:
        yield client


@pytest.fixture
async def new_shop(second_es: AsyncElasticsearch) -> AsyncIterator[AsyncHybridClient]:
    """What the shop would switch to."""
    embedder = AsyncHashEmbedder(dims=DIMS)
    settings = Settings(search={"budget_s": 30}, embed={"timeout_s": 30})
    async with AsyncHybridClient(second_es, embedder=embedder, settings=settings) as shop:
        yield shop


async def test_the_old_search_is_served_and_compared(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str
) -> None:
    """The answer is Elasticsearch's own; beside it, both pages are compared in figures."""
    records = Records()
    fields = PageFields(k=5, stock="in_stock")
    async with AsyncShadowClient(
        async_es, new_shop, sample=1.0, timeout_s=30, fields=fields, record=records
    ) as shop:
        expected = await async_es.search(index=products_index, **SEARCH)
        answer = await shop.search(index=products_index, ext={"hybrid": {"window": 50}}, **SEARCH)
        assert answer["hits"] == expected["hits"]
        record = await records.next()
        found = ShadowRecord.from_dict(record)
        assert record["kind"] == "shadow"
        assert list(found.old.ids) == [hit["_id"] for hit in expected["hits"]["hits"]]
        assert found.new is not None
        direct = await new_shop.search(index=products_index, **SEARCH)
        assert list(found.new.ids) == [hit["_id"] for hit in direct["hits"]["hits"]]
        prices = [hit["_source"]["price"] for hit in expected["hits"]["hits"]]
        assert found.old.price == pytest.approx(sum(prices) / 5)
        assert found.old.in_stock is not None
        assert found.text is None
        assert "running" not in json.dumps(record)
        report = shop.report(limits=SwitchLimits(searches=1))
        assert (report.searches, report.errors, report.dropped) == (1, {}, 0)


async def test_a_new_search_that_hangs_costs_nothing(
    async_es: AsyncElasticsearch, products_index: str
) -> None:
    """Searches are answered while the new side hangs; what finds no place is left out."""
    records = Records()
    with HangingServer() as server:
        async with (
            AsyncElasticsearch(server.url) as hanging,
            AsyncHybridClient(hanging, settings=Settings()) as new,
            AsyncShadowClient(
                async_es, new, sample=1.0, timeout_s=60, at_once=1, record=records
            ) as shop,
        ):
            for _ in range(3):
                answer = await shop.search(index=products_index, **SEARCH)
                assert len(answer["hits"]["hits"]) == 5
            assert await async_blocking(lambda: server.asked.wait(30))
            report = shop.report()
            assert (report.searches, report.dropped) == (0, 2)
            await async_blocking(server.let_go)
            record = await records.next()
            assert record["new"] is None
            assert record["error"] == "ConnectionError"


async def test_the_new_search_has_its_own_time(
    async_es: AsyncElasticsearch, products_index: str
) -> None:
    """A new search that takes longer than it may ends, and counts as a timeout."""
    records = Records()
    with HangingServer() as server:
        async with (
            AsyncElasticsearch(server.url) as hanging,
            AsyncHybridClient(hanging, settings=Settings()) as new,
            AsyncShadowClient(async_es, new, sample=1.0, timeout_s=0.05, record=records) as shop,
        ):
            await shop.search(index=products_index, **SEARCH)
            assert (await records.next())["error"] == "timeout"


async def test_what_the_new_search_breaks_on_is_not_served(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str
) -> None:
    """A request that only the new search refuses, and a record that cannot be written, fail nothing."""

    def broken(record: object) -> None:
        raise OSError("the disk is full")

    async with AsyncShadowClient(async_es, new_shop, sample=1.0, record=broken) as shop:
        wrong = {"hybrid": {"widow": 1}}
        for ext in (wrong, None):
            answer = await shop.search(index=products_index, ext=ext, **SEARCH)
            assert len(answer["hits"]["hits"]) == 5


async def test_only_what_can_differ_is_compared(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str, tmp_path: Path
) -> None:
    """A search by price would be the same on both sides, and does not count as alike."""
    path = tmp_path / "shadow.ndjson"
    async with AsyncShadowClient(
        async_es, new_shop, sample=1.0, timeout_s=30, record=path, keep_text=True
    ) as shop:
        await shop.search(index=products_index, sort="price", **SEARCH)
        await shop.search(index=products_index, **SEARCH)
        await shop.finish()
        (line,) = path.read_text(encoding="utf-8").splitlines()
        assert json.loads(line)["text"] == "running shoe"


async def test_the_sample_is_kept(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str
) -> None:
    """Only the chosen share of searches is compared."""
    dice = iter([0.05, 0.5, 0.99, 0.0])
    async with AsyncShadowClient(
        async_es, new_shop, sample=0.1, timeout_s=30, dice=lambda: next(dice)
    ) as shop:
        for _ in range(4):
            await shop.search(index=products_index, **SEARCH)
        await shop.finish()
        assert shop.report().searches == 2


async def test_the_old_search_fails_as_ever(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, index_name: str
) -> None:
    """Elasticsearch's own error is raised, and everything else of the client is handed through."""
    async with AsyncShadowClient(async_es, new_shop, sample=1.0) as shop:
        with pytest.raises(NotFoundError):
            await shop.search(index=index_name, **SEARCH)
        assert await shop.ping()
        await shop.options(opaque_id="page-7").search(index="*", size=0)


async def test_connections_are_not_shared(
    async_es: AsyncElasticsearch, async_open_shop: Callable[..., AsyncHybridClient]
) -> None:
    """A new side that could use up the served search's connections is refused."""
    with pytest.raises(ConfigurationError, match="of its own"):
        AsyncShadowClient(async_es, async_open_shop())
    with pytest.raises(ConfigurationError, match="share"):
        AsyncShadowClient(async_es, async_open_shop(), sample=2.0)
