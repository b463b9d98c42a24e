"""The facade: stands wherever the shop's Elasticsearch client stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.catalogue import AsyncCatalogue
from es_hybrid._async.events import AsyncEvents
from es_hybrid._async.many import AsyncManySearcher
from es_hybrid._async.readiness import AsyncReadiness
from es_hybrid._async.recommending import AsyncRecommending
from es_hybrid._async.reindexing import AsyncReindexing
from es_hybrid._async.search import AsyncSearcher
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._async.wrapper import AsyncWrapper
from es_hybrid._cache import CacheStats
from es_hybrid._mirrors import mirrors
from es_hybrid.metrics import Metrics
from es_hybrid.preview import SearchPlan
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker, Boost, Fuser, Hook
from es_hybrid.query.capabilities import Capabilities
from es_hybrid.query.facets import FacetCheck, facet_values, narrowed
from es_hybrid.query.request import parse_request
from es_hybrid.rank.features import PRODUCT_FIELDS
from es_hybrid.rank.ranking_features import RankingFeatures
from es_hybrid.response import HybridResponse, HybridResponses
from es_hybrid.settings import Settings
from es_hybrid.types import Level, Stage


class AsyncHybridClient(  # type: ignore[misc]  # `ingest` is both
    AsyncCatalogue,
    AsyncRecommending,
    AsyncReindexing,
    AsyncReadiness,
    AsyncEvents,
    AsyncWrapper,
):
    """Hybrid product search behind the call a shop already makes.

    `search` takes exactly the arguments of the wrapped client's `search` and returns its response
    type. Every other name is the wrapped client's own. The wrapped client is never closed, changed
    or configured here.

    Args:
        es: The shop's own client.
        settings: Defaults to the `ES_HYBRID_*` environment.
        embedder: The shop's own embedder, in place of the settings' server.
        reranker: The shop's own reranker, in place of the settings' server.
        boosts: Business boosts of every search; a request's `ext.hybrid.boosts` replaces them.
        fusers: The shop's own fusion methods, by name.
        hook: Told of every search, for metrics.

    Raises:
        ConfigurationError: A setting is wrong, or an object has the other flavour's methods.

    Example:
        shop = AsyncHybridClient(es)
        response = await shop.search(index="products", query={"match": {"title": "trail shoe"}})
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        *,
        settings: Settings | None = None,
        embedder: AsyncEmbedder | None = None,
        reranker: AsyncReranker | None = None,
        boosts: Sequence[Boost] = (),
        fusers: Mapping[str, Fuser] | None = None,
        hook: Hook | None = None,
    ) -> None:
        self._es = es
        self._toolbox = AsyncToolbox(
            es,
            settings or Settings(),
            embedder=embedder,
            reranker=reranker,
            boosts=boosts,
            fusers=fusers,
            hook=hook,
        )
        self._searcher = AsyncSearcher(es, self._toolbox)

    @property
    def embedder(self) -> AsyncEmbedder | None:
        """What embeds queries, where there is anything."""
        return self._toolbox.embedder

    @property
    def reranker(self) -> AsyncReranker | None:
        """What reranks, where there is anything."""
        return self._toolbox.reranker

    @property
    def cache_stats(self) -> Mapping[Stage, CacheStats]:
        """How well the caches do, by the stage whose results they remember.

        `embed`: query vectors; `rerank`: scores; `respond`: whole answers.
        """
        return self._toolbox.cache_stats

    @property
    def levels(self) -> Mapping[Level, int]:
        """How many searches stood on each rung of the ladder, since the client was made."""
        searches = self._toolbox.meter.read().searches
        return {level: searches[level.value] for level in Level}

    @property
    def metrics(self) -> Metrics:
        """What this client did since it was made: searches, times, caches, breakers, ingests."""
        return self._toolbox.metrics

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._toolbox.settings

    @mirrors(AsyncElasticsearch.search)
    async def search(self, **arguments: Any) -> HybridResponse:
        """Search as the wrapped client does, better ranked.

        Args:
            **arguments: Those of the wrapped client's `search`; `ext={"hybrid": {…}}` holds
                options, `ext={"hybrid": False}` sends the request straight through.

        Returns:
            Elasticsearch's response in its own shape; `.hybrid` says what was done.

        Raises:
            RequestError: `ext.hybrid` is wrong, or asks for what cannot be combined.
            ApiError: Elasticsearch's own, where the lexical search itself fails.
            ServiceError: Only with `on_error="raise"`.

        Example:
            found = await shop.search(index="products", query={"match": {"title": "trail shoe"}})
            print(found.hybrid.plan, [hit.id for hit in found.hits])
        """
        return await self._searcher.search(arguments)

    @mirrors(AsyncElasticsearch.msearch)
    async def msearch(self, **arguments: Any) -> HybridResponses:
        """Run many searches at once, each as `search` would, sharing what can be shared.

        All queries are embedded in one call and all candidates fetched in one `_msearch`; searches
        for the same words share a rerank call.

        Args:
            **arguments: Those of the wrapped client's `msearch`.

        Returns:
            Elasticsearch's response in its own shape, a failed search as its own entry;
            `.hybrid` says for each search what was done, `None` where nothing was.

        Raises:
            RequestError: An `ext.hybrid` is wrong; its path says which.
            ApiError: Elasticsearch's own, where the call as a whole fails.

        Example:
            searches = [{"index": "products"}, {"query": {"match": {"title": "tent"}}}]
            answers = await shop.msearch(searches=searches)
        """
        return await AsyncManySearcher(self._es, self._toolbox, self._searcher).msearch(arguments)

    @mirrors(AsyncElasticsearch.search)
    async def plan(self, **arguments: Any) -> SearchPlan:
        """Return what `search` would send for the same arguments, and why, without sending it.

        The query is embedded, so that `str()` of the answer runs when pasted into Kibana's Dev
        Tools.

        Raises:
            RequestError: As `search`.

        Example:
            print(await shop.plan(index="products", query={"match": {"title": "trail shoe"}}))
        """
        return await self._searcher.preview(arguments)

    async def ranking_features(
        self, *, product_fields: Mapping[str, str] = PRODUCT_FIELDS, **arguments: Any
    ) -> RankingFeatures:
        """Return the candidates of a search with their features, as a learned ranking is trained on.

        The search is made as `search` makes it, up to the untrained order; no page is fetched.

        Args:
            product_fields: Doc-value field of each product property, such as `{"rating": "stars"}`.
            **arguments: Those of `search`.

        Raises:
            RequestError: As `search`, or the search would be passed through.
            ApiError: Elasticsearch's own.

        Example:
            found = await shop.ranking_features(index="products", query=query)
            found.ids[0], found.of_feature("lexical_score")[0]
        """
        return await self._searcher.features(arguments, product_fields)

    async def check_facets(self, *, buckets: int = 3, **arguments: Any) -> list[FacetCheck]:
        """Click each facet of a search, and say whether its count is kept.

        Counts are of the lexical matches. A narrowed search may find more, by meaning alone; these
        are told apart, and with `"admit": "matches"` there are none.

        Args:
            buckets: Values of each `terms` aggregation that are clicked.
            **arguments: Those of `search`.

        Example:
            checks = await shop.check_facets(index="products", query=query, aggs=aggs)
            assert all(check.agrees for check in checks)
        """
        response = await self._searcher.search(arguments)
        checks = []
        for facet, field, bucket in facet_values(arguments, response.body, buckets=buckets):
            found = await self._searcher.search(narrowed(arguments, field, bucket["key"]))
            hits = found.total or 0
            checks.append(
                FacetCheck(facet, bucket["key"], bucket["doc_count"], hits, found.hybrid.added)
            )
        return checks

    async def capabilities(self, index: str) -> Capabilities:
        """Return what the cluster and an index can do, as it is known now.

        Args:
            index: Name or alias.

        Example:
            (await shop.capabilities("products")).schema
        """
        schemas = self._toolbox.schemas
        request = parse_request({"index": index})
        return Capabilities(
            server=await schemas.server(self._es),
            schema=await schemas.of(self._es, request),
            refused=schemas.refused,
        )

    async def close(self) -> None:
        """Close the connections to the model servers; the wrapped client stays open.

        What the log has not written yet is written first.

        Example:
            await shop.close()  # or `async with AsyncHybridClient(es) as shop:`
        """
        await self._toolbox.aclose()

    async def __aenter__(self) -> Self:
        try:
            await self._check_at_start()
        except BaseException:
            await self.close()
            raise
        return self

    def _take(self, options: Mapping[str, Any]) -> None:
        super()._take(options)
        self._searcher = AsyncSearcher(self._es, self._toolbox)
