"""What happens in the shop reaches the products, and what goes together reaches the cart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, ConfigurationError
from es_hybrid.types import DegradationReason, Recommended

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
DAY = date(2026, 3, 20)


def products() -> list[dict[str, Any]]:
    return [
        {
            "id": f"p{n}",
            "title": f"thing number {n}",
            "category_path": ["even" if n % 2 == 0 else "odd"],
            "rating": 5.0 if n == 0 else 4.0,
            "review_count": 1 if n == 0 else 100,
            "stock": 1,
        }
        for n in range(8)
    ]


def event(product: str, day: str, kind: str = "purchase", count: int = 1) -> dict[str, Any]:
    return {"event": kind, "product_id": product, "at": f"{day}T12:00:00Z", "quantity": count}


@pytest.fixture
async def shop(async_open_shop: OpenShop, index_name: str) -> AsyncHybridClient:
    """A shop with eight products."""
    opened = async_open_shop()
    await opened.create_index(index_name)
    await opened.ingest(index_name, products())
    return opened


async def stored(es: AsyncElasticsearch, index: str, id_: str) -> dict[str, Any]:
    answer = await es.search(
        index=index, query={"ids": {"values": [id_]}}, fields=["embedding"], source=True
    )
    (hit,) = answer["hits"]["hits"]
    return {**hit["_source"], "embedding": hit["fields"]["embedding"]}


async def test_counts_reach_the_products_and_nothing_else_changes(
    shop: AsyncHybridClient, async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Windows of days, the vector as it was, products that are gone no failure, and a day again."""
    before = await stored(async_es, index_name, "p1")
    log = [
        event("p1", "2026-03-20", count=3),
        event("p1", "2026-03-01"),
        event("p1", "2026-03-20", "click"),
        event("p2", "2026-03-10"),
        event("gone", "2026-03-20"),
    ]
    report = await shop.update_signals(index_name, log)
    assert (report.events, report.changed, report.unknown, report.failed) == (5, 2, 1, 0)
    assert (report.until, report.left_out) == ("2026-03-20", ())
    after = await stored(async_es, index_name, "p1")
    counts = {"sales_7d": 3, "sales_30d": 4, "clicks_7d": 1, "clicks_30d": 1}
    assert after.pop("document_hash") != before.pop("document_hash")
    assert after == before | counts
    # The same day again, and a day alone: nothing is counted twice, nothing forgotten.
    again = await shop.update_signals(index_name, log)
    assert (again.products, again.changed) == (3, 0)
    day = await shop.update_signals(index_name, [event("p1", "2026-03-20", count=5)])
    assert day.changed == 1
    assert (await stored(async_es, index_name, "p1"))["sales_30d"] == 6
    assert (await stored(async_es, index_name, "p1"))["clicks_7d"] == 1
    # Time goes by.
    later = await shop.update_signals(index_name, until=date(2026, 5, 1))
    assert later.changed == 2
    assert (await stored(async_es, index_name, "p1"))["sales_30d"] == 0
    assert (await shop.update_signals(index_name, until=date(2026, 5, 1))).products == 0


async def test_what_sells_is_trending(shop: AsyncHybridClient, index_name: str) -> None:
    """Counted today, recommended today."""
    cold = await shop.recommend(index_name)
    assert cold.hybrid.recommendation is not None
    assert cold.hybrid.recommendation.made is Recommended.POPULAR  # by reviews
    await shop.update_signals(index_name, [event("p5", "2026-03-20")])
    warm = await shop.recommend(index_name, size=1)
    assert warm.hybrid.recommendation is not None
    assert warm.hybrid.recommendation.made is Recommended.TRENDING
    assert warm.hits[0].id == "p5"


async def test_ratings_are_smoothed(
    shop: AsyncHybridClient, async_es: AsyncElasticsearch, index_name: str
) -> None:
    """One review of five stars stands near the mean, a hundred of four stay what they are."""
    report = await shop.update_signals(index_name, ratings=True)
    assert (report.products, report.changed) == (8, 8)
    few = (await stored(async_es, index_name, "p0"))["rating_smoothed"]
    many = (await stored(async_es, index_name, "p1"))["rating_smoothed"]
    assert 4.0 <= many < few < 4.2
    assert (await shop.update_signals(index_name, ratings=True)).changed == 0


async def test_wrong_signals(shop: AsyncHybridClient, index_name: str) -> None:
    """A zone that is none, and an index that is not there, are named."""
    with pytest.raises(ConfigurationError, match="Asia/Shangai"):
        await shop.update_signals(index_name, timezone="Asia/Shangai")
    with pytest.raises(ConfigurationError, match="has not come yet"):
        await shop.update_signals(index_name, until=date(2999, 1, 1))
    with pytest.raises(ConfigurationError, match="test-not-there"):
        await shop.update_signals("test-not-there", [])


ORDERS = [{"products": ["p0", "p2", "p4"]}] * 3 + [{"products": ["p1", "p3"]}] * 4


async def test_a_cart_gets_what_was_bought_with_it(
    shop: AsyncHybridClient, async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Before the log complements are guessed; after it they are known, and the rest fills up."""
    cold = await shop.recommend(index_name, cart="p0")
    assert [lack.reason for lack in cold.hybrid.degraded] == [DegradationReason.NO_ORDERS]
    report = await shop.update_bought_together(index_name, ORDERS)
    assert (report.orders, report.products, report.pairs) == (7, 5, 8)
    explain = {"hybrid": {"explain": True}}
    warm = await shop.recommend(index_name, cart=["p0"], ext=explain)
    assert warm.hybrid.recommendation is not None
    assert warm.hybrid.recommendation.made is Recommended.BOUGHT_TOGETHER
    assert warm.hybrid.degraded == ()
    ids = [hit.id for hit in warm.hits]
    assert set(ids[:2]) == {"p2", "p4"}
    assert set(ids[2:]) == {"p1", "p3", "p5", "p7"}, "other categories fill up"
    assert "bought together" in next(iter(warm.hybrid.parts.values())).why
    # The next night's table takes its place; an empty one does not.
    await shop.update_bought_together(index_name, [{"products": ["p0", "p5"]}] * 3 + ORDERS[3:])
    assert (await shop.recommend(index_name, cart="p0", size=1)).hits[0].id == "p5"
    none = await shop.update_bought_together(index_name, [{"products": ["p0", "p7"]}])
    assert none.index is None
    assert (await shop.recommend(index_name, cart="p0", size=1)).hits[0].id == "p5"
    tables = await async_es.indices.get(index=f"{index_name}-bought-together*")
    assert len(tables.body) == 1


async def test_the_tables_name_is_kept(
    shop: AsyncHybridClient, async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Nothing that is not a table is written over or deleted."""
    await async_es.indices.create(index=f"{index_name}-bought-together")
    with pytest.raises(ConfigurationError, match="rename or delete"):
        await shop.update_bought_together(index_name, ORDERS)
    with pytest.raises(ConfigurationError, match="several"):
        await shop.update_bought_together(f"{index_name},other", ORDERS)
