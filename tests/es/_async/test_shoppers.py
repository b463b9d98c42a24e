"""Shoppers on a real Elasticsearch and a real Redis: known, opted out, forgotten, and in no log."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import AsyncHybridClient, ConfigurationError, HybridError, RequestError, Settings
from es_hybrid.kept_shoppers import shopper_key
from es_hybrid.types import DegradationReason, Stage
from tests.support.recording import forward_to, recording_server
from tests.support.redis_servers import RedisServer
from tests.support.shops import shop_products
from tests.support.waiting import patient

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
WORDS: dict[str, Any] = {"multi_match": {"query": "running shoe", "fields": ["title^3"]}}
PRODUCTS = {product["id"]: product for product in shop_products()}
FIELDS = {"category": "category"}
TENTS = [id_ for id_, product in PRODUCTS.items() if "tent" in product["title"]]
ANN = "ann-4711"


@pytest.fixture(params=["redis", "index"])
def store(
    request: pytest.FixtureRequest, es: Elasticsearch, index_name: str
) -> Iterator[dict[str, Any]]:
    """The settings of each store, with time enough for a busy machine."""
    common = {"store": request.param, "timeout_ms": 10_000.0, "most_events": 5, "ttl_days": 30.0}
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        yield {**common, "redis_url": server.url}
    else:
        yield {**common, "index": f"{index_name}-shoppers"}


def ids(response: Any) -> list[str]:
    return [hit["_id"] for hit in response["hits"]["hits"]]


def who(**user: Any) -> dict[str, Any]:
    return {"hybrid": {"user": {"fields": FIELDS, **user}, "explain": True}}


async def ranks(shop: AsyncHybridClient, index: str, **user: Any) -> dict[str, float]:
    """Return each product's factor for a shopper."""
    found = await shop.search(index=index, query=WORDS, size=72, ext=who(**user))
    assert found.hybrid.degraded == ()
    return {part.hit.id: part.boost for part in found.hybrid.parts.values()}


async def test_a_returning_shopper_is_known_until_they_opt_out(
    async_open_shop: OpenShop, products_index: str, store: dict[str, Any]
) -> None:
    """What was recorded raises what suits, for this shopper alone; opting out deletes and lasts."""
    shop = async_open_shop(settings=Settings(shoppers=store))
    for _ in range(3):
        assert await shop.shoppers.record(ANN, "purchase", brand="Ostara")
    assert await shop.shoppers.prefer(ANN, categories=["shoes"], highest_price=60.0)
    known = await shop.shoppers.get(ANN)
    assert (len(known.events), known.categories, known.prices) == (3, ("shoes",), (None, 60.0))

    factors = await ranks(shop, products_index, id=ANN)
    liked = {id_ for id_, p in PRODUCTS.items() if p["brand"] == "Ostara"}
    shoes = {id_ for id_, p in PRODUCTS.items() if p["category"] == "shoes"}
    assert min(factors[id_] for id_ in liked & shoes) > max(
        factors[id_] for id_ in factors.keys() - liked - shoes
    )
    assert max(factors.values()) <= 1.25
    assert set((await ranks(shop, products_index, id="bob")).values()) == {1.0}

    await shop.shoppers.opt_out(ANN)
    assert not await shop.shoppers.record(ANN, "view", brand="Norvik")
    assert not await shop.shoppers.prefer(ANN, brands=["Norvik"])
    await shop.shoppers.forget(ANN)
    assert (await shop.shoppers.get(ANN)).opted_out
    told = await ranks(shop, products_index, id=ANN, brands=["Norvik"])
    assert set(told.values()) == {1.0}, "whatever the request brings"

    await shop.shoppers.opt_in(ANN)
    assert await shop.shoppers.record(ANN, "view", brand="Norvik")
    assert [event.brands for event in (await shop.shoppers.get(ANN)).events] == [("Norvik",)]
    await shop.shoppers.forget(ANN)
    assert (await shop.shoppers.get(ANN)).events == ()


async def test_what_is_kept_is_capped_and_goes_away(
    async_open_shop: OpenShop, store: dict[str, Any], es: Elasticsearch
) -> None:
    """Of many events the newest stay, and a shopper who does not come back is forgotten."""
    shop = async_open_shop(settings=Settings(shoppers=store))
    for number in range(8):
        await shop.shoppers.record(ANN, product_id=f"p{number}")
    kept = [event.product_id for event in (await shop.shoppers.get(ANN)).events]
    assert kept == ["p7", "p6", "p5", "p4", "p3"]
    await shop.shoppers.record("bob", at="2020-01-01T00:00:00Z")
    assert (await shop.shoppers.get("bob")).events == ()
    await shop.shoppers.opt_out("cleo")
    if store["store"] == "redis":
        return
    es.indices.refresh(index=store["index"])
    assert await shop.shoppers.purge() == 0
    shorter = async_open_shop(settings=Settings(shoppers={**store, "ttl_days": 1e-9}))
    es.indices.refresh(index=store["index"])
    assert await shorter.shoppers.purge() == 2
    assert (await shop.shoppers.get("cleo")).opted_out


async def test_redis_forgets_by_itself(
    async_open_shop: OpenShop, redis_server: RedisServer
) -> None:
    """Every key but an opt-out has an end, and none holds an id."""
    settings = {"store": "redis", "redis_url": redis_server.url, "ttl_days": 2.0}
    shop = async_open_shop(settings=patient(shoppers={**settings, "secret": "s"}))
    await shop.shoppers.record(ANN)
    await shop.shoppers.prefer(ANN, brands=["Norvik"])
    await shop.shoppers.opt_out("bob")
    assert await shop.shoppers.purge() == 0
    with redis_server.admin() as admin:
        ends = {key.decode(): admin.pttl(key) for key in admin.scan_iter()}
    assert len(ends) == 3
    for key, left_ms in ends.items():
        assert ANN not in key
        assert shopper_key(ANN) not in key
        assert left_ms == -1 if key.endswith(":out") else 0 < left_ms <= 2 * 86_400_000


async def test_the_products_tell_the_rest(async_open_shop: OpenShop, products_index: str) -> None:
    """Ids alone are enough: brands, prices and stored vectors are looked up, at most `factor`."""
    shop = async_open_shop()
    events = [{"event": "purchase", "product_id": id_} for id_ in TENTS[:3]]
    tent = {"multi_match": {"query": "outside", "fields": ["description"]}}
    ext = who(events=events, factor=1.5)
    ext["hybrid"] |= {"text": "outside", "min_similarity": -1.0}
    found = await shop.search(index=products_index, query=tent, size=72, ext=ext)
    assert found.hybrid.degraded == ()
    assert found.hybrid.timings_ms[Stage.SHOPPER] > 0
    factors = {part.hit.id: part.boost for part in found.hybrid.parts.values()}
    same_brand = [i for i in factors if PRODUCTS[i]["brand"] == PRODUCTS[TENTS[0]]["brand"]]
    others = [i for i in same_brand if i not in TENTS and PRODUCTS[i]["category"] == "camping"]
    assert min(factors[i] for i in TENTS[:3]) > max(factors[i] for i in others)
    assert max(factors.values()) <= 1.5


async def test_many_searches_know_the_shopper_too(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """`msearch` gives each shopper the order that `search` gives them."""
    shop = async_open_shop()
    users = [who(events=[{"event": "purchase", "product_id": id_}]) for id_ in ("p08", "p17")]
    searches: list[dict[str, Any]] = []
    for ext in users:
        searches += [{"index": products_index}, {"query": WORDS, "size": 20, "ext": ext}]
    many = await shop.msearch(searches=searches)
    for answer, ext in zip(many["responses"], users, strict=True):
        alone = await shop.search(index=products_index, query=WORDS, size=20, ext=ext)
        assert ids(answer) == ids(alone)


async def test_pages_of_a_shopper_are_disjoint(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """What raises products for a shopper raises them on every page alike."""
    shop = async_open_shop()
    ext = who(events=[{"event": "purchase", "product_id": id_} for id_ in TENTS[:2]])
    whole = await shop.search(index=products_index, query=WORDS, size=72, ext=ext)
    paged: list[str] = []
    for from_ in range(0, 77, 11):
        page = await shop.search(index=products_index, query=WORDS, from_=from_, size=11, ext=ext)
        paged += ids(page)
    assert paged == ids(whole)
    assert len(set(paged)) == len(paged) == whole.total


async def test_a_store_that_is_away_costs_no_search(
    async_open_shop: OpenShop, products_index: str, redis_server: RedisServer
) -> None:
    """Hanging, dead, or not there at all: everybody's order, the reason named, and no error."""
    settings = {"store": "redis", "redis_url": redis_server.url, "timeout_ms": 1000.0}
    shop = async_open_shop(settings=Settings(shoppers=settings))
    plain = await shop.search(index=products_index, query=WORDS)

    async def reason() -> DegradationReason:
        found = await shop.search(index=products_index, query=WORDS, ext=who(id=ANN))
        assert ids(found) == ids(plain)
        (lack,) = found.hybrid.degraded
        assert lack.stage is Stage.SHOPPER
        assert found.hybrid.level == plain.hybrid.level
        return lack.reason

    redis_server.stop()
    assert await reason() is DegradationReason.TIMEOUT
    redis_server.go_on()
    redis_server.kill()
    found = [await reason() for _ in range(3)]
    assert DegradationReason.SERVICE_ERROR in found
    assert found[-1] is DegradationReason.BREAKER_OPEN
    assert not await shop.shoppers.record(ANN, product_id="p1")
    for call in (shop.shoppers.opt_out, shop.shoppers.forget, shop.shoppers.get):
        with pytest.raises(HybridError, match="the store of shoppers failed"):
            await call(ANN)

    keeping_nobody = async_open_shop()
    response = await keeping_nobody.search(index=products_index, query=WORDS, ext=who(id=ANN))
    assert [lack.reason for lack in response.hybrid.degraded] == [DegradationReason.NO_STORE]
    with pytest.raises(ConfigurationError, match="ES_HYBRID_SHOPPERS__STORE"):
        await keeping_nobody.shoppers.record(ANN)


async def test_settings_and_arguments_are_checked(async_open_shop: OpenShop) -> None:
    """A mistake names its place, and never what was given."""
    with pytest.raises(ConfigurationError, match="ES_HYBRID_SHOPPERS__REDIS_URL"):
        async_open_shop(settings=Settings(shoppers={"store": "redis"}))
    with pytest.raises(ConfigurationError, match="SHOPPERS__REDIS_URL is not a Redis address"):
        async_open_shop(settings=Settings(shoppers={"store": "redis", "redis_url": "x"}))
    shop = async_open_shop(settings=Settings(shoppers={"store": "index"}))
    for wrong in ({"event": "stole"}, {"price": -1.0}, {"at": "yesterday"}):
        with pytest.raises(RequestError) as caught:
            await shop.shoppers.record(ANN, **wrong)
        assert caught.value.path == next(iter(wrong))
    with pytest.raises(RequestError):
        await shop.shoppers.record("")


async def test_nothing_personal_is_told(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    products_index: str,
    store: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No log of ours or the client's, no event, answer, repr, cache or exception holds the canary."""
    canary = "canary-6f1d"
    told: list[str] = []

    class Listener:
        def search_done(self, event: Any) -> None:
            told.append(repr(event))

    caplog.set_level(logging.INFO)  # at DEBUG the client logs whole bodies, and says so
    caplog.set_level(logging.DEBUG, "es_hybrid")
    settings = Settings(shoppers=store, cache={"results_ttl_s": 60.0})
    shop = async_open_shop(settings=settings, hook=Listener())
    await shop.shoppers.record(canary, "purchase", product_id=canary, brand=canary)
    await shop.shoppers.prefer(canary, brands=[canary])
    user = {"id": canary, "brands": [canary], "events": [{"product_id": canary, "brand": canary}]}
    found = await shop.search(index=products_index, query=WORDS, ext=who(**user))
    nobody = await shop.search(index=products_index, query=WORDS, ext=who(id="nobody"))
    assert found.hybrid.degraded == nobody.hybrid.degraded == ()
    assert not found.hybrid.remembered.answer
    assert not (await shop.search(index=products_index, query=WORDS)).hybrid.remembered.answer
    told += [repr(found.hybrid), repr(found.body["ext"]), str(pickle.dumps(found))]
    plan = await shop.plan(index=products_index, query=WORDS, ext=who(**user))
    told += [str(plan), repr(plan), repr(await shop.shoppers.get(canary)), repr(shop.settings)]
    mistakes = [{**user, "factor": 9}, {**user, "events": [{"product_id": canary, "price": "x"}]}]
    for wrong in mistakes:
        with pytest.raises(RequestError) as caught:
            await shop.search(index=products_index, query=WORDS, ext=who(**wrong))
        told += traceback.format_exception(caught.value)
    for argument in ({"event": canary}, {"at": canary}):
        with pytest.raises(RequestError) as caught:
            await shop.shoppers.record(canary, **argument)
        told += traceback.format_exception(caught.value)
    told += [record.getMessage() + repr(vars(record)) for record in caplog.records]
    assert any("elastic_transport" in line for line in told), "the client's own log was looked at"
    assert [line for line in told if canary in line] == []


async def test_a_kept_shopper_is_recommended_to(
    async_open_shop: OpenShop, products_index: str, store: dict[str, Any]
) -> None:
    """What suits a shopper's past comes by their id alone, and what is trending once they opted out."""
    settings = Settings(shoppers=store, recommend={"category_field": "category"})
    shop = async_open_shop(settings=settings)
    await shop.shoppers.record(ANN, "purchase", product_id=TENTS[0])
    user = {"id": ANN, "fields": FIELDS}
    found = await shop.recommend(products_index, user=user, size=5)
    assert found.hybrid.recommendation is not None
    assert found.hybrid.recommendation.made.value == "for_you"
    assert found.hybrid.degraded == ()
    assert TENTS[0] not in ids(found)
    assert {PRODUCTS[id_]["category"] for id_ in ids(found)} == {"camping"}
    await shop.shoppers.opt_out(ANN)
    gone = await shop.recommend(products_index, user=user, size=5)
    assert gone.hybrid.degraded[0].reason is DegradationReason.NO_HISTORY
    nobody = await async_open_shop().recommend(products_index, user=user, size=5)
    assert nobody.hybrid.degraded[0].reason is DegradationReason.NO_STORE


@pytest.mark.parametrize("start", [{}, {"like": "p00"}, {"cart": "p00"}])
async def test_a_recommendation_for_a_kept_shopper_takes_two_requests(
    es: Elasticsearch, products_index: str, store: dict[str, Any], start: dict[str, Any]
) -> None:
    """Start and answer: an index of shoppers is read with the start; a Redis is asked beside it."""
    settings = Settings(shoppers=store, recommend={"category_field": "category"})
    with recording_server(forward_to(es)) as (url, requests):
        async with AsyncElasticsearch(url) as client:
            shop = AsyncHybridClient(client, settings=settings)
            await shop.recommend(products_index)
            await shop.shoppers.record(ANN, "purchase", product_id=TENTS[0])
            requests.clear()
            user = {"id": ANN, "fields": FIELDS}
            found = await shop.recommend(products_index, user=user, size=5, **start)
            await shop.close()
    assert Stage.SHOPPER not in {lack.stage for lack in found.hybrid.degraded}
    assert len(requests) == 2
    if not start:  # what was bought just now, before any refresh, counts already
        assert found.hybrid.recommendation is not None
        assert found.hybrid.recommendation.made.value == "for_you"
        assert TENTS[0] not in ids(found)
        assert {PRODUCTS[id_]["category"] for id_ in ids(found)} == {"camping"}


async def test_what_a_recommendation_knows_of_a_shopper_in_an_index(
    es: Elasticsearch, async_open_shop: OpenShop, products_index: str, index_name: str
) -> None:
    """Kept events count by kind and age, expired ones not; request and index add up."""
    kept = {"store": "index", "index": f"{index_name}-shoppers", "ttl_days": 30}
    shop = async_open_shop(
        settings=Settings(shoppers=kept, recommend={"category_field": "category"})
    )
    old = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    await shop.shoppers.record(ANN, "purchase", product_id=TENTS[0], at=old)
    es.indices.refresh(index=kept["index"])
    expired = await shop.recommend(products_index, user={"id": ANN}, size=5)
    assert expired.hybrid.degraded[0].reason is DegradationReason.NO_HISTORY
    await shop.shoppers.record(ANN, "view", product_id=TENTS[1])
    events = [{"event": "view", "product_id": TENTS[2]}]
    found = await shop.recommend(products_index, user={"id": ANN, "events": events}, size=20)
    assert found.hybrid.degraded == ()
    assert not {*TENTS[1:3]} & {*ids(found)}
    assert TENTS[0] in ids(found)
    await shop.shoppers.forget(ANN)
    gone = await shop.recommend(products_index, user={"id": ANN}, size=5)
    assert gone.hybrid.degraded[0].reason is DegradationReason.NO_HISTORY


async def test_a_broken_index_of_shoppers_costs_a_recommendation_its_personal_touch(
    es: Elasticsearch, async_open_shop: OpenShop, products_index: str, index_name: str
) -> None:
    """What cannot be looked up is said; the products that the request names still count."""
    kept = {"store": "index", "index": f"{index_name}-shoppers"}
    settings = Settings(shoppers=kept, recommend={"category_field": "category"})
    shop = async_open_shop(settings=settings)
    await shop.shoppers.record(ANN, "view", product_id=TENTS[1])
    es.indices.close(index=kept["index"])
    events = [{"event": "view", "product_id": TENTS[0]}]
    found = await shop.recommend(products_index, user={"id": ANN, "events": events}, size=5)
    assert found.hybrid.recommendation is not None
    assert found.hybrid.recommendation.made.value == "for_you"
    assert [lack.stage for lack in found.hybrid.degraded] == [Stage.SHOPPER]
    assert TENTS[0] not in ids(found)
