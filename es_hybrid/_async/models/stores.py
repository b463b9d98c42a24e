"""Where cached values are: in this process, and in a Redis that other processes share."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid._background import AsyncBackground
from es_hybrid._breaker import Breaker, BreakerMode, BreakerPolicy
from es_hybrid._cache import CacheStats, LruCache
from es_hybrid._logging import get_logger

_LOG = get_logger("es_hybrid.search")
_PREFIX = "es-hybrid:1:"
"""The number changes with the meaning of keys or values."""


class AsyncRedisStore:
    """Values in Redis, where there is one that answers within a few milliseconds.

    A Redis that is down, slow or full of something else is a miss, never an error; after failures
    in a row it is left alone for some seconds. Not for a Redis Cluster: one call asks for many keys.

    Args:
        redis: As `async_open_redis` opens it; closed with this.
        ttl_s: Seconds that Redis keeps a value.
        timeout_s: Seconds that a search waits for it.
        background: Where its calls run, so that they can be left.
    """

    def __init__(
        self, redis: Any, *, ttl_s: float, timeout_s: float, background: AsyncBackground
    ) -> None:
        self._redis = redis
        self._ttl_ms = max(round(ttl_s * 1000), 1)
        self._timeout_s = timeout_s
        self._background = background
        self._breaker = Breaker(BreakerPolicy(failures=3, cooldown_s=5.0, cooldown_cap_s=30.0))
        self.failures = 0
        self.skipped = 0

    def mode(self, now: float) -> BreakerMode:
        """Return what the next call will meet."""
        return self._breaker.mode(now)

    async def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the values that are there."""
        names = [_PREFIX + key.hex() for key in keys]

        async def read() -> Any:
            return await self._redis.mget(names)

        values = await self._ask(read) or ()
        return {
            key: value for key, value in zip(keys, values, strict=False) if isinstance(value, bytes)
        }

    async def put_many(self, items: Mapping[bytes, bytes]) -> None:
        """Keep values."""

        async def write() -> Any:
            pipeline = self._redis.pipeline(transaction=False)
            for key, value in items.items():
                pipeline.set(_PREFIX + key.hex(), value, px=self._ttl_ms)
            return await pipeline.execute()

        await self._ask(write)

    async def _ask(self, call: Any) -> Any:
        if not self._breaker.allow(time.monotonic()):
            self.skipped += 1
            return None
        try:
            answer = await self._background.within(self._timeout_s, call)
        except Exception as error:  # noqa: BLE001 - no failure of a cache may fail a search
            self.failures += 1
            self._breaker.failure(time.monotonic())
            _LOG.warning("cache.failed", error=type(error).__name__)
            return None
        except BaseException:
            self._breaker.release()
            raise
        self._breaker.success(time.monotonic())
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


class AsyncStore:
    """Looks in this process first, then in Redis; what was found there is kept here too.

    Args:
        local: The values of this process.
        shared: The values that all processes share; `None`: no Redis is configured.

    Example:
        store = AsyncStore(LruCache(max_bytes=32_000_000, ttl_s=3600.0))
        await store.put_many({key: value})
        found = await store.get_many([key])
    """

    def __init__(self, local: LruCache, *, shared: AsyncRedisStore | None = None) -> None:
        self._local = local
        self._shared = shared
        self._hits = 0
        self._shared_hits = 0
        self._misses = 0

    async def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the values that are there."""
        wanted = dict.fromkeys(keys)
        found = self._local.get_many(wanted, now=time.monotonic())
        # Counters may lose a step between threads; they are for a dashboard.
        self._hits += len(found)
        if self._shared is not None and len(found) < len(wanted):
            fetched = await self._shared.get_many([key for key in wanted if key not in found])
            if fetched:
                self._shared_hits += len(fetched)
                self._local.put_many(fetched, now=time.monotonic())
                found |= fetched
        self._misses += len(wanted) - len(found)
        return found

    async def put_many(self, items: Mapping[bytes, bytes]) -> None:
        """Keep values, here and in Redis."""
        if not items:
            return
        self._local.put_many(items, now=time.monotonic())
        if self._shared is not None:
            await self._shared.put_many(items)

    def forget(self) -> None:
        """Empty this process's cache; what Redis has stays."""
        self._local.clear()

    @property
    def stats(self) -> CacheStats:
        """How well it does."""
        shared = self._shared
        return CacheStats(
            hits=self._hits,
            shared_hits=self._shared_hits,
            misses=self._misses,
            shared_failures=shared.failures if shared else 0,
            shared_skipped=shared.skipped if shared else 0,
            entries=self._local.entries,
            size_bytes=self._local.size_bytes,
        )
