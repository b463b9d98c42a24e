"""Opens the models that the settings name, and puts together what stands between them and a search.

From the model outwards: replicas and the deadline, merging, the cache. A shop's own embedder or
reranker is called as it is, from the caller's thread; only its answers are remembered, and only in
this process: nothing here knows what else they depend on.
"""

from __future__ import annotations

from es_hybrid._async.models.cached import AsyncCachedEmbedder, AsyncCachedReranker
from es_hybrid._async.models.embed import AsyncEmbedClient
from es_hybrid._async.models.merged import AsyncMergedEmbedder, AsyncMergedReranker
from es_hybrid._async.models.patient import AsyncPatientEmbedder
from es_hybrid._async.models.replicated import AsyncReplicatedEmbedder, AsyncReplicatedReranker
from es_hybrid._async.models.rerank import AsyncRerankClient
from es_hybrid._async.models.stores import AsyncRedisStore, AsyncStore
from es_hybrid._background import AsyncBackground
from es_hybrid._breaker import BreakerMode, BreakerPolicy
from es_hybrid._cache import CacheStats, LruCache
from es_hybrid._flavour import async_check_plugin
from es_hybrid._hedge import Hedge
from es_hybrid._retry import RetryPolicy
from es_hybrid.plugins import PluginGroup, load
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker
from es_hybrid.redis_cache import async_open_redis
from es_hybrid.settings import Settings
from es_hybrid.types import Stage
from es_hybrid.wire.cache_keys import embed_space, rerank_space, space_of

_ONE_TRY = RetryPolicy(max_attempts=1, max_elapsed_s=1.0)
"""Where there is another replica, the second try is its."""
_MOST_MERGED = 1000
"""Texts of several searches in one call of the rerank client, which splits what is too much."""
_INGEST_RETRY = RetryPolicy(
    max_attempts=6, max_elapsed_s=60.0, base_s=0.5, cap_s=10.0, protocol_attempts=2
)


class AsyncModelStack:
    """The models of one client, and everything that was opened for them.

    Args:
        settings: The client's settings.
        embedder: The caller's own embedder; otherwise the settings' plug-in or servers.
        reranker: The caller's own reranker; otherwise the settings' plug-in or servers.

    Attributes:
        breaker_policy: When a model, or a replica of it, is left alone.
        embedder: What embeds, without what stands before it in a search; `None`: there is none.
        reranker: What reranks, without what stands before it in a search; `None`: there is none.
        queries: What a search asks for vectors.
        pairs: What a search asks for scores.

    Raises:
        ConfigurationError: An object has the other flavour's methods, or a plug-in is not there.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        embedder: AsyncEmbedder | None = None,
        reranker: AsyncReranker | None = None,
    ) -> None:
        self._settings = settings
        search = settings.search
        self.breaker_policy = BreakerPolicy(search.breaker_failures, search.breaker_cooldown_s)
        self._background = AsyncBackground()
        self._clients: list[AsyncEmbedClient | AsyncRerankClient] = []
        self._patient: AsyncEmbedder | None = None
        self._stores: dict[Stage, AsyncStore] = {}
        self._redis: AsyncRedisStore | None = None
        self._is_own_embedder = embedder is None and not settings.embed.plugin
        self._is_own_reranker = reranker is None and not settings.rerank.plugin
        self.embedder = embedder if embedder is not None else self._embedder()
        self.reranker = reranker if reranker is not None else self._reranker()
        if self.embedder is not None:
            async_check_plugin(self.embedder, "embed")
        if self.reranker is not None:
            async_check_plugin(self.reranker, "rerank")
        if settings.cache.redis_url is not None and self._clients:
            self._redis = self._open_redis(settings.cache.redis_url.get_secret_value())
        self.queries = None if self.embedder is None else self._cached_embedder(self.embedder)
        self.pairs = None if self.reranker is None else self._cached_reranker(self.reranker)

    @property
    def ingest_embedder(self) -> AsyncEmbedder | None:
        """The embedder of products: the same, but patient with a busy server."""
        if self._patient is None and self._is_own_embedder and self.embedder is not None:
            self._patient = self._open_embedder(patient=True)
        return self._patient or self.embedder

    @property
    def cache_stats(self) -> dict[Stage, CacheStats]:
        """How well the caches do, by the stage whose answers they remember."""
        return {stage: store.stats for stage, store in self._stores.items()}

    def breakers(self, now: float) -> dict[str, BreakerMode]:
        """Return what the next call of each replica, and of Redis, will meet."""
        found = {} if self._redis is None else {"redis": self._redis.mode(now)}
        for model in (self.embedder, self.reranker):
            if isinstance(model, AsyncReplicatedEmbedder | AsyncReplicatedReranker):
                found |= model.breakers(now)
        return found

    def forget(self) -> None:
        """Empty the caches of this process, as after a model was exchanged behind its name."""
        for store in self._stores.values():
            store.forget()

    async def aclose(self) -> None:
        """Close what was opened here; the caller's own objects stay open."""
        for client in self._clients:
            await client.aclose()
        self._clients.clear()
        if self._redis is not None:
            await self._redis.aclose()
        await self._background.aclose()  # last: what still ran has lost its connections by now

    def _embedder(self) -> AsyncEmbedder | None:
        embed = self._settings.embed
        if embed.plugin:
            plugin: AsyncEmbedder = load(PluginGroup.EMBEDDERS, embed.plugin, self._settings)
            return plugin
        return self._open_embedder() if embed.base_url else None

    def _open_embedder(self, *, patient: bool = False) -> AsyncEmbedder:
        embed = self._settings.embed
        urls = [embed.base_url, *embed.replicas]
        retry = {"retry": _ONE_TRY} if patient or len(urls) > 1 else {}
        clients = [
            AsyncEmbedClient(embed.model_copy(update={"base_url": url}), **retry) for url in urls
        ]
        self._clients += clients
        replicas = AsyncReplicatedEmbedder(
            clients,
            background=self._background,
            hedge=Hedge() if patient else self._hedge(embed.hedge_after_ms),
            policy=self.breaker_policy,
        )
        if not patient:
            return replicas
        return AsyncPatientEmbedder(replicas, in_flight=embed.max_in_flight, retry=_INGEST_RETRY)

    def _reranker(self) -> AsyncReranker | None:
        rerank = self._settings.rerank
        if rerank.plugin:
            plugin: AsyncReranker = load(PluginGroup.RERANKERS, rerank.plugin, self._settings)
            return plugin
        if not rerank.url:
            return None
        urls = [rerank.url, *rerank.replicas]
        retry = {"retry": _ONE_TRY} if len(urls) > 1 else {}
        clients = [
            AsyncRerankClient(rerank.model_copy(update={"url": url}), **retry) for url in urls
        ]
        self._clients += clients
        return AsyncReplicatedReranker(
            clients,
            background=self._background,
            hedge=self._hedge(rerank.hedge_after_ms),
            policy=self.breaker_policy,
        )

    def _cached_embedder(self, embedder: AsyncEmbedder) -> AsyncCachedEmbedder:
        embed, own = self._settings.embed, self._is_own_embedder
        if isinstance(embedder, AsyncEmbedClient):
            embedder = AsyncReplicatedEmbedder([embedder], background=self._background)
        window_s = self._window_s(embed.merge_ms, own=own)
        if window_s:
            embedder = AsyncMergedEmbedder(
                embedder, background=self._background, window_s=window_s, most=embed.batch
            )
        store = self._store(Stage.EMBED, self._settings.cache.vector_bytes, is_shared=own)
        space = embed_space(embed) if own else space_of({"model": embedder.model})
        return AsyncCachedEmbedder(embedder, store=store, space=space)

    def _cached_reranker(self, reranker: AsyncReranker) -> AsyncCachedReranker:
        rerank, own = self._settings.rerank, self._is_own_reranker
        # A model's name is a plug-in's word that a pair's score depends on nothing but the pair.
        model = getattr(reranker, "model", None)
        if isinstance(reranker, AsyncRerankClient):
            reranker = AsyncReplicatedReranker([reranker], background=self._background)
        window_s = self._window_s(rerank.merge_ms, own=own)
        if window_s:
            reranker = AsyncMergedReranker(
                reranker,
                background=self._background,
                window_s=window_s,
                most=rerank.max_documents or _MOST_MERGED,
            )
        max_bytes = self._settings.cache.score_bytes if own or model else 0
        store = self._store(Stage.RERANK, max_bytes, is_shared=own)
        space = rerank_space(rerank) if own else space_of({"model": str(model)})
        return AsyncCachedReranker(reranker, store=store, space=space)

    def _store(self, stage: Stage, max_bytes: int, *, is_shared: bool) -> AsyncStore:
        local = LruCache(max_bytes=max_bytes, ttl_s=self._settings.cache.ttl_s)
        shared = self._redis if is_shared and max_bytes else None
        store = self._stores[stage] = AsyncStore(local, shared=shared)
        return store

    def _open_redis(self, url: str) -> AsyncRedisStore:
        cache = self._settings.cache
        timeout_s = cache.redis_timeout_ms / 1000
        return AsyncRedisStore(
            async_open_redis(url, timeout_s=timeout_s),
            ttl_s=cache.ttl_s,
            timeout_s=timeout_s,
            background=self._background,
        )

    def _window_s(self, merge_ms: float | None, *, own: bool) -> float:
        by_flavour = self._background.merge_ms if own else 0.0
        return (by_flavour if merge_ms is None else merge_ms) / 1000

    def _hedge(self, after_ms: float | None) -> Hedge:
        return Hedge(None if after_ms is None else after_ms / 1000)
