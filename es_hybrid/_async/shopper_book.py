"""Looks shoppers up for a search; a store that fails costs it its personal touch and nothing else.

What a search goes by: what the request says of the shopper, what the store keeps, and what the
products that the shopper knows say themselves, vectors included. At most one look-up in the store
and one request for the products.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.retrieve import AsyncRetriever
from es_hybrid._async.shopper_stores import (
    AsyncIndexShoppers,
    AsyncRedisShoppers,
    AsyncShopperStore,
)
from es_hybrid._background import AsyncBackground
from es_hybrid._breaker import Breaker, BreakerMode, BreakerPolicy
from es_hybrid._logging import get_logger
from es_hybrid.errors import ConfigurationError
from es_hybrid.kept_shoppers import KeptShopper, shopper_key, together
from es_hybrid.last_mile import direction_of, with_cosines
from es_hybrid.query.plan import Plan
from es_hybrid.query.request import SearchRequest
from es_hybrid.query.schema import IndexSchema
from es_hybrid.query.shopper import User
from es_hybrid.rank.personal import Shopper, Taste
from es_hybrid.recommend.seeds import Seed, read_seeds, seeds_body
from es_hybrid.redis_cache import async_open_redis
from es_hybrid.respond.degrade import degradation_of
from es_hybrid.respond.notes import Notes
from es_hybrid.rules.shopper import fields_of, shopper_of
from es_hybrid.settings import ShopperSettings
from es_hybrid.shoppers import taste_from
from es_hybrid.stages import Candidates
from es_hybrid.types import Degradation, DegradationReason, Stage

_LOG = get_logger("es_hybrid.search")
_PATIENCE_S = 5.0
"""Of what is kept or deleted in Redis; a search has a limit of its own."""
_SETTING = "ES_HYBRID_SHOPPERS__REDIS_URL"


class AsyncShopperBook:
    """Knows the shoppers of one client.

    Args:
        settings: Where they are kept, and how long a search waits.
        clock: Seconds since the epoch.

    Raises:
        ConfigurationError: A Redis is to keep them, and none is named.
    """

    def __init__(self, settings: ShopperSettings, *, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.clock = clock
        self._background = AsyncBackground()
        self._breaker = Breaker(BreakerPolicy(failures=3, cooldown_s=5.0, cooldown_cap_s=30.0))
        self._made: set[str] = set()
        self._redis = None
        if settings.store == "redis":
            if settings.redis_url is None:
                raise ConfigurationError(
                    "shoppers are to be kept in a Redis, and none is named", hint=f"set {_SETTING}"
                )
            url = settings.redis_url.get_secret_value()
            self._redis = async_open_redis(url, timeout_s=_PATIENCE_S, setting=_SETTING)

    def store(self, es: AsyncElasticsearch) -> AsyncShopperStore | None:
        """Return where shoppers are kept; `None`: nowhere."""
        if self._redis is not None:
            return AsyncRedisShoppers(self._redis, self.settings)
        if self.settings.store == "none":
            return None
        return AsyncIndexShoppers(es, self.settings, made=self._made)

    def key(self, shopper_id: str) -> str:
        """Return what the store knows a shopper by."""
        secret = self.settings.secret
        return shopper_key(shopper_id, secret=secret.get_secret_value() if secret else None)

    def kept(self, shopper_id: str | None) -> KeptShopper | None:
        """Return a shopper whom a search can find beside others; `None`: only `stored` can."""
        if self.settings.store != "index" or shopper_id is None:
            return None
        if self._breaker.mode(time.monotonic()) is not BreakerMode.CLOSED:
            return None
        return KeptShopper(self.key(shopper_id), self.settings)

    async def of(
        self, es: AsyncElasticsearch, request: SearchRequest, schema: IndexSchema, notes: Notes
    ) -> Taste | None:
        """Return the taste of who is searching; `None`: the request does not say who that is.

        Args:
            es: The client of the search.
            request: Its `ext.hybrid.user` says who it is.
            schema: Of the index that is searched.
            notes: Take down what could not be looked up.
        """
        user = request.options.user
        if user is None:
            return None
        with notes.timing(Stage.SHOPPER):
            return await self._taste(es, request, user, schema, notes)

    async def _taste(
        self,
        es: AsyncElasticsearch,
        request: SearchRequest,
        user: User,
        schema: IndexSchema,
        notes: Notes,
    ) -> Taste:
        now_s, shopper = self.clock(), shopper_of(user)
        if user.id is not None and not user.opt_out:
            stored = await self.stored(es, user.id, now_s=now_s)
            if isinstance(stored, Degradation):
                notes.degraded(stored)
            else:
                shopper = together(stored, shopper)
        fields = fields_of(user)
        wanted = list(shopper.product_weights(now_s=now_s))[: self.settings.products]
        seeds: tuple[Seed, ...] = ()
        if wanted:
            found = await self._products(es, request, wanted, list(fields.values()), schema)
            if isinstance(found, Degradation):
                notes.degraded(found)
            else:
                seeds = found
        return taste_from(shopper, seeds, fields, now_s=now_s)

    async def stored(
        self, es: AsyncElasticsearch, shopper_id: str, *, now_s: float
    ) -> Shopper | Degradation:
        """Return what the store keeps of a shopper, or why that could not be had.

        Args:
            es: The client of the search.
            shopper_id: As the shop knows them.
            now_s: Seconds since the epoch.
        """
        timeout_s = self.settings.timeout_ms / 1000.0
        store = self.store(es.options(request_timeout=timeout_s, max_retries=0))
        if store is None:
            detail = "ext.hybrid.user has an id, and ES_HYBRID_SHOPPERS__STORE keeps nobody"
            return Degradation(Stage.SHOPPER, DegradationReason.NO_STORE, detail)
        if not self._breaker.allow(time.monotonic()):
            return Degradation(Stage.SHOPPER, DegradationReason.BREAKER_OPEN)
        key = self.key(shopper_id)

        async def load() -> Shopper:
            return await store.load(key, now_s=now_s)

        try:
            found = await self._background.within(timeout_s, load)
        except Exception as error:  # noqa: BLE001 - no failure of a store may fail a search
            self._breaker.failure(time.monotonic())
            lack = degradation_of(Stage.SHOPPER, error)
            _LOG.warning("search.degraded", stage=Stage.SHOPPER.value, reason=lack.reason.value)
            return lack
        except BaseException:
            self._breaker.release()
            raise
        self._breaker.success(time.monotonic())
        return found

    async def _products(
        self,
        es: AsyncElasticsearch,
        request: SearchRequest,
        wanted: list[str],
        fields: list[str],
        schema: IndexSchema,
    ) -> tuple[Seed, ...] | Degradation:
        """Return the products that the shopper knows, as the index has them."""
        vector = schema.vector.name if schema.vector and schema.vector.floats else None
        body = seeds_body(wanted, fields=fields, vector_field=vector)
        try:
            answer = await es.search(index=request.index, body=body)
        except (ApiError, TransportError) as error:
            return _no_products(error)
        return read_seeds(answer["hits"]["hits"], wanted, vector_field=vector)

    async def aclose(self) -> None:
        """Close the connection to Redis."""
        if self._redis is not None:
            await self._redis.aclose()
        await self._background.aclose()


async def compared(
    retriever: AsyncRetriever, plan: Plan, candidates: Candidates, notes: Notes
) -> Plan:
    """Return the plan with how near each candidate is to what the shopper likes.

    Args:
        retriever: Of the search.
        plan: With the boost of who is searching, if it has one.
        candidates: All.
        notes: Take down what could not be compared.
    """
    direction = direction_of(plan)
    if direction is None or not candidates.hits:
        return plan
    with notes.timing(Stage.SHOPPER):
        found = await retriever.cosines(plan, [hit.key for hit in candidates.hits], direction)
    if isinstance(found, Degradation):
        notes.degraded(found)
        return plan
    return with_cosines(plan, found)


def _no_products(error: ApiError | TransportError) -> Degradation:
    """Return that the products a shopper knows could not be looked up."""
    kind = error.error if isinstance(error, ApiError) else type(error).__name__
    detail = f"the products that the shopper knows could not be looked up: {kind}"
    return Degradation(Stage.SHOPPER, DegradationReason.LEG_FAILED, detail)
