"""Gives the answer of a frequent search again for a few seconds.

What one Elasticsearch client may see, with its rights, is its own: answers are kept by owner. Whole
and sound answers only; each caller gets its own copy.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from typing import Any

from es_hybrid._cache import CacheStats, LruCache
from es_hybrid._deadline import AsyncCall
from es_hybrid._flights import AsyncFlights
from es_hybrid.response import HybridResponse
from es_hybrid.settings import CacheSettings
from es_hybrid.wire.cache_keys import result_key

_PATIENCE_S = 3600.0
"""The shop's Elasticsearch client has a timeout of its own; this ends what has none."""


class AsyncResults:
    """Remembers answers in this process; they never leave it.

    Args:
        settings: How long, and how much. With 0 seconds every search is made.

    Example:
        results = AsyncResults(CacheSettings(results_ttl_s=5.0))
        response = await results.run({"index": "products", "query": query}, search, owner=b"1")
    """

    def __init__(self, settings: CacheSettings) -> None:
        self._is_on = settings.results_ttl_s > 0 and settings.results_bytes > 0
        self._kept = LruCache(max_bytes=settings.results_bytes, ttl_s=settings.results_ttl_s)
        self._flights = AsyncFlights[bytes, bytes]()
        self._hits = 0
        self._misses = 0

    @property
    def stats(self) -> CacheStats:
        """How well it does; a search that shared another's answer was a hit."""
        return CacheStats(
            hits=self._hits,
            misses=self._misses,
            entries=self._kept.entries,
            size_bytes=self._kept.size_bytes,
        )

    async def run(
        self,
        arguments: Mapping[str, Any],
        search: AsyncCall[Mapping[str, Any], HybridResponse],
        *,
        owner: bytes,
    ) -> HybridResponse:
        """Return the answer to `arguments`, from memory or from `search`.

        The same searches at the same time are made once.

        Args:
            arguments: Those of `search`.
            search: Makes the search.
            owner: Names the Elasticsearch client; another one's answers are not given.

        Raises:
            Exception: Whatever `search` raises, in every caller.
        """
        named = result_key(arguments) if self._is_on else None
        if named is None:
            return await search(arguments)
        key = owner + named
        packed = self._kept.get_many([key], now=time.monotonic()).get(key)
        own: list[HybridResponse] = []
        if packed is None:

            async def made(_: float) -> bytes:
                own.append(await search(arguments))
                return self._packed(key, own[0])

            packed = await self._flights.run(key, made, timeout_s=_PATIENCE_S)
        if own:
            self._misses += 1  # may lose a step between threads: it is for a dashboard
            return own[0]
        self._hits += 1
        response: HybridResponse = pickle.loads(packed)  # noqa: S301 - written by this object
        return response.from_memory()

    def _packed(self, key: bytes, response: HybridResponse) -> bytes:
        packed = pickle.dumps(response, protocol=pickle.HIGHEST_PROTOCOL)
        body, info = response.body, response.hybrid
        whole = not body.get("timed_out") and not body.get("_shards", {}).get("failed")
        if whole and not info.degraded and info.reason is None:
            self._kept.put_many({key: packed}, now=time.monotonic())
        return packed
