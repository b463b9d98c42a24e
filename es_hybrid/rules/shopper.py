"""From who is searching to a boost of what suits them."""

from __future__ import annotations

from collections.abc import Mapping

from es_hybrid.query.shopper import User, UserEvent, UserPrices
from es_hybrid.rank.personal import Event, Shopper, ShopperBoost, taste_of

__all__ = ["shopper_boost"]

_FIELDS: Mapping[str, str] = {"brand": "brand", "category": "category_path", "price": "price"}


def shopper_boost(user: User | None, *, now_s: float) -> ShopperBoost | None:
    """Return the boost of products that suit a shopper; `None` where nothing is known of them.

    Args:
        user: `ext.hybrid.user`.
        now_s: Seconds since the epoch.

    Example:
        >>> shopper_boost(User(brands=("Acme",)), now_s=0).taste.brands
        {'Acme': 1.0}
        >>> shopper_boost(User(brands=("Acme",), opt_out=True), now_s=0) is None
        True
    """
    if user is None:
        return None
    prices = user.prices or UserPrices()
    shopper = Shopper(
        events=tuple(map(_event, user.events)),
        brands=user.brands,
        categories=user.categories,
        prices=(prices.lowest, prices.highest),
        opted_out=user.opt_out,
    )
    taste = taste_of(shopper, now_s=now_s)
    if not taste.is_known:
        return None
    return ShopperBoost(taste, {**_FIELDS, **user.fields}, by=user.factor)


def _event(event: UserEvent) -> Event:
    return Event(
        kind=event.event,
        at_s=None if event.at is None else event.at.timestamp(),
        brands=_texts(event.brand),
        categories=_texts(event.category),
        price=event.price,
    )


def _texts(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()
