"""A cache in a real Redis, that processes share and that no search depends on."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest

from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid._async.models.stores import AsyncRedisStore
from es_hybrid._background import AsyncBackground
from es_hybrid.errors import ConfigurationError
from es_hybrid.redis_cache import async_open_redis
from es_hybrid.settings import CacheSettings, EmbedSettings, RerankSettings, Settings
from es_hybrid.types import Stage, TextKind, Vectors
from tests.support.model_servers import FakeModelServer
from tests.support.redis_servers import RedisServer
from tests.support.waiting import IN_TIME_S

QUERY = "red trail running shoes"
TEXTS = ["steel water bottle", "red shoes for trail running", "garlic press"]
TIMEOUT_S = 20.0  # a busy machine needs longer than the few milliseconds of the settings


def stack_of(server: FakeModelServer, redis_url: str, **cache: object) -> AsyncModelStack:
    """Put together what one process of a shop has."""
    values = {"redis_url": redis_url, "redis_timeout_ms": TIMEOUT_S * 1000} | cache
    return AsyncModelStack(
        Settings(
            embed=EmbedSettings(base_url=server.base_url, model=server.model),
            rerank=RerankSettings(url=server.rerank_url, model=server.model),
            cache=CacheSettings.model_validate(values),
        )
    )


async def embed(models: AsyncModelStack, text: str = QUERY) -> Vectors:
    assert models.queries is not None
    return await models.queries.embed([text], kind=TextKind.QUERY, timeout_s=5.0)


async def rerank(models: AsyncModelStack, texts: Sequence[str] = TEXTS) -> Sequence[float]:
    assert models.pairs is not None
    return await models.pairs.rerank(QUERY, texts, instruction=None, timeout_s=5.0)


async def test_what_one_process_asked_another_knows(
    redis_server: RedisServer, rerank_server: FakeModelServer
) -> None:
    """A second process gets the same numbers from Redis, and asks the models only for the rest."""
    async with aclosing(stack_of(rerank_server, redis_server.url)) as first:
        vector, scores = await embed(first), await rerank(first)
        asked = rerank_server.count
        assert asked == 2
    async with aclosing(stack_of(rerank_server, redis_server.url)) as second:
        assert (await embed(second) == vector).all()
        assert await rerank(second) == scores
        assert rerank_server.count == asked
        assert await rerank(second, [*TEXTS, "blue shoe"]) == [*scores, pytest.approx(0.5, abs=0.5)]
        assert rerank_server.requests[-1].body["documents"] == ["blue shoe"]
        stats = second.cache_stats
    assert (stats[Stage.EMBED].shared_hits, stats[Stage.RERANK].shared_hits) == (1, 3)
    assert (stats[Stage.RERANK].hits, stats[Stage.RERANK].misses) == (3, 1)
    assert stats[Stage.EMBED].hit_rate == 1.0


async def test_nothing_that_somebody_wrote_is_in_redis(
    redis_server: RedisServer, rerank_server: FakeModelServer
) -> None:
    """Keys are hashes, values are numbers in float32, and all of them go away by themselves."""
    async with aclosing(stack_of(rerank_server, redis_server.url, ttl_s=60.0)) as models:
        vector, scores = await embed(models), await rerank(models)
    with redis_server.admin() as admin:
        kept = {key: admin.get(key) for key in admin.scan_iter()}
        assert all(0 < admin.pttl(key) <= 60_000 for key in kept)
    assert all(key.startswith(b"es-hybrid:1:") and len(key) == 12 + 32 for key in kept)
    assert sorted(map(len, kept.values())) == [4, 4, 4, vector.nbytes]
    assert vector.astype("<f4").tobytes() in kept.values()
    assert {np.float32(score).tobytes() for score in scores} <= set(kept.values())
    everything = b"".join([*kept, *kept.values()])
    assert not [word for word in " ".join([QUERY, *TEXTS]).split() if word.encode() in everything]


async def test_another_model_or_instruction_finds_nothing(
    redis_server: RedisServer, rerank_server: FakeModelServer
) -> None:
    """Shops that share a Redis and differ in a setting never get each other's numbers."""
    url, model = rerank_server.base_url, rerank_server.model
    changes: list[dict[str, Any]] = [{}, {"query_instruction": "Find gifts"}, {"dims": 16}]
    for changed in changes:
        settings = Settings(
            embed=EmbedSettings(base_url=url, model=model, **changed),
            cache=CacheSettings.model_validate({"redis_url": redis_server.url}),
        )
        async with aclosing(AsyncModelStack(settings)) as models:
            await embed(models)
    assert rerank_server.count == 3


async def test_a_dead_redis_is_a_miss(
    redis_server: RedisServer, rerank_server: FakeModelServer
) -> None:
    """Searches go on without it, at once; after failures in a row it is left alone."""
    redis_server.kill()
    async with aclosing(stack_of(rerank_server, redis_server.url)) as models:
        for number in range(4):
            started = time.perf_counter()
            assert models.queries is not None
            found = await models.queries.look([f"query {number}"], kind=TextKind.QUERY)
            assert time.perf_counter() - started < TIMEOUT_S
            assert list(found.missing.values()) == [f"query {number}"]
        assert len(await embed(models)) == 1
        assert await embed(models) is not None  # from this process
        stats = models.cache_stats[Stage.EMBED]
    assert (stats.shared_failures, stats.shared_skipped, stats.hits) == (3, 3, 1)
    assert rerank_server.count == 1


async def test_a_slow_redis_is_a_miss_and_never_answers_for_another_key(
    redis_server: RedisServer,
) -> None:
    """A call costs its few milliseconds; what comes too late is not taken for the next answer."""
    background = AsyncBackground()
    link = async_open_redis(redis_server.url, timeout_s=1.0)
    store = AsyncRedisStore(link, ttl_s=60.0, timeout_s=1.0, background=background)
    async with aclosing(background), aclosing(store):
        await store.put_many({b"a": b"1", b"b": b"2"})
        assert await store.get_many([b"a", b"b", b"c"]) == {b"a": b"1", b"b": b"2"}
        redis_server.stop()
        started = time.perf_counter()
        assert await store.get_many([b"a"]) == {}
        assert time.perf_counter() - started < IN_TIME_S
        redis_server.go_on()
        assert await store.get_many([b"b"]) == {b"b": b"2"}
        assert (store.failures, store.skipped) == (1, 0)


async def test_what_is_no_vector_or_score_is_not_believed(
    redis_server: RedisServer, rerank_server: FakeModelServer
) -> None:
    """Bytes of another length, and NaN, are misses; they are replaced by what the model says."""
    async with aclosing(stack_of(rerank_server, redis_server.url)) as models:
        vector, scores = await embed(models), await rerank(models)
    nan = np.full(64, np.nan, np.float32).tobytes()
    with redis_server.admin() as admin:
        for key in list(admin.scan_iter()):
            admin.set(key, nan if len(admin.get(key) or b"") > 4 else b"nonsense")
    asked = rerank_server.count
    async with aclosing(stack_of(rerank_server, redis_server.url)) as models:
        assert (await embed(models) == vector).all()
        assert await rerank(models) == scores
    assert rerank_server.count == asked + 2


async def test_settings_that_cannot_work_are_refused(
    rerank_server: FakeModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong address, and a missing redis-py, are said at start and not in a search."""
    with pytest.raises(ConfigurationError, match="not a Redis address") as caught:
        stack_of(rerank_server, "http://:secret@localhost")
    assert "secret" not in str(caught.value)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(
        ConfigurationError, match=r"a Redis needs .* redis, .*es-hybrid\[redis\].*unset"
    ):
        stack_of(rerank_server, "redis://localhost")
