"""From who is searching to a boost of what suits them."""

from __future__ import annotations

from collections.abc import Mapping

from es_hybrid.query.shopper import User, UserEvent, UserPrices
from es_hybrid.rank.personal import Event, Shopper, ShopperBoost, Taste, taste_of

__all__ = ["boost_of", "fields_of", "shopper_boost", "shopper_of", "taste_boosts"]

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
    return boost_of(shopper_of(user), user, now_s=now_s)


def boost_of(shopper: Shopper, user: User, *, now_s: float) -> ShopperBoost | None:
    """Return the boost of what suits a shopper, with the bounds and field names of `user`."""
    return next(iter(taste_boosts(taste_of(shopper, now_s=now_s), user)), None)


def taste_boosts(taste: Taste, user: User) -> tuple[ShopperBoost, ...]:
    """Return the boost of what suits a taste; none where nothing is known."""
    return (ShopperBoost(taste, fields_of(user), by=user.factor),) if taste.is_known else ()


def fields_of(user: User) -> dict[str, str]:
    """Return the doc-value fields of `brand`, `category` and `price`."""
    return {**_FIELDS, **user.fields}


def shopper_of(user: User) -> Shopper:
    """Return who is searching, as `ext.hybrid.user` says."""
    prices = user.prices or UserPrices()
    return Shopper(
        events=tuple(map(_event, user.events)),
        brands=user.brands,
        categories=user.categories,
        prices=(prices.lowest, prices.highest),
        opted_out=user.opt_out,
    )


def _event(event: UserEvent) -> Event:
    return Event(
        kind=event.event,
        at_s=None if event.at is None else event.at.timestamp(),
        product_id=event.product_id,
        brands=_texts(event.brand),
        categories=_texts(event.category),
        price=event.price,
    )


def _texts(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()
