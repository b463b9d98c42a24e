"""A search never fails because a model server is down, slow or talks nonsense."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import (
    AsyncHybridClient,
    ContractError,
    RerankError,
    SearchDone,
    ServiceError,
    ServiceTimeout,
    Settings,
)
from es_hybrid.testing import AsyncScriptedReranker
from es_hybrid.types import DegradationReason as Reason
from es_hybrid.types import Level, PlanName, Stage, TextKind
from tests.support.loopback import nobody
from tests.support.model_servers import FakeModelServer
from tests.support.shops import DIMS, shop_mapping, shop_products
from tests.support.waiting import IN_TIME_S, patient

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
MakeIndex = Callable[..., str]
WORDS: dict[str, Any] = {"match": {"title": "trail running shoe"}}


@pytest.fixture
def model_index(make_index: MakeIndex) -> str:
    """An index that says it was embedded by the fake server's model."""
    mapping = shop_mapping()
    mapping["_meta"] = {"es_hybrid": {**mapping["_meta"]["es_hybrid"], "model": "fake-model"}}
    return make_index(mapping=mapping)


def settings_of(
    embed: FakeModelServer,
    rerank: FakeModelServer,
    *,
    hurry: Stage | None = None,
    stand_in: str = "none",
    **search: Any,
) -> Settings:
    """Return settings that give a busy machine time for everything but one stage's model."""
    at_once = {"model": "fake-model", "timeout_s": 0.2}
    in_time = {"model": "fake-model"}
    return patient(
        embed={"base_url": embed.base_url, **(at_once if hurry is Stage.EMBED else in_time)},
        rerank={
            "url": rerank.rerank_url,
            "dialect": "vllm",
            "stand_in": stand_in,
            **(at_once if hurry is Stage.RERANK else in_time),
        },
        search=search,
    )


class Recorder:
    """Keeps what a metrics hook is told."""

    def __init__(self, events: list[SearchDone]) -> None:
        self._events = events

    def search_done(self, event: SearchDone) -> None:
        self._events.append(event)


def lacks(response: Any) -> list[tuple[Stage, Reason]]:
    return [(lack.stage, lack.reason) for lack in response.hybrid.degraded]


async def test_sound_servers(
    async_open_shop: OpenShop,
    model_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """Over real sockets everything takes part and nothing is lacking."""
    shop = async_open_shop(embedder=None, settings=settings_of(embed_server, rerank_server))
    for _ in range(2):
        response = await shop.search(index=model_index, query=WORDS, size=5)
        assert lacks(response) == []
        assert response.hybrid.plan is PlanName.MSEARCH_FUSION
        assert response.hybrid.reranked == 50
        assert len(response.hits) == 5


FAULTS: list[tuple[dict[str, Any], set[Reason]]] = [
    ({"status": 503}, {Reason.SERVICE_ERROR}),
    ({"status": 500}, {Reason.SERVICE_ERROR}),
    ({"status": 401}, {Reason.SERVICE_ERROR}),
    ({"status": 404}, {Reason.SERVICE_ERROR}),
    ({"overload": True}, {Reason.SERVICE_ERROR}),
    ({"hang": True}, {Reason.TIMEOUT}),
    ({"latency_s": 600.0}, {Reason.TIMEOUT}),
    ({"drip_s": 0.05}, {Reason.TIMEOUT}),
    ({"reset": True}, {Reason.SERVICE_ERROR}),
    ({"html": True}, {Reason.CONTRACT}),
    ({"truncated": True}, {Reason.CONTRACT}),
    ({"empty": True}, {Reason.CONTRACT}),
    ({"missing": True}, {Reason.CONTRACT}),
    ({"nan": True}, {Reason.CONTRACT}),
    ({"null": True}, {Reason.CONTRACT}),
    ({"index_out_of_range": True}, {Reason.CONTRACT}),
]
IDS = [next(iter(faults)) + str(next(iter(faults.values()))) for faults, _ in FAULTS]
EMBED_FAULTS = [
    *FAULTS,
    ({"wrong_dims": True}, {Reason.CONTRACT, Reason.DIMS_MISMATCH}),
    ({"zero": True}, {Reason.CONTRACT}),
]


@pytest.mark.parametrize(("faults", "expected"), EMBED_FAULTS, ids=[*IDS, "wrong_dims", "zero"])
async def test_the_embedder_fails(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    model_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
    faults: dict[str, Any],
    expected: set[Reason],
) -> None:
    """The words alone answer, reranked, in time, and the answer says why."""
    embed_server.fail(**faults)
    hurry = Stage.EMBED if Reason.TIMEOUT in expected else None
    settings = settings_of(embed_server, rerank_server, hurry=hurry)
    shop = async_open_shop(embedder=None, settings=settings)
    await shop.search(index=model_index, query=WORDS, ext={"hybrid": {"plan": "lexical_only"}})
    started = time.perf_counter()
    response = await shop.search(index=model_index, query=WORDS, size=72)
    spent_s = time.perf_counter() - started
    ((stage, reason),) = lacks(response)
    assert (stage, reason in expected) == (Stage.EMBED, True)
    assert response.hybrid.reranked
    assert response.hybrid.plan is PlanName.LEXICAL_ONLY
    plain = await async_es.search(index=model_index, query=WORDS, size=72)
    assert {hit.id for hit in response.hits} == {hit["_id"] for hit in plain["hits"]["hits"]}
    assert response["hits"]["total"] == plain["hits"]["total"]
    assert spent_s < IN_TIME_S


@pytest.mark.parametrize(("faults", "expected"), FAULTS, ids=IDS)
async def test_the_reranker_fails(
    async_open_shop: OpenShop,
    model_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
    faults: dict[str, Any],
    expected: set[Reason],
) -> None:
    """The fused order answers in time, and the answer says why."""
    hurry = Stage.RERANK if Reason.TIMEOUT in expected else None
    settings = settings_of(embed_server, rerank_server, hurry=hurry)
    shop = async_open_shop(embedder=None, settings=settings)
    off = {"hybrid": {"rerank": False}}
    fused = await shop.search(index=model_index, query=WORDS, size=20, ext=off)
    rerank_server.fail(**faults)
    started = time.perf_counter()
    response = await shop.search(index=model_index, query=WORDS, size=20)
    spent_s = time.perf_counter() - started
    assert [stage for stage, _ in lacks(response)] == [Stage.RERANK]
    assert lacks(response)[0][1] in expected
    assert response.hybrid.reranked == 0
    assert response.hybrid.level is Level.FUSED
    assert [hit.id for hit in response.hits] == [hit.id for hit in fused.hits]
    assert response["hits"]["max_score"] == fused["hits"]["max_score"]
    assert spent_s < IN_TIME_S


async def test_words_stand_in_for_a_reranker(
    async_open_shop: OpenShop,
    model_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """With a dead reranker, what holds all of the words comes first, and the answer says so."""
    settings = settings_of(embed_server, rerank_server, stand_in="auto")
    events: list[SearchDone] = []
    hook = Recorder(events)
    shop = async_open_shop(embedder=None, settings=settings, hook=hook)
    whole = await shop.search(index=model_index, query=WORDS, size=20)
    rerank_server.fail(status=500)
    words = "trail running shoe Norvik"
    query = {"match": {"title": words}}
    shown = {"hybrid": {"rerank": {"fields": ["title", "brand"]}}}
    response = await shop.search(index=model_index, query=query, size=20, ext=shown)
    assert (whole.hybrid.level, response.hybrid.level) == (Level.FULL, Level.WORDS)
    assert response.hybrid.stood_in
    assert (response.hybrid.reranked, lacks(response)[0][0]) == (0, Stage.RERANK)
    assert response["ext"]["hybrid"]["level"] == "words"
    assert set(words.split()) <= set(response.hits[0].source["title"].split())
    off = {"hybrid": {"rerank": False}}
    fused = await shop.search(index=model_index, query=query, size=20, ext=off)
    assert [hit.id for hit in response.hits] != [hit.id for hit in fused.hits]
    chinese = {"hybrid": {"text": "越野跑鞋"}}
    response = await shop.search(index=model_index, query=WORDS, size=20, ext=chinese)
    assert (response.hybrid.level, response.hybrid.stood_in) == (Level.FUSED, False)
    assert [event.level for event in events] == [
        Level.FULL,
        Level.WORDS,
        Level.FULL,
        Level.FUSED,
    ]
    assert shop.levels == {Level.FULL: 2, Level.WORDS: 1, Level.FUSED: 1, Level.LEXICAL: 0}


async def test_both_are_gone(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, model_index: str
) -> None:
    """With nobody on either port the search is BM25's own, in its order."""
    with nobody() as url:
        model = {"model": "fake-model"}
        settings = patient(
            embed={"base_url": f"{url}/v1", **model}, rerank={"url": f"{url}/v1/rerank", **model}
        )
        shop = async_open_shop(embedder=None, settings=settings)
        response = await shop.search(index=model_index, query=WORDS, size=9)
    plain = await async_es.search(index=model_index, query=WORDS, size=9)
    assert [hit.id for hit in response.hits] == [hit["_id"] for hit in plain["hits"]["hits"]]
    assert {stage for stage, _ in lacks(response)} == {Stage.EMBED, Stage.RERANK}
    assert {reason for _, reason in lacks(response)} == {Reason.SERVICE_ERROR}
    assert all(lack.detail for lack in response.hybrid.degraded)
    assert "trail" not in str(response.hybrid.degraded)


async def test_the_budget_is_shared(
    async_open_shop: OpenShop,
    model_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """What the embedder uses up, the reranker does not get on top; both end with the budget."""
    told_s: list[float] = []

    class Told(AsyncScriptedReranker):
        async def rerank(self, *args: Any, timeout_s: float, **options: Any) -> Any:
            told_s.append(timeout_s)
            return await super().rerank(*args, timeout_s=timeout_s, **options)

    embed_server.fail(hang=True)
    settings = settings_of(embed_server, rerank_server, hurry=Stage.EMBED)
    reranker = Told(lambda _query, text: float(len(text)))
    shop = async_open_shop(embedder=None, reranker=reranker, settings=settings)
    response = await shop.search(index=model_index, query=WORDS, ext={"hybrid": {"budget_s": 30}})
    assert lacks(response) == [(Stage.EMBED, Reason.TIMEOUT)]
    (left_s,) = told_s
    assert 0.0 < left_s <= 30.0 - 0.2
    rerank_server.fail(hang=True)
    shop = async_open_shop(embedder=None, settings=settings_of(embed_server, rerank_server))
    response = await shop.search(index=model_index, query=WORDS, ext={"hybrid": {"budget_s": 0.2}})
    assert {reason for _, reason in lacks(response)} == {Reason.TIMEOUT}
    assert len(response.hits) == 10


async def test_a_dead_server_is_left_alone(
    async_open_shop: OpenShop,
    model_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """After failures in a row it is not asked again for a while, so that no page waits for it."""
    embed_server.fail(hang=True)
    settings = settings_of(
        embed_server,
        rerank_server,
        hurry=Stage.EMBED,
        breaker_failures=2,
        breaker_cooldown_s=600,
    )
    shop = async_open_shop(embedder=None, settings=settings)
    for _ in range(2):
        response = await shop.search(index=model_index, query=WORDS)
        assert lacks(response)[0] == (Stage.EMBED, Reason.TIMEOUT)
    asked = len(embed_server.requests)
    response = await shop.search(index=model_index, query=WORDS)
    assert lacks(response)[0] == (Stage.EMBED, Reason.BREAKER_OPEN)
    assert len(embed_server.requests) == asked
    copy = shop.options(opaque_id="x")
    assert lacks(await copy.search(index=model_index, query=WORDS))[0][1] is Reason.BREAKER_OPEN


async def test_a_server_that_comes_back(
    async_open_shop: OpenShop,
    model_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """One probe after the cool-down finds it, and searches are whole again."""
    embed_server.fail(status=503)
    settings = settings_of(embed_server, rerank_server, breaker_failures=1, breaker_cooldown_s=0.01)
    shop = async_open_shop(embedder=None, settings=settings)
    assert lacks(await shop.search(index=model_index, query=WORDS))
    embed_server.fail()
    for _ in range(1000):
        if not lacks(response := await shop.search(index=model_index, query=WORDS)):
            break
    assert response.hybrid.plan is PlanName.MSEARCH_FUSION


@pytest.mark.parametrize(
    ("server", "faults", "error"),
    [
        ("embed", {"status": 503}, ServiceError),
        ("embed", {"hang": True}, ServiceTimeout),
        ("embed", {"nan": True}, ContractError),
        ("embed", {"wrong_dims": True}, ServiceError),
        ("rerank", {"status": 503}, RerankError),
        ("rerank", {"hang": True}, ServiceTimeout),
        ("rerank", {"missing": True}, ContractError),
    ],
)
async def test_raising(
    async_open_shop: OpenShop,
    model_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
    server: str,
    faults: dict[str, Any],
    error: type[Exception],
) -> None:
    """With `on_error="raise"` the model's own failure is raised, by request or by setting."""
    (embed_server if server == "embed" else rerank_server).fail(**faults)
    hurry = Stage(server) if error is ServiceTimeout else None
    settings = settings_of(embed_server, rerank_server, hurry=hurry)
    shop = async_open_shop(embedder=None, settings=settings)
    with pytest.raises(error) as caught:
        await shop.search(index=model_index, query=WORDS, ext={"hybrid": {"on_error": "raise"}})
    assert isinstance(caught.value, ServiceError)
    assert caught.value.service == server
    assert "trail" not in str(caught.value)


class Fixed:
    """An embedder that answers what it is told to."""

    model = "hash-64"

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def embed(self, texts: Any, *, kind: TextKind, timeout_s: float) -> Any:
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (np.full((1, DIMS), np.nan, dtype=np.float32), Reason.CONTRACT),
        (np.zeros((1, DIMS), dtype=np.float32), Reason.CONTRACT),
        (np.ones((2, DIMS), dtype=np.float32), Reason.CONTRACT),
        (np.ones(DIMS, dtype=np.float32), Reason.CONTRACT),
        ([], Reason.CONTRACT),
        (None, Reason.CONTRACT),
        ("vectors", Reason.CONTRACT),
        ([[1.0, 2.0], [3.0]], Reason.CONTRACT),
        (np.ones((1, 3), dtype=np.float32), Reason.DIMS_MISMATCH),
        (RuntimeError("trail running shoe"), Reason.SERVICE_ERROR),
        (TimeoutError(), Reason.TIMEOUT),
    ],
    ids=[
        "nan",
        "zero",
        "two rows",
        "flat",
        "empty",
        "none",
        "text",
        "ragged",
        "dims",
        "any",
        "time",
    ],
)
async def test_an_embedder_of_the_shops_own(
    async_open_shop: OpenShop, products_index: str, answer: Any, reason: Reason
) -> None:
    """Whatever a plug-in answers or raises, the search goes on and its words stay private."""
    shop = async_open_shop(embedder=Fixed(answer))
    response = await shop.search(index=products_index, query=WORDS)
    assert lacks(response) == [(Stage.EMBED, reason)]
    assert len(response.hits) == 10
    assert "trail" not in str(response.hybrid.degraded)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([0.5], Reason.CONTRACT),
        ([float("nan")] * 50, Reason.CONTRACT),
        ([float("inf")] * 50, Reason.CONTRACT),
        (RuntimeError("trail running shoe"), Reason.SERVICE_ERROR),
    ],
    ids=["short", "nan", "infinite", "any error"],
)
async def test_a_reranker_of_the_shops_own(
    async_open_shop: OpenShop, products_index: str, script: Any, reason: Reason
) -> None:
    """The same for rerankers: the fused order stands."""
    shop = async_open_shop(reranker=AsyncScriptedReranker(script))
    response = await shop.search(index=products_index, query=WORDS)
    assert lacks(response) == [(Stage.RERANK, reason)]
    assert len(response.hits) == 10
    assert "trail" not in str(response.hybrid.degraded)


async def test_a_vector_field_that_is_gone(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: MakeIndex
) -> None:
    """An alias moved to an index without vectors is searched lexically at once, then learned."""
    bare = shop_mapping()
    bare["properties"] = {k: v for k, v in bare["properties"].items() if k != "embedding"}
    products = shop_products()
    old = make_index()
    new = make_index(products, mapping=bare, without_vector=[p["id"] for p in products])
    alias = f"{old}-live"
    await async_es.indices.put_alias(index=old, name=alias)
    shop = async_open_shop()
    assert lacks(await shop.search(index=alias, query=WORDS)) == []
    moved = [{"remove": {"index": old, "alias": alias}}, {"add": {"index": new, "alias": alias}}]
    await async_es.indices.update_aliases(actions=moved)
    first = await shop.search(index=alias, query=WORDS, size=9)
    assert lacks(first)  # a leg that failed, or one that came back empty: it is said either way
    second = await shop.search(index=alias, query=WORDS, size=9)
    assert lacks(second) == [(Stage.EMBED, Reason.NO_VECTOR_FIELD)]
    plain = await async_es.search(index=alias, query=WORDS, size=9)
    for response in (first, second):
        assert [hit.id for hit in response.hits] == [hit["_id"] for hit in plain["hits"]["hits"]]


async def test_a_leg_that_elasticsearch_refuses(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: MakeIndex
) -> None:
    """A vector that the field cannot take costs the meaning, never the page."""
    mapping = shop_mapping()
    mapping["properties"]["embedding"]["similarity"] = "dot_product"
    index = make_index(mapping=mapping)
    long = np.full((1, DIMS), 7.0, dtype=np.float32)
    response = await async_open_shop(embedder=Fixed(long)).search(index=index, query=WORDS, size=9)
    plain = await async_es.search(index=index, query=WORDS, size=9)
    assert lacks(response) == [(Stage.RETRIEVE, Reason.LEG_FAILED)]
    assert [hit.id for hit in response.hits] == [hit["_id"] for hit in plain["hits"]["hits"]]
    assert "trail" not in str(response.hybrid.degraded)


async def test_the_hook_is_told(async_open_shop: OpenShop, products_index: str) -> None:
    """Metrics see every search, its lacks and times; a hook that raises harms nobody."""

    class Counting:
        def __init__(self) -> None:
            self.events: list[SearchDone] = []

        def search_done(self, event: SearchDone) -> None:
            self.events.append(event)
            raise RuntimeError("metrics are down")

    hook = Counting()
    shop = async_open_shop(hook=hook, reranker=AsyncScriptedReranker([0.5]))
    await shop.search(index=products_index, query=WORDS)
    await shop.search(index=products_index, query={"match_all": {}}, size=3)
    hybrid, passed = hook.events
    assert (hybrid.plan, hybrid.returned) == (PlanName.MSEARCH_FUSION, 10)
    assert [lack.stage for lack in hybrid.degraded] == [Stage.RERANK]
    assert hybrid.took_ms >= max(hybrid.timings_ms.values())
    assert (passed.plan, passed.total, passed.returned) == (PlanName.PASSTHROUGH, 72, 3)
