"""Experiments on a real Elasticsearch: who sees what, credit for clicks, and an end by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import (
    AsyncExperimentClient,
    AsyncHybridClient,
    ExperimentConflict,
    ExperimentError,
)
from es_hybrid._concurrency import async_map_ordered
from es_hybrid.experiments import Assigned, Counts, Outcome, Variant
from es_hybrid.record_file import read_records
from tests.support.waiting import patient

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
SEARCH: dict[str, Any] = {
    "query": {"multi_match": {"query": "running shoe", "fields": ["title^3", "description"]}},
    "size": 4,
}
PINNED = {"rules": {"pins": [{"ids": ["p70"]}]}}
SHOPPERS = [f"session-{n}" for n in range(40)]


@pytest.fixture
async def experiments_index(async_es: AsyncElasticsearch) -> AsyncIterator[str]:
    """A name for this test's experiments; the index goes with the test."""
    name = f"test-experiments-{uuid4().hex[:12]}"
    yield name
    await async_es.indices.delete(index=name, ignore_unavailable=True)


@pytest.fixture
def new_shop(async_open_shop: OpenShop, experiments_index: str) -> AsyncHybridClient:
    """The new search; looks experiments up at every search, and gives a slow machine time."""
    section = {"index": experiments_index, "ttl_s": 1e-9}
    return async_open_shop(settings=patient(experiment=section))


def ids(response: Any) -> list[str]:
    return [hit["_id"] for hit in response["hits"]["hits"]]


async def test_started_and_stopped_while_it_runs(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str
) -> None:
    """A running process follows what is started and stopped; before and after, the old query serves."""
    async with AsyncExperimentClient(async_es, new_shop, name="pilot") as shop:
        one = shop.for_shopper("session-7")
        old = ids(await async_es.search(index=products_index, **SEARCH))
        assert ids(await one.search(index=products_index, **SEARCH)) == old
        await new_shop.experiments.start("pilot", share=1.0, treatment=PINNED)
        answer = await one.search(index=products_index, **SEARCH)
        assert ids(answer)[0] == "p70"
        side = answer.hybrid.experiment
        assert side is not None
        assert (side.variant, "session-7" in str(side)) == (Variant.TREATMENT, False)
        assert (await shop.search(index=products_index, **SEARCH)).hybrid.experiment is None
        await new_shop.experiments.stop("pilot", reason="seen enough")
        answer = await one.search(index=products_index, **SEARCH)
        assert (ids(answer), answer.hybrid.experiment) == (old, None)
        version = await new_shop.experiments.get("pilot")
        assert (version.version, version.experiment.reason) == (2, "seen enough")


async def test_shoppers_stay_on_their_side(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str
) -> None:
    """Every process assigns a shopper the same, and a growing share turns nobody over."""

    async def treated(client: AsyncExperimentClient) -> set[str]:
        found = set()
        for shopper in SHOPPERS:
            answer = await client.for_shopper(shopper).search(index=products_index, **SEARCH)
            side = answer.hybrid.experiment
            assert side is not None
            if side.variant is Variant.TREATMENT:
                found.add(shopper)
        return found

    store = new_shop.experiments
    await store.start("pilot", share=0.2, treatment=PINNED)
    async with (
        AsyncExperimentClient(async_es, new_shop, name="pilot") as one,
        AsyncExperimentClient(async_es, new_shop, name="pilot") as other,
    ):
        few = await treated(one)
        assert few == await treated(other)
        await store.start("pilot", share=0.6, treatment=PINNED)
        more = await treated(one)
        assert few < more < set(SHOPPERS)  # but for one run in 10^8


async def test_a_pilot_concerns_only_some_searches(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str
) -> None:
    """A brand, a category or a query pattern limits the pilot; all other searches are as ever."""
    when = {"context": {"brand": ["Fellgate"]}, "query": ["running *"]}
    await new_shop.experiments.start("pilot", share=1.0, when=when)
    async with AsyncExperimentClient(async_es, new_shop, name="pilot") as client:
        shop = client.for_shopper("session-7")

        async def concerned(words: str, brand: str | None, **more: Any) -> bool:
            match = {"match": {"title": words}}
            filters = [] if brand is None else [{"term": {"brand": brand}}]
            query = {"bool": {"must": [match], "filter": filters}}
            answer = await shop.search(index=products_index, query=query, **more)
            return answer.hybrid.experiment is not None

        assert await concerned("running shoe", "Fellgate")
        assert await concerned("running shoe", None, post_filter={"terms": {"brand": ["Fellgate"]}})
        said = {"hybrid": {"context": {"brand": "Fellgate"}}}
        assert await concerned("running shoe", None, ext=said)
        assert not await concerned("running shoe", "Norvik")
        assert not await concerned("running shoe", None)
        assert not await concerned("tent", "Fellgate")
        assert not await concerned("running shoe", "Fellgate", sort="price")


async def test_both_rankings_in_one_page(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str, tmp_path: Path
) -> None:
    """A page of both is the same when loaded again, goes on without a gap, and clicks are credited."""
    path = tmp_path / "outcomes.ndjson"
    store = new_shop.experiments
    started = await store.start("page", design="interleave", share=1.0, treatment=PINNED)
    async with AsyncExperimentClient(async_es, new_shop, name="page", record=path) as client:
        shop = client.for_shopper("session-7")
        first = await shop.search(index=products_index, **SEARCH)
        again = await shop.search(index=products_index, **SEARCH)
        assert ids(first) == ids(again)
        second = await shop.search(index=products_index, from_=4, **SEARCH)
        whole = await shop.search(index=products_index, **{**SEARCH, "size": 8})
        assert ids(first) + ids(second) == ids(whole)
        side = first.hybrid.experiment
        assert side is not None
        assert list(side.teams) == ids(first)
        assert "p70" in side.teams
        assert set(side.teams.values()) == {Variant.CONTROL, Variant.TREATMENT}
        kept = Assigned.from_dict(side.to_dict())
        own = [id_ for id_, team in kept.teams.items() if team is Variant.TREATMENT]
        await shop.record(kept, clicked=own)
    given = [
        outcome
        for outcome in read_records(path, "outcome", Outcome.from_dict)
        if outcome.metric == "credit"
    ]
    assert [(each.experiment, each.value) for each in given] == [(started.label, 1.0)]
    assert "session-7" not in path.read_text(encoding="utf-8")


async def test_harm_ends_it_by_itself(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str
) -> None:
    """Searches without results in the treatment stop it, with the reason, for all processes."""
    empty = {
        "rules": {"excludes": [{"field": "brand", "equals": ["Fellgate", "Norvik", "Ostara"]}]}
    }
    limits = {"searches": 20, "slow": 1.0}
    store = new_shop.experiments
    await store.start("pilot", share=0.5, treatment=empty, guardrails=limits)
    async with AsyncExperimentClient(async_es, new_shop, name="pilot") as one:
        for shopper in range(100):  # a salt assigns them: 20 on each side but for one run in 10^9
            shop = one.for_shopper(f"session-{shopper}")
            await shop.search(index=products_index, **SEARCH)
        status = await one.look()
        assert min(found.searches for found in status.counts.values()) >= 20
        after = await store.get("pilot")
        assert after.experiment.state == "stopped"
        assert after.experiment.reason.startswith("zero results 0.00% -> 100.00%")
        for shopper in SHOPPERS:
            answer = await one.for_shopper(shopper).search(index=products_index, **SEARCH)
            assert len(ids(answer)) == 4


async def test_a_failing_treatment_serves_the_old_answer(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient, products_index: str
) -> None:
    """The shopper gets the old query's answer, the failure counts, and harmless figures stop nothing."""
    wrong = {"boosts": "no-such-profile"}
    await new_shop.experiments.start("pilot", share=1.0, treatment=wrong)
    old = ids(await async_es.search(index=products_index, **SEARCH))

    def full(record: object) -> None:
        raise OSError("the disk is full")

    async with AsyncExperimentClient(async_es, new_shop, name="pilot", record=full) as client:
        answer = await client.for_shopper("a").search(index=products_index, **SEARCH)
        assert ids(answer) == old
        status = await client.look()
    assert status.counts[Variant.TREATMENT] == Counts(searches=1, errors=1)
    assert (status.harm, status.experiment.runs) == (None, True)


async def test_lost_revenue_ends_it(
    async_es: AsyncElasticsearch, new_shop: AsyncHybridClient
) -> None:
    """Outcomes of the shop's own, such as those of a log, are looked at, too."""
    store = new_shop.experiments
    started = await store.start("pilot", share=0.5, guardrails={"searches": 50})

    def outcomes(label: str) -> list[Outcome]:
        return [
            Outcome(label, side, f"{side}-{n}", "revenue", amount + n % 5)
            for side, amount in ((Variant.CONTROL, 50.0), (Variant.TREATMENT, 30.0))
            for n in range(200)
        ]

    async with AsyncExperimentClient(async_es, new_shop, name="pilot", outcomes=outcomes) as client:
        status = await client.look()
    assert status.effect is not None
    low, high = status.effect.interval
    assert low < -20.0 < high < -18.0
    assert (status.effect.p < 0.001, status.version) == (True, started)
    assert (await store.get("pilot")).experiment.reason.startswith("revenue 52.00 -> 32.00")


async def test_two_who_start_at_once(new_shop: AsyncHybridClient) -> None:
    """Of those who start or stop at once one wins, and the others are told."""
    store = new_shop.experiments
    await store.start("pilot", share=0.1)

    async def start(share: float) -> bool:
        try:
            await store.start("pilot", share=share)
        except ExperimentConflict:
            return False
        return True

    shares = [0.2, 0.3, 0.4, 0.5]
    won = [each async for each in async_map_ordered(start, shares, limit=4)]
    assert (await store.get("pilot")).version >= 1 + sum(won) >= 2


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ({"share": 2.0}, "experiment.share"),
        ({"shrae": 0.1}, "experiment.shrae"),
        ({"treatment": {"widow": 1}}, "experiment"),
        ({"when": {}}, "experiment.when"),
        ({"guardrails": {"slow_ms": 0}}, "experiment.guardrails.slow_ms"),
    ],
)
async def test_what_is_refused(
    new_shop: AsyncHybridClient,
    async_es: AsyncElasticsearch,
    experiments_index: str,
    definition: dict[str, Any],
    path: str,
) -> None:
    """A wrong experiment is refused with its path, and writes nothing."""
    with pytest.raises(ExperimentError) as caught:
        await new_shop.experiments.start("pilot", **definition)
    assert caught.value.path == path
    with pytest.raises(ExperimentError, match="no experiment pilot"):
        await new_shop.experiments.stop("pilot")
    with pytest.raises(ExperimentError, match="stop"):
        await new_shop.experiments.rollback("pilot")
    assert not await async_es.indices.exists(index=experiments_index)
