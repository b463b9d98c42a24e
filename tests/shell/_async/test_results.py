"""Answers that are given again for a few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig

from es_hybrid._async.results import AsyncResults
from es_hybrid._concurrency import async_map_ordered, async_sleep
from es_hybrid.response import HybridInfo, HybridResponse
from es_hybrid.settings import CacheSettings
from es_hybrid.types import (
    Degradation,
    DegradationReason,
    PassthroughReason,
    PlanName,
    Remembered,
    Stage,
)

META = ApiResponseMeta(200, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "es", 9200))
SOUND = HybridInfo(PlanName.MSEARCH_FUSION, reranked=3)
LACK = Degradation(Stage.EMBED, DegradationReason.TIMEOUT)


class Searches:
    """Answers searches, and counts them."""

    def __init__(self, *, info: HybridInfo = SOUND, **body: Any) -> None:
        self.made = 0
        self._info = info
        self._body = body

    async def search(self, arguments: Mapping[str, Any]) -> HybridResponse:
        self.made += 1
        await async_sleep(0.02)
        hits = [{"_id": "1", "_source": {"title": "Boot"}}]
        body = {"hits": {"hits": hits}, "size": arguments["size"]} | self._body
        return HybridResponse(body, META, self._info)


async def test_a_frequent_search_is_made_once() -> None:
    """Equal arguments in any order get the same answer; what a caller does to it stays with it."""
    results, searches = AsyncResults(CacheSettings(results_ttl_s=60.0)), Searches()
    first = await results.run({"index": "a", "size": 1}, searches.search, owner=b"a")
    first["hits"]["hits"].clear()
    again = await results.run({"size": 1, "index": "a"}, searches.search, owner=b"a")
    assert again["hits"]["hits"][0]["_source"] == {"title": "Boot"}
    assert first.hybrid == SOUND
    told = replace(SOUND, remembered=Remembered(answer=True))
    assert (again.hybrid, again.meta.status, type(again)) == (told, 200, HybridResponse)
    assert (await results.run({"index": "a", "size": 2}, searches.search, owner=b"a"))["size"] == 2
    stats = results.stats
    assert (searches.made, stats.hits, stats.misses, stats.entries) == (2, 1, 2, 2)
    assert stats.hit_rate == pytest.approx(1 / 3)
    assert stats.size_bytes > 0


async def test_another_client_gets_no_answer_of_this_one() -> None:
    """What other rights may see is their own, though both share one memory."""
    results, searches = AsyncResults(CacheSettings(results_ttl_s=60.0)), Searches()
    for owner in (b"a", b"b", b"a"):
        await results.run({"size": 1}, searches.search, owner=owner)
    assert (searches.made, results.stats.hits) == (2, 1)


async def test_a_hundred_at_once_are_made_once() -> None:
    """A query that everybody types at the same moment is one search."""
    results, searches = AsyncResults(CacheSettings(results_ttl_s=60.0)), Searches()

    async def one(_: int) -> HybridResponse:
        return await results.run({"size": 1}, searches.search, owner=b"a")

    async with aclosing(async_map_ordered(one, range(100), limit=100)) as answers:
        assert all([answer["size"] == 1 async for answer in answers])
    assert searches.made == 1
    assert (results.stats.hits, results.stats.misses) == (99, 1)


@pytest.mark.parametrize(
    "searches",
    [
        Searches(timed_out=True),
        Searches(_shards={"total": 2, "failed": 1}),
        Searches(info=replace(SOUND, degraded=(LACK,))),
        Searches(info=replace(SOUND, reason=PassthroughReason.NO_TEXT)),
    ],
    ids=["timed out", "shards failed", "degraded", "passthrough"],
)
async def test_half_an_answer_is_not_given_again(searches: Searches) -> None:
    """What lacks something is for the one who asked; the next search tries for all of it."""
    results = AsyncResults(CacheSettings(results_ttl_s=60.0))
    for _ in range(2):
        await results.run({"size": 1}, searches.search, owner=b"a")
    assert searches.made == 2


async def test_it_is_off_unless_told_and_forgets_in_time() -> None:
    """By default every search is made; with a time to live, after that time."""
    for settings, pause_s in ((CacheSettings(), 0.0), (CacheSettings(results_ttl_s=0.05), 0.06)):
        results, searches = AsyncResults(settings), Searches()
        for _ in range(2):
            await results.run({"size": 1}, searches.search, owner=b"a")
            await async_sleep(pause_s)
        assert searches.made == 2


async def test_a_search_that_cannot_be_compared_is_made() -> None:
    """Arguments that are no JSON, such as objects of the DSL, are nobody else's."""
    results, searches = AsyncResults(CacheSettings(results_ttl_s=60.0)), Searches()
    for _ in range(2):
        await results.run({"size": 1, "query": object()}, searches.search, owner=b"a")
    assert searches.made == 2
