"""What shoppers do and like: `shop.shoppers.record("4711", "view", product_id="p1")`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from elasticsearch import AsyncElasticsearch
from pydantic import BaseModel, ValidationError

from es_hybrid._async.shopper_book import AsyncShopperBook
from es_hybrid._async.shopper_stores import AsyncShopperStore
from es_hybrid._deadline import AsyncCall
from es_hybrid._logging import get_logger
from es_hybrid.errors import ConfigurationError, HybridError, RequestError
from es_hybrid.kept_shoppers import stored_event, stored_preferences
from es_hybrid.query.shopper import User, UserEvent
from es_hybrid.rank.personal import Shopper

_LOG = get_logger("es_hybrid.search")
M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")


class AsyncShoppers:
    """Keeps what shoppers do, where the settings say; searches with `ext.hybrid.user.id` read it.

    Args:
        es: The shop's own client.
        book: Where they are kept.

    Example:
        await shop.shoppers.record("4711", "purchase", product_id="p1")
        await shop.shoppers.opt_out("4711")
    """

    def __init__(self, es: AsyncElasticsearch, book: AsyncShopperBook) -> None:
        self._es = es
        self._book = book

    async def record(
        self,
        shopper_id: str,
        event: str = "view",
        *,
        product_id: str | None = None,
        brand: str | Sequence[str] | None = None,
        category: str | Sequence[str] | None = None,
        price: float | None = None,
        at: datetime | str | None = None,
    ) -> bool:
        """Keep what a shopper did; never fails a page for a store that does not answer.

        Args:
            shopper_id: The shop's own; only a hash of it is kept.
            event: `view`, `cart` or `purchase`.
            product_id: Its id; the rest is then looked up when it is needed.
            brand: Its brands.
            category: Its categories.
            price: In the index's unit.
            at: When, with its time zone; by default now.

        Returns:
            Whether it was kept: not of a shopper who has opted out, nor where the store is away.

        Raises:
            RequestError: An argument is wrong.
            ConfigurationError: No store is configured.

        Example:
            kept = await shop.shoppers.record("4711", "cart", product_id="p1", price=89.0)
        """
        values = {"product_id": product_id, "brand": brand, "category": category, "price": price}
        said = _checked(UserEvent, {"event": event, "at": at, **values})
        key, now_s = self._key(shopper_id), self._book.clock()
        stored, store = stored_event(said, now_s=now_s), self._store()
        try:
            return await store.add(key, stored, now_s=now_s)
        except Exception as error:  # noqa: BLE001 - an event is not worth a page
            _LOG.warning("shopper.not_recorded", error=type(error).__name__)
            return False

    async def prefer(
        self,
        shopper_id: str,
        *,
        brands: Sequence[str] = (),
        categories: Sequence[str] = (),
        lowest_price: float | None = None,
        highest_price: float | None = None,
    ) -> bool:
        """Keep what a shopper says they like, in place of what they said before.

        Returns:
            Whether it was kept: not of a shopper who has opted out.

        Raises:
            RequestError: An argument is wrong.
            ConfigurationError: No store is configured.
            HybridError: The store does not answer.

        Example:
            await shop.shoppers.prefer("4711", brands=["Fell"], highest_price=150.0)
        """
        prices = {"lowest": lowest_price, "highest": highest_price}
        asked = any(price is not None for price in prices.values())
        said = {"brands": brands, "categories": categories, "prices": prices if asked else None}
        stored = stored_preferences(_checked(User, said))
        key, now_s = self._key(shopper_id), self._book.clock()
        return await self._asked(lambda store: store.prefer(key, stored, now_s=now_s))

    async def get(self, shopper_id: str) -> Shopper:
        """Return everything that is kept of a shopper, as a search would use it.

        Raises:
            ConfigurationError: No store is configured.
            HybridError: The store does not answer.

        Example:
            for event in (await shop.shoppers.get("4711")).events:
                print(event.kind, event.product_id)
        """
        key, now_s = self._key(shopper_id), self._book.clock()
        return await self._asked(lambda store: store.load(key, now_s=now_s))

    async def opt_out(self, shopper_id: str) -> None:
        """Delete everything that is kept of a shopper, and keep nothing from now on.

        Raises:
            ConfigurationError: No store is configured.
            HybridError: The store does not answer; nothing may have been deleted.

        Example:
            await shop.shoppers.opt_out("4711")
        """
        key, now_s = self._key(shopper_id), self._book.clock()
        await self._asked(lambda store: store.opt_out(key, now_s=now_s))

    async def opt_in(self, shopper_id: str) -> None:
        """Keep again what a shopper does from now on.

        Raises:
            ConfigurationError: No store is configured.
            HybridError: The store does not answer.

        Example:
            await shop.shoppers.opt_in("4711")
        """
        key = self._key(shopper_id)
        await self._asked(lambda store: store.opt_in(key))

    async def forget(self, shopper_id: str) -> None:
        """Delete everything that is kept of a shopper; an opt-out stays.

        Raises:
            ConfigurationError: No store is configured.
            HybridError: The store does not answer; nothing may have been deleted.

        Example:
            await shop.shoppers.forget("4711")
        """
        key = self._key(shopper_id)
        await self._asked(lambda store: store.forget(key))

    async def purge(self) -> int:
        """Delete all shoppers who were not seen for `ttl_days`; a Redis does that by itself.

        Returns:
            How many were deleted.

        Raises:
            ConfigurationError: No store is configured.
            HybridError: The store does not answer.

        Example:
            print(await shop.shoppers.purge(), "shoppers deleted")
        """
        now_s = self._book.clock()
        return await self._asked(lambda store: store.purge(now_s=now_s))

    def _store(self) -> AsyncShopperStore:
        store = self._book.store(self._es)
        if store is None:
            raise ConfigurationError(
                "no store keeps shoppers", hint="set ES_HYBRID_SHOPPERS__STORE to redis or index"
            )
        return store

    def _key(self, shopper_id: str) -> str:
        said = _checked(User, {"id": shopper_id}).id
        if said is None:
            raise RequestError("a shopper's id is needed", path="id")
        return self._book.key(said)

    async def _asked(self, call: AsyncCall[AsyncShopperStore, R]) -> R:
        store = self._store()
        try:
            return await call(store)
        except Exception as error:  # noqa: BLE001 - of any driver
            kind = type(error).__name__
        # What a driver says may hold what was sent, so only its kind is told.
        raise HybridError(f"the store of shoppers failed: {kind}", retryable=True)


def _checked(model: type[M], values: dict[str, Any]) -> M:
    """Return checked values.

    Raises:
        RequestError: Names the first mistake, and never repeats its value.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        mistake = error.errors(include_input=False, include_url=False)[0]
    raise RequestError(mistake["msg"], path=str(mistake["loc"][0]))
