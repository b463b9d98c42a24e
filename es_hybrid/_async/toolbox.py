"""What all copies of one client share: models behind their breakers, schemas, settings."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.models.cached import AsyncCachedEmbedder
from es_hybrid._async.models.guard import AsyncGuard
from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid._async.results import AsyncResults
from es_hybrid._async.rulebook import AsyncRulebook
from es_hybrid._async.schemas import AsyncSchemas
from es_hybrid._async.search_log import AsyncSearchLog
from es_hybrid._async.shopper_book import AsyncShopperBook
from es_hybrid._breaker import Breaker
from es_hybrid._budget import Budget
from es_hybrid._cache import CacheStats, Tally
from es_hybrid._logging import get_logger
from es_hybrid.errors import ContractError, RequestError
from es_hybrid.learned_files import LearnedFiles
from es_hybrid.metrics import Meter, Metrics
from es_hybrid.plugins import PluginGroup, load
from es_hybrid.plugins import names as plugin_names
from es_hybrid.policies import NO_POLICIES
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker, Boost, Fuser, Hook, SearchDone
from es_hybrid.query.known_models import Models
from es_hybrid.query.options import PATH
from es_hybrid.query.plan import Plan
from es_hybrid.query.request import SearchRequest
from es_hybrid.query.schema import Money
from es_hybrid.rank.fuse import FUSERS
from es_hybrid.rank.personal import Taste
from es_hybrid.rules.boosts import ConditionalBoost, boosts_in_force, read_conditional
from es_hybrid.rules.conditions import Moment
from es_hybrid.rules.explore import asked_exploration
from es_hybrid.rules.in_force import NO_RULES, InForce, ReadyRules
from es_hybrid.rules.shopper import taste_boosts
from es_hybrid.settings import Settings
from es_hybrid.types import Degradation, Stage, TextKind, Vectors


class AsyncToolbox:
    """Opens what the settings name, and closes what it opened.

    Args:
        es: The shop's own client, for the log.
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
        es: AsyncElasticsearch,
        settings: Settings,
        *,
        embedder: AsyncEmbedder | None = None,
        reranker: AsyncReranker | None = None,
        boosts: Sequence[Boost] = (),
        fusers: Mapping[str, Fuser] | None = None,
        hook: Hook | None = None,
    ) -> None:
        self.settings = settings
        self._stack = AsyncModelStack(settings, embedder=embedder, reranker=reranker)
        self.embedder = self._stack.embedder
        self.reranker = self._stack.reranker
        self._log = get_logger("es_hybrid.search", log_queries=settings.search.log_queries)
        self._boosts = tuple(boosts)
        self._conditional = any(isinstance(boost, ConditionalBoost) for boost in boosts)
        self._hook = hook
        self.meter = Meter()
        self.results = AsyncResults(settings.cache)
        self._fusers: dict[str, Fuser] = {**FUSERS, **(fusers or {})}
        self.models = Models.of(self.embedder, self.reranker, rerank_model=settings.rerank.model)
        policy = self._stack.breaker_policy
        self._embed_guard = AsyncGuard(
            Stage.EMBED, timeout_s=settings.embed.timeout_s, breaker=Breaker(policy)
        )
        self._rerank_guard = AsyncGuard(
            Stage.RERANK, timeout_s=settings.rerank.timeout_s, breaker=Breaker(policy)
        )
        self.schemas = AsyncSchemas(
            settings.index, ttl_s=settings.search.profile_ttl_s, clock=time.monotonic
        )
        self.shopper_book = AsyncShopperBook(settings.shoppers, clock=self.wall_clock)
        self.learned = LearnedFiles(settings.rank, clock=time.monotonic)
        self.rulebook = AsyncRulebook(settings.rules, plugin=self._boost, clock=time.monotonic)
        reranker_name = getattr(self.reranker, "model", None) or settings.rerank.model
        names = {Stage.EMBED: self.models.embedder, Stage.RERANK: reranker_name}
        self.log = AsyncSearchLog(
            es, settings.log, models={str(k): name for k, name in names.items() if name}
        )

    @property
    def queries(self) -> AsyncCachedEmbedder | None:
        """What a search asks for vectors; `None`: there is no embedder."""
        return self._stack.queries

    @property
    def ingest_embedder(self) -> AsyncEmbedder | None:
        """The embedder of products: the same, but patient with a busy server."""
        return self._stack.ingest_embedder

    @property
    def cache_stats(self) -> dict[Stage, CacheStats]:
        """How well the caches do, by the stage whose results they remember."""
        return {**self._stack.cache_stats, Stage.RESPOND: self.results.stats}

    @property
    def metrics(self) -> Metrics:
        """The numbers so far, of all copies of the client."""
        now = time.monotonic()
        guards = {Stage.EMBED: self._embed_guard, Stage.RERANK: self._rerank_guard}
        breakers = {str(stage): guard.mode(now) for stage, guard in guards.items()}
        return replace(
            self.meter.read(),
            caches=self.cache_stats,
            breakers=breakers | self._stack.breakers(now),
        )

    @staticmethod
    def wall_clock() -> float:
        """Return seconds since the epoch, for what depends on a product's age."""
        return datetime.now(UTC).timestamp()

    async def embed(
        self,
        texts: Sequence[str],
        *,
        instruction: str | None = None,
        budget: Budget,
        raise_errors: bool,
        tallies: Sequence[Tally] = (),
    ) -> Vectors | Degradation:
        """Return one row per query, shape `(len(texts), dims)`, or why there are none.

        What is remembered is given even while the server is left alone, and says nothing about it.

        Args:
            texts: The shoppers' words.
            instruction: The task of their vectors; `None` leaves it to the embedder.
            budget: What the search has left.
            raise_errors: Raise the model's error instead.
            tallies: One a text, counted up by whether it was remembered.
        """
        queries = self._stack.queries
        if queries is None:
            raise ContractError("there is no embedder", service=Stage.EMBED)
        found = await queries.look(
            texts, kind=TextKind.QUERY, instruction=instruction, tallies=tallies
        )
        if not found.missing:
            return await queries.complete(found, timeout_s=0.0)

        async def call(timeout_s: float) -> Vectors:
            return await queries.complete(found, timeout_s=timeout_s)

        return await self._embed_guard.run(call, budget=budget, raise_errors=raise_errors)

    async def rerank(
        self,
        query: str,
        texts: Sequence[str],
        *,
        instruction: str | None,
        budget: Budget,
        raise_errors: bool,
        tallies: Sequence[Tally] = (),
    ) -> list[float] | Degradation:
        """Return one score per text, in order, or why there are none; see `embed`."""
        pairs = self._stack.pairs
        if pairs is None or not texts:
            return []
        found = await pairs.look(query, texts, instruction=instruction, tallies=tallies)
        if not found.missing:
            return await pairs.complete(found, timeout_s=0.0)

        async def call(timeout_s: float) -> list[float]:
            return await pairs.complete(found, timeout_s=timeout_s)

        return await self._rerank_guard.run(call, budget=budget, raise_errors=raise_errors)

    def in_force(
        self,
        request: SearchRequest,
        rules: ReadyRules,
        *,
        money: Money | None,
        taste: Taste | None = None,
    ) -> InForce:
        """Return the boosts and policies of one search.

        A request's own boosts, or the profile that it names, stand in place of the client's and the
        rules'.

        Args:
            request: What the caller sent.
            rules: The rules in force.
            money: Currency and unit of the index's prices.
            taste: Of who is searching.

        Raises:
            RequestError: A boost of the request is wrong, or names what is not there.
        """
        asked, user, explore = (
            request.options.boosts,
            request.options.user,
            request.options.explore,
        )
        bare = rules is NO_RULES and asked is None and user is None and not explore
        if bare and not self._conditional:
            return InForce(self._boosts, NO_POLICIES)
        text, context = request.text or "", request.options.context
        moment = Moment.of(text, context=context, now_s=self.wall_clock())
        found = rules.at(moment, text=text, money=money)
        if asked is None:
            boosts = (*self._boosts, *found.boosts)
        elif isinstance(asked, str):
            boosts = self.rulebook.profile(rules, asked)
        else:
            boosts = read_conditional(asked, plugin=self._boost)
        own = () if user is None or taste is None else taste_boosts(taste, user)
        policies = replace(
            found.policies, explore=asked_exploration(explore, found.policies.explore)
        )
        return InForce((*boosts_in_force(boosts, moment), *own), policies)

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
        level = None if event.level is None else event.level.value
        self._log.debug(
            "search.done",
            plan=event.plan.value,
            level=level,
            took_ms=round(event.took_ms, 1),
            **words,
        )
        self.meter.search_done(event)
        if self._hook is None:
            return
        try:
            self._hook.search_done(event)
        except Exception as error:  # noqa: BLE001 - metrics must not fail a search
            self._log.warning("hook.failed", error=type(error).__name__)

    async def aclose(self) -> None:
        """Close what was opened here; the caller's own objects stay open."""
        await self.log.aclose()
        await self._stack.aclose()
        await self.shopper_book.aclose()
