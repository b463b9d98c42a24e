"""Recommendations on a real Elasticsearch: what they are, what they obey, and how often they ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch, NotFoundError

from es_hybrid import AsyncHybridClient, Settings
from es_hybrid.rank.personal import Event, Shopper
from es_hybrid.types import DegradationReason as Reason
from es_hybrid.types import Recommended
from tests.support.recording import forward_to, recording_server
from tests.support.shops import shop_products

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
PRODUCTS = {product["id"]: product for product in shop_products()}
FIELDS = {"fields": {"category": "category"}}
SETTINGS = Settings(
    recommend={
        "category_field": "category",
        "counters": ("sales_7d", "sales"),
        "created_field": "created",
    }
)
CART = ["p00", "p36"]


def explained(**options: Any) -> dict[str, Any]:
    return {"hybrid": {"explain": True, **options}}


def ids(response: Any) -> list[str]:
    return [hit["_id"] for hit in response["hits"]["hits"]]


def values(response: Any, field: str) -> set[Any]:
    return {PRODUCTS[id_][field] for id_ in ids(response)}


def reasons(response: Any) -> list[Reason]:
    return [lack.reason for lack in response.hybrid.degraded]


def made(response: Any) -> Recommended:
    found: Recommended = response.hybrid.recommendation.made
    return found


async def test_similar_products(async_open_shop: OpenShop, products_index: str) -> None:
    """The same kind of product, in Elasticsearch's shape, without the one that is looked at."""
    shop = async_open_shop(settings=SETTINGS)
    response = await shop.recommend(products_index, like="p00", size=5, ext=explained())
    assert made(response) is Recommended.SIMILAR
    assert len(ids(response)) == 5
    assert "p00" not in ids(response)
    assert values(response, "category") == {"shoes"}
    assert response.hits[0].source["title"] == PRODUCTS[ids(response)[0]]["title"]
    assert "embedding" not in response.hits[0].source
    scores = [hit["_score"] for hit in response["hits"]["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert response.total is not None
    assert response.total >= 5
    said = response["ext"]["hybrid"]["recommendation"]
    assert said == {"asked": "similar", "made": "similar", "seeds": 1}
    assert all("their" in part.why or "them" in part.why for part in response.hybrid.parts.values())
    chinese = await shop.recommend(
        products_index, like=["p00"], size=1, ext=explained(explain_language="zh")
    )
    assert "相近" in next(iter(chinese.hybrid.parts.values())).why


async def test_what_was_seen_does_not_come_again(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A second strip goes on where the first one ended."""
    shop = async_open_shop(settings=SETTINGS)
    first = await shop.recommend(products_index, like="p00", size=6)
    more = await shop.recommend(products_index, like="p00", seen=ids(first), size=6)
    assert len({*ids(first), *ids(more)}) == 12


async def test_complements_are_of_other_categories(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """Without orders to learn from, what goes with a cart is of none of its categories."""
    response = await async_open_shop(settings=SETTINGS).recommend(products_index, cart=CART, size=8)
    assert made(response) is Recommended.COMPLEMENTS
    assert reasons(response) == [Reason.NO_ORDERS]
    assert values(response, "category") == {"audio"}


async def test_for_a_shopper(async_open_shop: OpenShop, products_index: str) -> None:
    """What suits the products of the past comes up, and they themselves do not."""
    shop = async_open_shop(settings=SETTINGS)
    events = [{"event": "purchase", "product_id": "p27"}, {"product_id": "p28"}]
    response = await shop.recommend(
        products_index, user={"events": events, **FIELDS}, size=6, ext=explained()
    )
    assert made(response) is Recommended.FOR_YOU
    assert not {"p27", "p28"} & set(ids(response))
    assert values(response, "category") == {"camping"}
    assert "liked" in next(iter(response.hybrid.parts.values())).why
    same = Shopper(tuple(Event(e.get("event", "view"), product_id=e["product_id"]) for e in events))
    assert made(await shop.recommend(products_index, user=same)) is Recommended.FOR_YOU
    stated = await shop.recommend(products_index, user={"brands": ["Ostara"]}, size=9)
    assert values(stated, "brand") == {"Ostara"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"like": "gone"}, Reason.NO_SEEDS),
        ({"cart": ["gone"]}, Reason.NO_ORDERS),
        ({"user": {"opt_out": True}}, Reason.NO_HISTORY),
        ({}, Reason.NO_SIGNALS),
    ],
)
async def test_cold_starts(
    async_open_shop: OpenShop, products_index: str, arguments: dict[str, Any], reason: Reason
) -> None:
    """Where there is nothing to go by the best-selling products come, and the answer says why."""
    shop = async_open_shop(settings=SETTINGS)
    response = await shop.recommend(products_index, size=5, **arguments)
    assert made(response) is Recommended.POPULAR
    assert reason in reasons(response)
    sales = [PRODUCTS[id_]["sales"] for id_ in ids(response)]
    assert sales == sorted((p["sales"] for p in PRODUCTS.values()), reverse=True)[:5]


async def test_the_newest_where_nothing_was_sold(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A shop that opens today shows what came last; without dates it says that it knows nothing."""
    new = Settings(recommend={"counters": (), "created_field": "created"})
    response = await async_open_shop(settings=new).recommend(products_index, size=4)
    assert made(response) is Recommended.NEWEST
    assert values(response, "created") == {"2026-09-15"}
    bare = Settings(recommend={"counters": (), "created_field": "none"})
    assert made(await async_open_shop(settings=bare).recommend(products_index)) is Recommended.ANY


async def test_what_is_trending(async_open_shop: OpenShop, make_index: Callable[..., str]) -> None:
    """This week's sales come first, raised where they beat the month's pace."""
    products = [dict(product) for product in shop_products()]
    for product, week, month in zip(products, (50, 40, 1), (300, 40, 900), strict=False):
        product.update(sales_7d=week, sales_30d=month)
    mapping = _with_counters()
    settings = Settings(recommend={"counters": ("sales_7d", "sales_30d", "sales")})
    name = make_index(products, mapping=mapping)
    response = await async_open_shop(settings=settings).recommend(name, size=4, ext=explained())
    assert made(response) is Recommended.TRENDING
    assert ids(response)[:3] == ["p01", "p00", "p02"]
    assert "trend" in next(iter(response.hybrid.parts.values())).why
    assert reasons(response) == []


def _with_counters() -> dict[str, Any]:
    from tests.support.shops import shop_mapping  # noqa: PLC0415

    mapping = shop_mapping()
    mapping["properties"] |= {"sales_7d": {"type": "long"}, "sales_30d": {"type": "long"}}
    return mapping


RULES: dict[str, Any] = {
    "stock": {"field": "in_stock", "equals": True, "action": "hide"},
    "caps": [{"field": "brand", "most": 2, "per": 6}],
    "excludes": [{"ids": ["p01"]}],
    "diversity": {"strength": 0.3, "first": 6},
    "variants": "group",
}


@pytest.mark.parametrize("arguments", [{"like": "p00"}, {"cart": ["p36"]}, {}])
async def test_rules_and_filters_hold(
    async_open_shop: OpenShop, products_index: str, arguments: dict[str, Any]
) -> None:
    """Filters, stock, caps, exclusions, variety and variants are those of a search."""
    shop = async_open_shop(settings=SETTINGS)
    found = await shop.recommend(
        products_index,
        size=6,
        filter=[{"range": {"price": {"lte": 80}}}],
        ext={"hybrid": {"rules": RULES}},
        **arguments,
    )
    assert len(ids(found)) == 6
    products = [PRODUCTS[id_] for id_ in ids(found)]
    assert all(product["in_stock"] and product["price"] <= 80 for product in products)
    assert "p01" not in ids(found)
    assert all(sum(p["brand"] == brand for p in products) <= 2 for brand in values(found, "brand"))
    assert len(values(found, "group")) == 6
    assert PRODUCTS["p00"]["group"] not in values(found, "group") or "like" not in arguments
    assert found.hybrid.rules == "request"


async def test_rules_know_what_is_recommended(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A rule may hold for one strip alone, and no rule for words holds for any."""
    rules = {
        "excludes": [
            {"field": "brand", "equals": "Norvik", "when": {"context": {"recommend": "similar"}}},
            {"field": "brand", "equals": "Ostara", "when": {"words": ["shoe"]}},
        ]
    }
    shop, ext = async_open_shop(settings=SETTINGS), {"hybrid": {"rules": rules}}
    similar = await shop.recommend(products_index, like="p00", size=30, ext=ext)
    assert values(similar, "brand") == {"Fellgate", "Ostara"}
    popular = await shop.recommend(products_index, size=30, ext=ext)
    assert "Norvik" in values(popular, "brand")


async def test_boosts_and_limits_hold(async_open_shop: OpenShop, products_index: str) -> None:
    """A request's boosts tilt a recommendation as they tilt a search."""
    shop = async_open_shop(settings=SETTINGS)
    boost = [{"field": "brand", "equals": "Ostara", "factor": 2.0}]
    ext = explained(boosts=boost)
    response = await shop.recommend(products_index, like="p00", size=3, ext=ext)
    assert PRODUCTS[ids(response)[0]]["brand"] == "Ostara"
    assert "brand=Ostara" in next(iter(response.hybrid.parts.values())).why


async def test_without_vectors_words_are_enough(
    async_open_shop: OpenShop, half_embedded_index: str
) -> None:
    """A product that has no vector yet is still like others, and the answer says so."""
    shop = async_open_shop(settings=SETTINGS)
    response = await shop.recommend(half_embedded_index, like="p00", size=5)
    assert made(response) is Recommended.SIMILAR
    assert reasons(response) == [Reason.NO_VECTORS]
    assert values(response, "category") == {"shoes"}
    assert (await shop.recommend(half_embedded_index, like="p01", size=5)).hybrid.degraded == ()


async def test_no_model_is_asked(async_open_shop: OpenShop, products_index: str) -> None:
    """A client without any model recommends as well as one with them."""
    shop = async_open_shop(embedder=None, settings=SETTINGS)
    response = await shop.recommend(products_index, like="p00")
    assert (made(response), response.hybrid.degraded) == (Recommended.SIMILAR, ())


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        ({"like": ["p00", "p01"]}, 2),
        ({"cart": CART}, 2),
        ({"user": {"events": [{"product_id": "p00"}]}}, 2),
        ({"like": "gone"}, 2),
        ({"user": {"brands": ["Ostara"]}}, 1),
        ({}, 1),
    ],
)
async def test_two_trips_at_most(
    es: Elasticsearch, products_index: str, arguments: dict[str, Any], most: int
) -> None:
    """Once the mapping is known, what it starts from is one request and the answer another."""
    ext = {"hybrid": {"rules": RULES, "explain": True}}
    with recording_server(forward_to(es)) as (url, requests):
        async with AsyncElasticsearch(url) as client:
            shop = AsyncHybridClient(client, settings=SETTINGS)
            await shop.recommend(products_index)
            requests.clear()
            response = await shop.recommend(products_index, size=6, ext=ext, **arguments)
            assert len(ids(response)) == 6
            await shop.close()
    assert len(requests) == most


async def test_failures_are_elasticsearchs_own(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A missing index, or a filter that is none, fails as the bare client would."""
    shop = async_open_shop(settings=SETTINGS)
    for arguments in ({"like": "p00"}, {"cart": "p00"}, {}):
        with pytest.raises(NotFoundError):
            await shop.recommend("test-not-there", **arguments)
    with pytest.raises(Exception, match=r"parsing_exception|unknown query"):
        await shop.recommend(products_index, like="p00", filter={"nonsense": {}})
