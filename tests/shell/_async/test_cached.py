"""Remembered vectors and scores, in front of models on real sockets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.models.cached import AsyncCachedEmbedder, AsyncCachedReranker
from es_hybrid._async.models.embed import AsyncEmbedClient
from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid._async.models.stores import AsyncStore
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._budget import Budget
from es_hybrid._cache import LruCache, Tally
from es_hybrid._concurrency import async_map_ordered, async_sleep
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import EmbeddingError, RequestError, ServiceTimeout
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker
from es_hybrid.settings import (
    CacheSettings,
    EmbedSettings,
    RerankSettings,
    SearchSettings,
    Settings,
)
from es_hybrid.testing import AsyncScriptedReranker
from es_hybrid.types import Degradation, DegradationReason, Stage, TextKind, Vectors
from tests.support.model_servers import FakeModelServer
from tests.support.waiting import async_until

QUERY, DOCUMENT = TextKind.QUERY, TextKind.DOCUMENT
TEXTS = ["steel water bottle", "red shoes for trail running", "garlic press"]


def settings_of(server: FakeModelServer, **cache: Any) -> Settings:
    return Settings(
        embed=EmbedSettings(base_url=server.base_url, model=server.model),
        rerank=RerankSettings(url=server.rerank_url, model=server.model),
        search=SearchSettings(breaker_failures=1),
        cache=CacheSettings(**cache),
    )


def stack_of(server: FakeModelServer, **cache: Any) -> Any:
    return aclosing(AsyncModelStack(settings_of(server, **cache)))


def store_of() -> AsyncStore:
    return AsyncStore(LruCache(max_bytes=1_000_000, ttl_s=60.0))


class PairReranker:
    """Scores a pair by its lengths, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str], str | None]] = []

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        self.asked.append((query, list(texts), instruction))
        return [len(text) / (1 + len(query)) for text in texts]


class LengthEmbedder:
    """Embeds a text as its length, in as many dims as it is told to."""

    model = "length"

    def __init__(self) -> None:
        self.dims = 2
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        self.asked.append(list(texts))
        return np.stack([np.full(self.dims, len(text), np.float32) for text in texts])


async def test_a_query_is_embedded_once(embed_server: FakeModelServer) -> None:
    """The same words get the same vector from memory, which no caller can spoil for the next."""
    async with stack_of(embed_server) as models:
        cached = models.queries
        assert isinstance(cached, AsyncEmbedder)
        assert isinstance(cached, AsyncCachedEmbedder)
        assert cached.model == embed_server.model
        first = await cached.embed(["red shoe"], kind=QUERY, timeout_s=5.0)
        kept = first.copy()
        first *= 0.0
        known, new = Tally(), Tally()
        words = ["red shoe", "blue shoe"]
        found = await cached.look(words, kind=QUERY, tallies=[known, new])
        assert list(found.missing.values()) == ["blue shoe"]
        assert (known, new) == (Tally(1, 0), Tally(0, 1))
        both = await cached.complete(found, timeout_s=5.0)
        assert (both[0] == kept[0]).all()
        assert embed_server.last_input == ["blue shoe"]
        stats = models.cache_stats[Stage.EMBED]
    assert embed_server.count == 2
    assert (stats.entries, stats.hits, stats.misses) == (2, 1, 2)


async def test_a_task_has_vectors_of_its_own(embed_server: FakeModelServer) -> None:
    """One text under two tasks is two vectors, each with its task put in front exactly once."""
    async with stack_of(embed_server) as models:
        cached = models.queries
        for task in (None, "Find gifts", "", "Find gifts"):
            await cached.embed(["boot"], kind=QUERY, timeout_s=5.0, instruction=task)
        documents = await cached.embed(["boot"], kind=DOCUMENT, timeout_s=5.0)
    sent = [request.body["input"] for request in embed_server.requests]
    assert sent == [["boot"], ["Instruct: Find gifts\nQuery:boot"], ["boot"], ["boot"]]
    assert documents.shape[0] == 1


async def test_a_plugin_that_reads_no_task_is_not_given_one() -> None:
    """An embedder with the plain contract is called by it, and refuses a task by name."""
    model = LengthEmbedder()
    cached = AsyncCachedEmbedder(model, store=store_of(), space=b"space")
    await cached.embed(["boot"], kind=QUERY, timeout_s=1.0)
    with pytest.raises(RequestError, match="reads no instruction"):
        await cached.embed(["boot"], kind=QUERY, timeout_s=1.0, instruction="Find gifts")
    assert (cached.instruction, model.asked) == (None, [["boot"]])


async def test_only_new_pairs_are_scored() -> None:
    """Another page of the same query asks for its new products only, each once, in their order."""
    model = PairReranker()
    cached = AsyncCachedReranker(model, store=store_of(), space=b"space")
    assert isinstance(cached, AsyncReranker)
    first = await cached.rerank("boot", ["a", "bb", "a"], instruction=None, timeout_s=1.0)
    assert first == pytest.approx([0.2, 0.4, 0.2])
    again = await cached.rerank("boot", ["ccc", "bb", "a"], instruction=None, timeout_s=1.0)
    assert again == pytest.approx([0.6, 0.4, 0.2])
    assert [texts for _, texts, _ in model.asked] == [["a", "bb"], ["ccc"]]
    assert again[1:] == [first[1], first[0]]  # to the last bit: the same search, the same page


async def test_query_and_instruction_are_part_of_a_pair() -> None:
    """A score is given again for the same query, the same task and the same text only."""
    model = PairReranker()
    cached = AsyncCachedReranker(model, store=store_of(), space=b"space")
    tasks = [("boot", None), ("boots", None), ("boot", ""), ("boot", "Find gifts")]
    for _ in range(2):
        for query, instruction in tasks:
            await cached.rerank(query, ["Red boot"], instruction=instruction, timeout_s=1.0)
    assert [(query, instruction) for query, _, instruction in model.asked] == tasks


async def test_a_blank_text_gets_the_lowest_score_of_all() -> None:
    """What a blank text is worth depends on its neighbours, remembered ones included."""
    model = PairReranker()
    cached = AsyncCachedReranker(model, store=store_of(), space=b"space")
    await cached.rerank("boot", ["a"], instruction=None, timeout_s=1.0)
    scores = await cached.rerank("boot", ["", "bb", "a", " "], instruction=None, timeout_s=1.0)
    assert scores == pytest.approx([0.2, 0.4, 0.2, 0.2])
    assert await cached.rerank("boot", [""], instruction=None, timeout_s=1.0) == [0.0]
    assert [texts for _, texts, _ in model.asked] == [["a"], ["bb"]]


async def test_queries_and_documents_are_kept_apart() -> None:
    """The same words as a product have another vector than as a query."""
    model = LengthEmbedder()
    cached = AsyncCachedEmbedder(model, store=store_of(), space=b"space")
    for kind in (QUERY, DOCUMENT, QUERY, DOCUMENT):
        await cached.embed(["boot"], kind=kind, timeout_s=1.0)
    assert model.asked == [["boot"], ["boot"]]
    assert (await cached.embed([], kind=QUERY, timeout_s=1.0)).shape[0] == 0


async def test_a_model_that_was_exchanged_behind_its_name_is_believed() -> None:
    """Vectors of two lengths never come in one answer; the new model's replace the old ones."""
    model = LengthEmbedder()
    cached = AsyncCachedEmbedder(model, store=store_of(), space=b"space")
    await cached.embed(["a", "b"], kind=QUERY, timeout_s=1.0)
    model.dims = 3
    assert (await cached.embed(["a", "c"], kind=QUERY, timeout_s=1.0)).shape == (2, 3)
    assert (await cached.embed(["a", "b"], kind=QUERY, timeout_s=1.0)).shape == (2, 3)


async def test_a_failure_is_not_remembered(embed_server: FakeModelServer) -> None:
    """What failed once is asked again, and succeeds when the server does."""
    async with stack_of(embed_server) as models:
        for fault in ({"status": 400}, {"nan": True}, {"zero": True}):
            embed_server.fail(**fault)
            with pytest.raises(Exception, match=r"embedding server|the vector|JSON"):
                await models.queries.embed(["boot"], kind=QUERY, timeout_s=5.0)
        embed_server.fail()
        assert len(await models.queries.embed(["boot"], kind=QUERY, timeout_s=5.0)) == 1


async def test_a_hundred_same_searches_make_one_call_of_each_model(
    rerank_server: FakeModelServer,
) -> None:
    """Who asks while the answer is on its way waits for it, instead of asking too."""
    rerank_server.fail(latency_s=0.2)
    async with stack_of(rerank_server) as models:

        async def search(_: int) -> tuple[Vectors, Sequence[float]]:
            vector = await models.queries.embed(["red shoe"], kind=QUERY, timeout_s=5.0)
            scores = await models.pairs.rerank("red shoe", TEXTS, instruction=None, timeout_s=5.0)
            return vector, scores

        async with aclosing(async_map_ordered(search, range(100), limit=100)) as answers:
            found = [answer async for answer in answers]
    assert rerank_server.count == 2
    assert all((vector == found[0][0]).all() and scores == found[0][1] for vector, scores in found)


async def test_each_waits_no_longer_than_its_own_time(embed_server: FakeModelServer) -> None:
    """A caller in a hurry leaves a shared call; the others get its answer."""
    embed_server.fail(hang=True)
    async with stack_of(embed_server) as models:

        async def search(timeout_s: float) -> str:
            if timeout_s < 1.0:
                await async_until(lambda: embed_server.count)  # a patient one asks first
            try:
                await models.queries.embed(["boot"], kind=QUERY, timeout_s=timeout_s)
            except ServiceTimeout:
                embed_server.release()  # which has held the call until now
                return "left"
            return "answered"

        async with aclosing(async_map_ordered(search, [60.0, 0.1, 60.0], limit=3)) as answers:
            said = [answer async for answer in answers]
    assert said == ["answered", "left", "answered"]
    assert embed_server.count == 1


async def test_who_joined_a_call_that_ran_out_of_time_has_its_own(
    embed_server: FakeModelServer,
) -> None:
    """A search that came late to a call that fails by its deadline asks again, once for all."""
    async with stack_of(embed_server) as models:
        await models.queries.embed(["warm"], kind=QUERY, timeout_s=60.0)
        embed_server.fail(hang=True, times=1)

        async def search(place: int) -> str:
            if place:
                await async_until(lambda: embed_server.count == 2)
            try:
                await models.queries.embed(["boot"], kind=QUERY, timeout_s=60.0 if place else 0.5)
            except ServiceTimeout:
                return "too late"
            return "answered"

        async with aclosing(async_map_ordered(search, range(5), limit=5)) as answers:
            said = [answer async for answer in answers]
        embed_server.release()
    assert said == ["too late", *["answered"] * 4]
    assert embed_server.count == 3


async def test_memory_is_bounded_and_can_be_switched_off(embed_server: FakeModelServer) -> None:
    """The oldest vectors go when there is no room; with no room at all, every call is made."""
    async with stack_of(embed_server, vector_bytes=2000) as models:
        for number in [*range(20), 19, 0]:
            await models.queries.embed([f"query {number}"], kind=QUERY, timeout_s=5.0)
        stats = models.cache_stats[Stage.EMBED]
    assert (embed_server.count, stats.hits) == (21, 1)
    assert 0 < stats.size_bytes <= 2000
    async with stack_of(embed_server, vector_bytes=0) as models:
        for _ in range(2):
            await models.queries.embed(["boot"], kind=QUERY, timeout_s=5.0)
    assert embed_server.count == 23


async def test_values_go_out_of_date(embed_server: FakeModelServer) -> None:
    """After its time a vector is asked for again."""
    async with stack_of(embed_server, ttl_s=0.05) as models:
        await models.queries.embed(["boot"], kind=QUERY, timeout_s=5.0)
        await async_sleep(0.06)
        await models.queries.embed(["boot"], kind=QUERY, timeout_s=5.0)
    assert embed_server.count == 2


async def test_what_is_remembered_is_given_while_the_server_is_down(
    rerank_server: FakeModelServer,
) -> None:
    """A dead server costs frequent searches nothing, and they do not make it look alive."""
    es = AsyncElasticsearch("http://localhost:9")  # not asked for anything
    tools = AsyncToolbox(es, settings_of(rerank_server))
    async with es, aclosing(tools):

        def budget() -> Budget:
            return Budget(total_s=5.0, started_s=time.monotonic())

        async def embed(text: str) -> Vectors | Degradation:
            return await tools.embed([text], budget=budget(), raise_errors=False)

        async def rerank(text: str) -> list[float] | Degradation:
            return await tools.rerank(
                "boot", [text], instruction=None, budget=budget(), raise_errors=False
            )

        vector, scores = await embed("known"), await rerank("known")
        rerank_server.fail(status=500)
        reasons = []
        for _ in range(2):
            for answer in (await embed("new"), await rerank("new")):
                assert isinstance(answer, Degradation)
                reasons.append(answer.reason)
            assert np.array_equal(np.asarray(await embed("known")), np.asarray(vector))
            assert await rerank("known") == scores
        assert tools.cache_stats[Stage.RERANK].hits == 2
    failed, skipped = DegradationReason.SERVICE_ERROR, DegradationReason.BREAKER_OPEN
    assert reasons == [failed, failed, skipped, skipped]


async def test_a_shops_own_reranker_is_remembered_by_its_models_name() -> None:
    """One that names no model may score texts by their neighbours, so nothing of it is kept."""
    named, nameless = AsyncScriptedReranker([1.0, 2.0]), PairReranker()
    for reranker, hits in ((named, 2), (nameless, 0)):
        async with aclosing(AsyncModelStack(Settings(), reranker=reranker)) as models:
            assert models.reranker is reranker
            assert models.pairs is not None
            for _ in range(2):
                await models.pairs.rerank("boot", ["a", "b"], instruction=None, timeout_s=1.0)
            assert models.cache_stats[Stage.RERANK].hits == hits


async def test_a_client_that_was_handed_in_keeps_the_deadline_too(
    embed_server: FakeModelServer,
) -> None:
    """Our own client is left in time whoever made it, and stays its maker's to close."""
    settings = EmbedSettings(base_url=embed_server.base_url, model="fake-model")
    client = AsyncEmbedClient(settings, retry=RetryPolicy(1, 60.0))
    async with aclosing(client):
        async with aclosing(AsyncModelStack(Settings(), embedder=client)) as models:
            assert models.queries is not None
            assert models.ingest_embedder is models.embedder is client
            embed_server.fail(stall=True)
            with pytest.raises(ServiceTimeout):
                await models.queries.embed(["boot"], kind=QUERY, timeout_s=0.5)
            assert embed_server.in_flight == 1  # it is held to this moment
            embed_server.fail()
        assert len(await client.embed(["boot"], kind=QUERY, timeout_s=5.0)) == 1


async def test_products_are_embedded_by_a_patient_client(embed_server: FakeModelServer) -> None:
    """Ingestion tries a busy server again and remembers nothing."""
    async with stack_of(embed_server) as models:
        assert models.ingest_embedder is not None
        embed_server.fail(status=503, times=3)
        for _ in range(2):
            await models.ingest_embedder.embed(["boot"], kind=DOCUMENT, timeout_s=20.0)
        assert embed_server.count == 5
        embed_server.fail(status=503)
        with pytest.raises(EmbeddingError):
            await models.queries.embed(["boot"], kind=QUERY, timeout_s=5.0)
        assert embed_server.count == 7
