"""What all copies of one client share: models behind their breakers, schemas, settings."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from es_hybrid._async.embed import AsyncEmbedClient
from es_hybrid._async.guard import AsyncGuard
from es_hybrid._async.rerank import AsyncRerankClient
from es_hybrid._async.schemas import AsyncSchemas
from es_hybrid._breaker import Breaker, BreakerPolicy
from es_hybrid._budget import Budget
from es_hybrid._flavour import async_check_plugin
from es_hybrid._logging import get_logger
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import ContractError, RequestError
from es_hybrid.plugins import PluginGroup, load
from es_hybrid.plugins import names as plugin_names
from es_hybrid.profiles import embedder_profile, reranker_profile
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker, Boost, Fuser, Hook, SearchDone
from es_hybrid.query.models import Models
from es_hybrid.query.options import PATH
from es_hybrid.query.plan import Plan
from es_hybrid.rank.boost_options import read_boosts
from es_hybrid.rank.fuse import FUSERS
from es_hybrid.settings import Settings
from es_hybrid.types import Degradation, Json, Stage, TextKind, Vectors
from es_hybrid.wire.contracts import one_row_each, one_score_each

_INGEST_RETRY = RetryPolicy(
    max_attempts=6, max_elapsed_s=60.0, base_s=0.5, cap_s=10.0, protocol_attempts=2
)


class AsyncToolbox:
    """Opens what the settings name, and closes what it opened.

    Args:
        settings: The client's settings.
        embedder: The caller's own embedder; otherwise the settings' plug-in or server.
        reranker: The caller's own reranker; otherwise the settings' plug-in or server.
        boosts: Boosts of every search.
        fusers: Fusion methods by name, beside the built-in ones.
        hook: Told of every search.

    Raises:
        ConfigurationError: An object has the other flavour's methods, or a plug-in is not there.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        embedder: AsyncEmbedder | None = None,
        reranker: AsyncReranker | None = None,
        boosts: Sequence[Boost] = (),
        fusers: Mapping[str, Fuser] | None = None,
        hook: Hook | None = None,
    ) -> None:
        self.settings = settings
        self._ingest_embedder: AsyncEmbedder | None = None
        self._opened: list[AsyncEmbedClient | AsyncRerankClient] = []
        self.embedder = embedder if embedder is not None else self._embedder()
        self.reranker = reranker if reranker is not None else self._reranker()
        self._log = get_logger("es_hybrid.search", log_queries=settings.search.log_queries)
        self._boosts = tuple(boosts)
        self._hook = hook
        self._fusers: dict[str, Fuser] = {**FUSERS, **(fusers or {})}
        self.models = self._models()
        search = settings.search
        policy = BreakerPolicy(search.breaker_failures, search.breaker_cooldown_s)
        self._embed_guard = AsyncGuard(
            Stage.EMBED, timeout_s=settings.embed.timeout_s, breaker=Breaker(policy)
        )
        self._rerank_guard = AsyncGuard(
            Stage.RERANK, timeout_s=settings.rerank.timeout_s, breaker=Breaker(policy)
        )
        self.schemas = AsyncSchemas(
            settings.index, ttl_s=search.profile_ttl_s, clock=time.monotonic
        )

    @property
    def ingest_embedder(self) -> AsyncEmbedder | None:
        """The embedder of products: the same, but patient with a busy server."""
        if self._ingest_embedder is None and isinstance(self.embedder, AsyncEmbedClient):
            patient = AsyncEmbedClient(self.settings.embed, retry=_INGEST_RETRY)
            self._opened.append(patient)
            self._ingest_embedder = patient
        return self._ingest_embedder or self.embedder

    @staticmethod
    def wall_clock() -> float:
        """Return seconds since the epoch, for what depends on a product's age."""
        return datetime.now(UTC).timestamp()

    async def embed(
        self, texts: Sequence[str], *, budget: Budget, raise_errors: bool
    ) -> Vectors | Degradation:
        """Return one row a query, shape `(len(texts), dims)`, or why there are none."""
        embedder = self.embedder
        if embedder is None:
            raise ContractError("there is no embedder", service=Stage.EMBED)

        async def call(timeout_s: float) -> Vectors:
            rows = await embedder.embed(texts, kind=TextKind.QUERY, timeout_s=timeout_s)
            return one_row_each(rows, len(texts))

        return await self._embed_guard.run(call, budget=budget, raise_errors=raise_errors)

    async def rerank(
        self,
        query: str,
        texts: Sequence[str],
        *,
        instruction: str | None,
        budget: Budget,
        raise_errors: bool,
    ) -> list[float] | Degradation:
        """Return one score a text, in order, or why there are none."""
        reranker = self.reranker
        if reranker is None or not texts:
            return []

        async def call(timeout_s: float) -> list[float]:
            scores = await reranker.rerank(
                query, texts, instruction=instruction, timeout_s=timeout_s
            )
            return one_score_each(scores, len(texts))

        return await self._rerank_guard.run(call, budget=budget, raise_errors=raise_errors)

    def boosts(self, asked: Sequence[Json] | None) -> tuple[Boost, ...]:
        """Return the boosts in force: the request's where it names any, the client's otherwise."""
        if asked is None:
            return self._boosts
        return read_boosts(asked, plugin=self._boost)

    def _boost(self, name: str, path: str) -> Boost:
        if name not in plugin_names(PluginGroup.BOOSTS):
            raise RequestError("names no installed boost", path=path)
        boost: Boost = load(PluginGroup.BOOSTS, name, self.settings)
        return boost

    def fusers(self, plan: Plan) -> Mapping[str, Fuser]:
        """Return the fusion methods by name; a plug-in is loaded when a search first names it.

        Raises:
            RequestError: The request names a method that is not there.
        """
        method = plan.fusion.method
        if method not in self._fusers and method in plugin_names(PluginGroup.FUSERS):
            self._fusers[method] = load(PluginGroup.FUSERS, method, self.settings)
        asked = plan.request.options.fusion
        if method not in self._fusers and asked is not None and asked.method == method:
            known = ", ".join(sorted({*self._fusers, *plugin_names(PluginGroup.FUSERS)}))
            raise RequestError(
                "is no fusion method", path=f"{PATH}.fusion.method", hint=f"known: {known}"
            )
        return self._fusers

    def tell(self, event: SearchDone, *, text: str | None = None) -> None:
        """Log a finished search and tell the hook; one that raises is logged and ignored.

        Args:
            event: What was done.
            text: The shopper's words, logged only where the settings allow it.
        """
        words = {"query": text} if self.settings.search.log_queries and text else {}
        self._log.debug(
            "search.done", plan=event.plan.value, took_ms=round(event.took_ms, 1), **words
        )
        if self._hook is None:
            return
        try:
            self._hook.search_done(event)
        except Exception as error:  # noqa: BLE001 - metrics must not fail a search
            self._log.warning("hook.failed", error=type(error).__name__)

    async def aclose(self) -> None:
        """Close what was opened here; the caller's own objects stay open."""
        for opened in self._opened:
            await opened.aclose()
        self._opened.clear()

    def _embedder(self) -> AsyncEmbedder | None:
        embed = self.settings.embed
        if embed.plugin:
            plugin: AsyncEmbedder = load(PluginGroup.EMBEDDERS, embed.plugin, self.settings)
            return plugin
        if not embed.base_url:
            return None
        client = AsyncEmbedClient(embed)
        self._opened.append(client)
        return client

    def _reranker(self) -> AsyncReranker | None:
        rerank = self.settings.rerank
        if rerank.plugin:
            plugin: AsyncReranker = load(PluginGroup.RERANKERS, rerank.plugin, self.settings)
            return plugin
        if not rerank.url:
            return None
        client = AsyncRerankClient(rerank)
        self._opened.append(client)
        return client

    def _models(self) -> Models:
        if self.embedder is not None:
            async_check_plugin(self.embedder, "embed")
        if self.reranker is not None:
            async_check_plugin(self.reranker, "rerank")
        model = None if self.embedder is None else self.embedder.model
        reranker = getattr(self.reranker, "model", None) or self.settings.rerank.model
        return Models(
            embedder=model,
            embedder_profile=embedder_profile(model),
            reranker=self.reranker is not None,
            reranker_profile=reranker_profile(reranker),
        )
