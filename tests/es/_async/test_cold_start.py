"""New products on a real Elasticsearch: found at once, given places, until they are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, SearchDone, Settings
from es_hybrid.rank.steps import Cause
from tests.support.shops import shop_products

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
WORDS: dict[str, Any] = {"multi_match": {"query": "running shoe", "fields": ["title^3"]}}
NEW = "p26"
"""A walking boot: no word of its title is in the query, "shoe" is in none of it."""


class Listener:
    """A hook that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[SearchDone] = []

    def search_done(self, event: SearchDone) -> None:
        """Keep it."""
        self.events.append(event)


def ids(response: Any) -> list[str]:
    return [hit["_id"] for hit in response["hits"]["hits"]]


def searches_in(folder: Path) -> list[Any]:
    """Return the searches that were logged to files."""
    lines = [line for file in folder.iterdir() for line in file.read_text().splitlines()]
    return [record for record in map(json.loads, lines) if "user_query" in record]


@pytest.fixture
def young_index(make_index: Callable[..., str]) -> str:
    """Seventy-two products, one of which came today."""
    today = datetime.now(UTC).date().isoformat()
    old = [{**product, "created": "2020-01-01"} for product in shop_products()]
    return make_index([{**p, "created": today} if p["id"] == NEW else p for p in old])


def explored(**more: Any) -> dict[str, Any]:
    explore = {"slots": 1, "created_field": "created", "first_place": 3, **more}
    return {"hybrid": {"explore": explore}}


async def test_a_product_is_found_by_meaning_when_ingest_returns(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, index_name: str
) -> None:
    """No click and no word in common is needed: its vector is there with the ingest's answer."""
    shop = async_open_shop()
    await shop.create_index(index_name)
    await shop.ingest(index_name, shop_products()[:20])
    text = "winter trail sneaker"
    report = await shop.ingest(
        index_name, [{"id": "new", "title": "winter trail sneaker with studs"}]
    )
    assert (report.indexed, report.without_vector) == (1, 0)
    found = await shop.search(
        index=index_name,
        query={"match": {"brand": "nobody"}},
        ext={"hybrid": {"text": text, "min_similarity": -1.0, "explain": True}},
    )
    assert ids(found)[0] == "new"
    (part, *_) = found.hybrid.parts.values()
    assert part.hit.lexical_rank is None
    assert part.hit.semantic_rank == 1


async def test_a_new_product_gets_its_place_and_everyone_is_told(
    async_open_shop: OpenShop, young_index: str
) -> None:
    """Answer, explanation, hook and frozen order name it; a search that switches it off does not."""
    listener = Listener()
    shop = async_open_shop(hook=listener)
    ext = explored()
    ext["hybrid"] |= {"explain": True, "order": True}
    found = await shop.search(index=young_index, query=WORDS, size=10, ext=ext)
    assert ids(found)[2] == NEW
    assert found.hybrid.explored == (NEW,)
    assert found.body["ext"]["hybrid"]["explored"] == [NEW]
    part = next(part for part in found.hybrid.parts.values() if part.hit.id == NEW)
    assert part.moves[-1].reason == (Cause.EXPLORED, "")
    assert listener.events[-1].explored == (NEW,)
    frozen = explored()
    frozen["hybrid"]["order"] = found.hybrid.order
    again = await shop.search(index=young_index, query=WORDS, size=10, ext=frozen)
    assert (ids(again), again.hybrid.explored) == (ids(found), (NEW,))
    plain = await shop.search(
        index=young_index, query=WORDS, size=10, ext={"hybrid": {"explore": False}}
    )
    assert NEW not in ids(plain)
    assert plain.hybrid.explored == listener.events[-1].explored == ()


async def test_the_search_log_tells_them_apart(
    async_open_shop: OpenShop, young_index: str, tmp_path: Path
) -> None:
    """Whoever learns from clicks can leave these places out, whether or not parts are logged."""
    log = {"to": "files", "directory": tmp_path, "parts": False}
    async with async_open_shop(settings=Settings(log=log)) as shop:
        await shop.search(index=young_index, query=WORDS, size=5, ext=explored())
    (record,) = searches_in(tmp_path)
    shown = record["query_attributes"]["shown"]
    assert [one["object_id"] for one in shown if one.get("explored")] == [NEW]
    assert record["query_attributes"]["explored"] == 1


async def test_enough_impressions_end_it(
    async_open_shop: OpenShop, young_index: str, async_es: AsyncElasticsearch
) -> None:
    """By the field as updates count it, or by numbers that the request brings."""
    shop = async_open_shop()

    async def given(**more: Any) -> bool:
        options = {"impressions_field": "sales", "until_impressions": 50, **more}
        found = await shop.search(index=young_index, query=WORDS, ext=explored(**options))
        return found.hybrid.explored == (NEW,)

    for shown, wanted in ((49, True), (50, False)):
        await async_es.update(index=young_index, id=NEW, doc={"sales": shown}, refresh=True)
        assert await given() is wanted
    assert await given(impressions={NEW: 3})
    assert not await given(impressions={NEW: 50})


async def test_settings_and_many_searches(async_open_shop: OpenShop, young_index: str) -> None:
    """A rule of the settings file does it for every search, those of `msearch` too."""
    rule = {"slots": 1, "created_field": "created", "first_place": 2}
    shop = async_open_shop(settings=Settings(rules={"inline": {"explore": rule}}))
    alone = await shop.search(index=young_index, query=WORDS, size=5)
    assert ids(alone)[1] == NEW
    many = await shop.msearch(searches=[{"index": young_index}, {"query": WORDS, "size": 5}])
    assert ids(many["responses"][0]) == ids(alone)
    assert many.hybrid[0] is not None
    assert many.hybrid[0].explored == (NEW,)
    assert "new products: 1 of 24 places" in str(await shop.plan(index=young_index, query=WORDS))
