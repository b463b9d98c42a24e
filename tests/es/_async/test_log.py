"""Searches and events in the data streams of a real cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, NotFoundError

from es_hybrid import AsyncExperimentClient, AsyncHybridClient, Settings
from es_hybrid.logs import LogStats, Stream
from es_hybrid.logs.history import read_history
from es_hybrid.logs.report import report_of
from es_hybrid.testing import AsyncScriptedReranker
from tests.support.logs import SALT, TestLog

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
WORDS: dict[str, Any] = {"multi_match": {"query": "running shoe", "fields": ["title^3"]}}
TOLD = {"user": "zyxuser", "session": "zyxs", "experiment": {"name": "trial", "variant": "b"}}


def settings_of(
    log: TestLog,
    *,
    cache: dict[str, Any] | None = None,
    experiments: str = "es-hybrid-experiments",
    **options: Any,
) -> Settings:
    return Settings(
        log=log.settings(**options),
        search={"budget_s": 60.0},
        cache=cache or {},
        experiment={"index": experiments, "ttl_s": 1e-9, "timeout_s": 30},
    )


async def test_a_search_and_its_events(
    async_open_shop: OpenShop, products_index: str, test_log: TestLog
) -> None:
    """The record says what was asked, shown, scored and done without; events refer to its id."""
    shop = async_open_shop(settings=settings_of(test_log, text="hash", ids="hash", salt=SALT))
    response = await shop.search(
        index=products_index, query=WORDS, size=3, ext={"hybrid": {"log": TOLD}}
    )
    query_id = response.hybrid.query_id
    assert response["ext"]["hybrid"]["query_id"] == query_id
    assert "explain" not in response["ext"]["hybrid"]
    first = response["hits"]["hits"][0]["_id"]
    assert await shop.log_event("click", query_id=query_id, object_id=first, position=1)
    assert await shop.flush_log(timeout_s=60)
    assert shop.log_stats == LogStats(written=2)
    (search,) = test_log.records(Stream.QUERIES)
    (click,) = test_log.records(Stream.EVENTS)
    assert search["query_id"] == click["query_id"] == query_id
    assert search["query_response_hit_ids"] == [hit["_id"] for hit in response["hits"]["hits"]]
    told = search["query_attributes"]
    assert {name: told[name] for name in ("index", "from", "size", "experiment", "variant")} == {
        "index": products_index,
        "from": 0,
        "size": 3,
        "experiment": "trial",
        "variant": "b",
    }
    assert (told["plan"], told["total"], told["zero_results"]) == (
        str(response.hybrid.plan),
        response.total,
        False,
    )
    assert told["timings_ms"].keys() >= {"plan", "embed", "retrieve", "fetch"}
    assert [one["position"] for one in told["shown"]] == [1, 2, 3]
    assert told["shown"][0]["score"] == response["hits"]["hits"][0]["_score"]
    assert told["shown"][0]["lexical"]["rank"] >= 1
    assert "zyx" not in json.dumps([search, click])
    assert "running" not in json.dumps([search, click])


async def test_the_answer_is_the_same(
    async_open_shop: OpenShop, products_index: str, test_log: TestLog
) -> None:
    """Logging changes nothing of the body but the id, and that only where `ext.hybrid` was sent."""
    logged = async_open_shop(settings=settings_of(test_log))
    bare = async_open_shop()
    for ext in ({}, {"ext": {"hybrid": {"explain": True}}}):
        one = (await logged.search(index=products_index, query=WORDS, **ext)).body
        other = (await bare.search(index=products_index, query=WORDS, **ext)).body
        if ext:
            assert one["ext"]["hybrid"].pop("query_id")
            for body in (one, other):
                for varying in ("timings_ms", "remembered"):
                    body["ext"]["hybrid"].pop(varying)
        assert {**one, "took": 0} == {**other, "took": 0}


async def test_what_is_not_logged(
    async_open_shop: OpenShop, products_index: str, test_log: TestLog
) -> None:
    """A request that says so, one that is switched off, one without words, one without a page."""
    shop = async_open_shop(settings=settings_of(test_log))
    for request in (
        {"query": WORDS, "ext": {"hybrid": {"log": False}}},
        {"query": WORDS, "ext": {"hybrid": False}},
        {"query": {"match_all": {}}},
        {"query": WORDS, "size": 0},
    ):
        response = await shop.search(index=products_index, **request)
        assert response.hybrid.query_id is None
    browsed = await shop.search(index=products_index, ext={"hybrid": {"log": {"query_id": "mine"}}})
    assert browsed.hybrid.query_id == browsed["ext"]["hybrid"]["query_id"] == "mine"
    assert (browsed.hybrid.plan, len(browsed["hits"]["hits"])) == ("passthrough", 10)
    assert await shop.flush_log(timeout_s=60)
    assert [record["query_id"] for record in test_log.records(Stream.QUERIES)] == ["mine"]


async def test_remembered_answers_are_searches_too(
    async_open_shop: OpenShop, products_index: str, test_log: TestLog
) -> None:
    """An answer from memory is logged under an id of its own, whoever asks for it."""
    shop = async_open_shop(settings=settings_of(test_log, cache={"results_ttl_s": 60.0}))
    ids = []
    for user in ("one", "two"):
        told = {"hybrid": {"log": {"user": user}}}
        response = await shop.search(index=products_index, query=WORDS, ext=told)
        assert response.hybrid.remembered.answer is (user == "two")
        ids.append(response.hybrid.query_id)
    assert await shop.flush_log(timeout_s=60)
    searches = {record["query_id"]: record for record in test_log.records(Stream.QUERIES)}
    assert sorted(searches) == sorted(map(str, ids))
    first, second = (searches[str(id_)]["query_attributes"] for id_ in ids)
    assert "timings_ms" in first
    assert "timings_ms" not in second
    assert first["shown"] == second["shown"]


async def test_many_searches(
    async_open_shop: OpenShop, products_index: str, test_log: TestLog
) -> None:
    """Each search of an `msearch` is logged, those that are passed through included."""
    shop = async_open_shop(settings=settings_of(test_log))
    sorted_by_price = {"query": WORDS, "sort": ["price"]}
    answers = await shop.msearch(
        index=products_index, searches=[{}, {"query": WORDS}, {}, sorted_by_price]
    )
    assert await shop.flush_log(timeout_s=60)
    logged = {record["query_id"]: record for record in test_log.records(Stream.QUERIES)}
    assert {info.query_id for info in answers.hybrid if info} == set(logged)
    reasons = [record["query_attributes"].get("reason") for record in logged.values()]
    assert sorted(map(str, reasons)) == ["None", "sort"]


async def test_degradations_and_nothing_found(
    async_open_shop: OpenShop, products_index: str, test_log: TestLog
) -> None:
    """A model that failed and a search that found nothing can be counted."""
    broken = AsyncScriptedReranker(RuntimeError("zyx down"))
    shop = async_open_shop(settings=settings_of(test_log), reranker=broken)
    await shop.search(index=products_index, query=WORDS)
    nothing = {"bool": {"must": [WORDS], "filter": [{"term": {"brand": "none such"}}]}}
    await shop.search(index=products_index, query=nothing)
    assert await shop.flush_log(timeout_s=60)
    one, other = (record["query_attributes"] for record in test_log.records(Stream.QUERIES))
    assert {"stage": "rerank", "reason": "service_error"} in one["degraded"]
    assert (one["zero_results"], other["zero_results"], other["total"]) == (False, True, 0)


async def test_a_missing_template_costs_no_search(
    async_open_shop: OpenShop, products_index: str, index_name: str, test_log: TestLog
) -> None:
    """Records without a stream are counted as failed; no index of guessed fields is made."""
    shop = async_open_shop(settings=settings_of(test_log, streams=index_name))
    response = await shop.search(index=products_index, query=WORDS)
    assert response["hits"]["hits"]
    assert await shop.flush_log(timeout_s=60)
    assert shop.log_stats == LogStats(failed=1)
    assert not await shop.es.indices.exists(index=f"{index_name}_queries")


@pytest.mark.parametrize("design", ["split", "interleave"])
async def test_a_search_of_an_experiment_is_logged_once_with_its_side(
    async_es: AsyncElasticsearch,
    async_open_shop: OpenShop,
    products_index: str,
    index_name: str,
    test_log: TestLog,
    design: str,
) -> None:
    """The record has run, variant, hashed shopper and who chose each product; so has the old query's."""
    logging = settings_of(
        test_log, experiments=f"{index_name}-experiments", text="hash", ids="hash", salt=SALT
    )
    shop = async_open_shop(settings=logging)
    run = (await shop.experiments.start("pilot", design=design, share=0.5)).label
    asked: dict[str, Any] = {"index": products_index, "query": WORDS, "size": 4}
    answers = {}
    async with AsyncExperimentClient(async_es, shop, name="pilot") as live:
        for number in range(24):  # assigned by a salt of the run: one in 2^23 runs lacks a side
            answer = await live.for_shopper(f"zyx-{number}").search(**asked)
            assert "ext" not in answer.body
            answers[answer.hybrid.query_id] = answer
        answer = await live.search(**asked, ext={"hybrid": {"log": {"query_id": "nobody"}}})
        assert (answer.hybrid.query_id, answer.hybrid.experiment) == ("nobody", None)
        switched_off = await live.search(**asked, ext={"hybrid": False})
        assert switched_off.hybrid.query_id is None
    assert await shop.flush_log(timeout_s=60)
    records = {record["query_id"]: record for record in test_log.records(Stream.QUERIES)}
    assert set(records) == {*answers, "nobody"}
    assert "experiment" not in records["nobody"]["query_attributes"]
    variants, units = set(), set()
    for query_id, answer in answers.items():
        record, side = records[query_id], answer.hybrid.experiment
        told = record["query_attributes"]
        assert record["query_response_hit_ids"] == [hit["_id"] for hit in answer["hits"]["hits"]]
        if side is None:  # not among those who see a page of both
            assert (design, "experiment" in told) == ("interleave", False)
            continue
        assert (told["experiment"], told["variant"], told["failed"]) == (run, side.variant, False)
        assert told["unit"] != side.unit
        assert {one["object_id"]: one["team"] for one in told["shown"] if "team" in one} == {
            id_: str(team) for id_, team in side.teams.items()
        }
        variants.add(told["variant"])
        units.add(told["unit"])
    assert variants == ({"control", "treatment"} if design == "split" else {"interleaved"})
    assert len(units) == sum(answer.hybrid.experiment is not None for answer in answers.values())
    assert "zyx" not in json.dumps(records)


async def test_a_failed_search_of_an_experiment(
    async_es: AsyncElasticsearch,
    async_open_shop: OpenShop,
    products_index: str,
    index_name: str,
    test_log: TestLog,
) -> None:
    """The old answer that stands in is logged as the variant's failure, and no answer at all, too."""
    shop = async_open_shop(settings=settings_of(test_log, experiments=f"{index_name}-experiments"))
    wrong = {"boosts": "no-such-profile"}
    run = (await shop.experiments.start("pilot", share=1.0, treatment=wrong)).label
    async with AsyncExperimentClient(async_es, shop, name="pilot") as live:
        one = live.for_shopper("zyx")
        answer = await one.search(index=products_index, query=WORDS)
        assert answer["hits"]["hits"]
        assert answer.hybrid.experiment is not None
        assert answer.hybrid.experiment.failed
        with pytest.raises(NotFoundError):
            await one.search(index=f"{index_name}-none", query=WORDS)
    assert await shop.flush_log(timeout_s=60)
    first, second = read_history(test_log.records(Stream.QUERIES)).searches
    for found, shown in ((first, 10), (second, 0)):
        assert (found.experiment, found.variant, found.unit) == (run, "treatment", "")
        assert (found.failed, found.found_nothing, len(found.shown)) == (True, False, shown)


async def test_an_answer_of_another_client_is_logged_with_what_was_done(
    async_open_shop: OpenShop, products_index: str, test_log: TestLog
) -> None:
    """`log_search` takes an answer of ours with its plan and times, and a bare one without."""
    logged = async_open_shop(settings=settings_of(test_log))
    answer = await async_open_shop().search(index=products_index, query=WORDS)
    await logged.log_search(answer, text="running shoe", log={"query_id": "ours"})
    await logged.log_search(answer.body, text="running shoe", log={"query_id": "bare"})
    assert await logged.flush_log(timeout_s=60)
    told = {r["query_id"]: r["query_attributes"] for r in test_log.records(Stream.QUERIES)}
    assert told["ours"]["plan"] == str(answer.hybrid.plan)
    assert "retrieve" in told["ours"]["timings_ms"]
    assert "plan" not in told["bare"]
    assert told["ours"]["shown"] == told["bare"]["shown"]


async def test_a_recommendation_and_its_click(
    async_open_shop: OpenShop, products_index: str, test_log: TestLog
) -> None:
    """A list is logged as its kind, without what it started from, and reported beside searches."""
    shop = async_open_shop(settings=settings_of(test_log, text="hash", ids="hash", salt=SALT))
    told = {"hybrid": {"log": {"session": "zyxs"}}}
    similar = await shop.recommend(products_index, like="p00", size=3, ext=told)
    query_id = similar.hybrid.query_id
    assert similar["ext"]["hybrid"]["query_id"] == query_id
    trending = await shop.recommend(products_index, size=3)
    silent = await shop.recommend(products_index, size=3, ext={"hybrid": {"log": False}})
    assert silent.hybrid.query_id is None
    searched = await shop.search(index=products_index, query=WORDS)
    clicked = similar["hits"]["hits"][1]["_id"]
    await shop.log_event("click", query_id=query_id, object_id=clicked, position=2)
    assert await shop.flush_log(timeout_s=60)
    records = {record["query_id"]: record for record in test_log.records(Stream.QUERIES)}
    assert set(records) == {query_id, trending.hybrid.query_id, searched.hybrid.query_id}
    record = records[query_id]
    assert (record["user_query"], record["query_attributes"]["recommended"]) == ("", "similar")
    assert record["session_id"]
    assert [one["object_id"] for one in record["query_attributes"]["shown"]] == [
        hit["_id"] for hit in similar["hits"]["hits"]
    ]
    assert record["query_attributes"]["shown"][0]["fused"] is not None
    assert "zyx" not in json.dumps(record)
    assert '"p00"' not in json.dumps(record)
    report = report_of(read_history([*records.values(), *test_log.records(Stream.EVENTS)]))
    assert (report.total.searches, report.total.click_rate, report.unmatched) == (1, 0.0, 0)
    kinds = {
        kind: (found.searches, found.click_rate) for kind, found in report.recommendations.items()
    }
    made = str(trending.hybrid.recommendation.made)  # type: ignore[union-attr]
    assert kinds == {"similar": (1, 1.0), made: (1, 0.0)}
