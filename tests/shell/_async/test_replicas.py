"""Several servers of one model: one of them failing costs a search nothing but a moment."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from es_hybrid._async.models.embed import AsyncEmbedClient
from es_hybrid._async.models.replicated import AsyncReplicatedEmbedder
from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid._background import AsyncBackground
from es_hybrid._breaker import BreakerPolicy
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._hedge import Hedge
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import EmbeddingError, ServiceError, ServiceTimeout
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.settings import EmbedSettings, RerankSettings, Settings
from es_hybrid.types import TextKind, Vectors
from tests.support.loopback import nobody
from tests.support.model_servers import FakeModelServer
from tests.support.waiting import IN_TIME_S, async_until

QUERY = TextKind.QUERY
ONCE = RetryPolicy(max_attempts=1, max_elapsed_s=60.0)
POLICY = BreakerPolicy(failures=2, cooldown_s=600.0)
StartServer = Callable[..., FakeModelServer]


class Replicas:
    """An embedder of clients at some addresses."""

    def __init__(
        self, *urls: str, hedge: Hedge | None = None, policy: BreakerPolicy = POLICY
    ) -> None:
        self._background = AsyncBackground()
        self._clients = [
            AsyncEmbedClient(EmbedSettings(base_url=url, model="fake-model"), retry=ONCE)
            for url in urls
        ]
        self.embedder = AsyncReplicatedEmbedder(
            self._clients, background=self._background, hedge=hedge, policy=policy
        )

    async def aclose(self) -> None:
        for client in self._clients:
            await client.aclose()
        await self._background.aclose()


async def embed(embedder: AsyncEmbedder, *, timeout_s: float = 5.0) -> Vectors:
    return await embedder.embed(["red shoe"], kind=QUERY, timeout_s=timeout_s)


class Clock:
    """The machine's clock, which can be put forward."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead_s

    def put_forward(self, seconds: float) -> None:
        self._ahead_s += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What tells the replicas how late it is."""
    made = Clock()
    monkeypatch.setattr("es_hybrid._async.models.replicas.time", made)
    return made


@pytest.fixture
def pair(model_server: StartServer) -> tuple[FakeModelServer, FakeModelServer]:
    """Two servers of one model."""
    return model_server("vllm"), model_server("vllm")


Pair = tuple[FakeModelServer, FakeModelServer]


@pytest.mark.parametrize(
    "faults",
    [
        {"reset": True},
        {"cut": True},
        {"status": 500},
        {"overload": True},
        {"status": 429, "retry_after": "30"},
        {"status": 404, "message": "model not found"},
        {"html": True},
        {"nan": True},
    ],
    ids=str,
)
async def test_a_failing_replica_is_not_noticed(pair: Pair, faults: dict[str, Any]) -> None:
    """Whatever one replica answers at once, the search gets its vector from the other."""
    bad, good = pair
    bad.fail(**faults)
    async with aclosing(Replicas(bad.base_url, good.base_url)) as replicas:
        assert isinstance(replicas.embedder, AsyncEmbedder)
        for _ in range(8):
            assert (await embed(replicas.embedder)).shape == (1, 64)
    assert bad.count == POLICY.failures or "404" in str(faults)
    assert bad.count <= POLICY.failures
    assert good.count == 8


async def test_a_replica_that_is_not_there_is_not_noticed(embed_server: FakeModelServer) -> None:
    """A restarting replica costs a refused connection."""
    with nobody() as url:
        async with aclosing(Replicas(f"{url}/v1", embed_server.base_url)) as replicas:
            for _ in range(4):
                await embed(replicas.embedder)
    assert embed_server.count == 4


async def test_load_is_spread(pair: Pair) -> None:
    """One after the other they take turns; at once, each gets its half."""
    async with aclosing(Replicas(*(server.base_url for server in pair))) as replicas:
        for _ in range(6):
            await embed(replicas.embedder)
        assert [server.count for server in pair] == [3, 3]
        for server in pair:
            server.fail(hang=True)

        async def one(number: int) -> Vectors | None:
            if number < 8:
                return await embed(replicas.embedder, timeout_s=60.0)
            await async_until(lambda: sum(server.in_flight for server in pair) == 8)
            for server in pair:
                server.release()
            return None

        async with aclosing(async_map_ordered(one, range(9), limit=9)) as answers:
            assert len([answer async for answer in answers]) == 9
        assert all(abs(server.count - 7) <= 1 for server in pair)


async def test_a_text_that_is_at_fault_is_not_sent_again(pair: Pair) -> None:
    """What one replica refuses because of the text, every other would refuse as well."""
    for server in pair:
        server.fail(status=400, message="maximum context length exceeded")
    async with aclosing(Replicas(*(server.base_url for server in pair))) as replicas:
        for _ in range(6):
            with pytest.raises(EmbeddingError) as caught:
                await embed(replicas.embedder)
            assert caught.value.attempts == 1
        with pytest.raises(EmbeddingError, match="blank"):
            await replicas.embedder.embed([" "], kind=QUERY, timeout_s=5.0)
    assert sum(server.count for server in pair) == 6  # and nobody was left alone for it


async def test_all_down_is_the_last_ones_error_and_then_a_pause(pair: Pair, clock: Clock) -> None:
    """Every replica is asked once; failing in a row, all are left alone, and the search is told."""
    for server in pair:
        server.fail(status=500)
    async with aclosing(Replicas(*(server.base_url for server in pair))) as replicas:
        for _ in range(POLICY.failures):
            with pytest.raises(EmbeddingError, match="500") as caught:
                await embed(replicas.embedder)
            assert caught.value.attempts == 2
        with pytest.raises(ServiceError, match="all 2 replicas are left alone") as refused:
            await embed(replicas.embedder)
        assert (refused.value.attempts, refused.value.retryable) == (0, True)
        assert [server.count for server in pair] == [2, 2]
        for server in pair:
            server.fail()
        clock.put_forward(POLICY.cooldown_s)
        assert len(await embed(replicas.embedder)) == 1


async def test_finding_out_about_a_silent_replica_costs_no_search(pair: Pair, clock: Clock) -> None:
    """A replica that is tried again after a pause gets help: the search does not run out of time."""
    silent, good = pair
    silent.fail(hang=True)
    async with aclosing(Replicas(silent.base_url, good.base_url, policy=POLICY)) as replicas:
        too_late = 0
        for _ in range(6):
            try:
                await embed(replicas.embedder, timeout_s=1.0)
            except ServiceTimeout:
                too_late += 1
        assert too_late == POLICY.failures
        clock.put_forward(POLICY.cooldown_s)
        for _ in range(4):
            await embed(replicas.embedder, timeout_s=5.0)
        assert silent.count == POLICY.failures + 1
        silent.release()


async def test_a_slow_answer_is_overtaken_by_a_second_request(pair: Pair) -> None:
    """After its delay a second request goes to the other replica, and the first answer wins."""
    slow, quick = pair
    async with aclosing(Replicas(slow.base_url, quick.base_url, hedge=Hedge(1.0))) as replicas:
        for _ in range(2):  # answered long before the delay, on a busy machine, too
            await embed(replicas.embedder)
        slow.fail(hang=True)
        started = time.perf_counter()
        await embed(replicas.embedder, timeout_s=60.0)
        assert 0.9 < time.perf_counter() - started < IN_TIME_S
        slow.release()
    assert (slow.count, quick.count) == (2, 2)


async def test_second_requests_are_few(pair: Pair) -> None:
    """However slow the servers get, at most one call in twenty is doubled."""
    for server in pair:
        server.fail(latency_s=0.02)
    async with aclosing(
        Replicas(*(server.base_url for server in pair), hedge=Hedge(0.005))
    ) as replicas:
        for _ in range(45):
            await embed(replicas.embedder)
    assert 46 <= sum(server.count for server in pair) <= 48


async def test_one_address_may_be_a_balancers(embed_server: FakeModelServer) -> None:
    """With a single address the second request goes to the same one."""
    async with aclosing(Replicas(embed_server.base_url, hedge=Hedge(0.03))) as replicas:
        embed_server.fail(hang=True, times=1)
        started = time.perf_counter()
        await embed(replicas.embedder, timeout_s=60.0)
        assert time.perf_counter() - started < IN_TIME_S
        embed_server.release()
    assert embed_server.count == 2


async def test_both_slow_is_a_timeout_in_time(pair: Pair) -> None:
    """Two requests under way share one deadline."""
    for server in pair:
        server.fail(stall=True)
    async with aclosing(
        Replicas(*(server.base_url for server in pair), hedge=Hedge(0.02))
    ) as replicas:
        started = time.perf_counter()
        with pytest.raises(ServiceTimeout) as caught:
            await embed(replicas.embedder, timeout_s=1.0)
        assert time.perf_counter() - started < IN_TIME_S
        assert caught.value.attempts == 2
        for server in pair:
            server.fail()


async def test_settings_name_the_replicas(model_server: StartServer) -> None:
    """Further addresses in the settings are used by searches and by ingestion."""
    servers = [model_server("vllm") for _ in range(2)]
    first, second = servers
    settings = Settings(
        embed=EmbedSettings(
            base_url=first.base_url, replicas=(second.base_url,), model="fake-model"
        ),
        rerank=RerankSettings(
            url=first.rerank_url, replicas=(second.rerank_url,), model="fake-model"
        ),
    )
    first.fail(status=500)
    async with aclosing(AsyncModelStack(settings)) as models:
        assert models.queries is not None
        assert models.pairs is not None
        assert models.ingest_embedder is not None
        await models.queries.embed(["boot"], kind=QUERY, timeout_s=5.0)
        scores = await models.pairs.rerank("boot", ["a b", "boot"], instruction=None, timeout_s=5.0)
        assert scores[1] > scores[0]
        first.fail()
        for _ in range(2):
            await models.ingest_embedder.embed(["boot"], kind=TextKind.DOCUMENT, timeout_s=5.0)
    paths = Counter(request.path for server in servers for request in server.requests)
    assert paths["/v1/rerank"] >= 1
    assert second.count == 3
