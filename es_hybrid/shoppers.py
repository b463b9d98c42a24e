"""What is known of a shopper: as the request says, as a store keeps it, as the products tell.

A store knows a shopper by a hash of the id, and keeps what was done and said. What is read of it is
trusted as little as what a request says: a stored event that cannot be read is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np
from pydantic import ValidationError

from es_hybrid.query.shopper import User, UserEvent
from es_hybrid.rank.personal import Event, Shopper, Taste, taste_of
from es_hybrid.recommend.seeds import Seed, mean_vector
from es_hybrid.rules.shopper import shopper_of
from es_hybrid.types import Json

__all__ = [
    "filled",
    "read_shopper",
    "shopper_key",
    "stored_event",
    "stored_preferences",
    "taste_from",
    "together",
    "wanted_products",
]

_SECONDS_A_DAY = 86_400.0


def shopper_key(shopper_id: str, *, secret: str | None = None) -> str:
    """Return what a store knows a shopper by: no id is ever stored, sent as an address, or logged.

    Args:
        shopper_id: The shop's own.
        secret: Key of the hash; without one, whoever guesses an id can check it.

    Example:
        >>> len(shopper_key("ann")), shopper_key("ann") == shopper_key("ann", secret="s")
        (32, False)
    """
    key = blake2b((secret or "").encode(), digest_size=32).digest()
    return blake2b(shopper_id.encode("utf-8", "surrogatepass"), digest_size=16, key=key).hexdigest()


def stored_event(event: UserEvent, *, now_s: float) -> Json:
    """Return an event as a store keeps it; one without a time happened now.

    Example:
        >>> stored_event(UserEvent(product_id="7"), now_s=5.0)
        {'event': 'view', 'at': 5.0, 'product_id': '7'}
    """
    at_s = now_s if event.at is None else event.at.timestamp()
    said = event.model_dump(mode="json", exclude={"at"}, exclude_none=True)
    return {"event": said.pop("event"), "at": at_s, **said}


def stored_preferences(user: User) -> Json:
    """Return what a shopper says they like as a store keeps it."""
    kept = user.model_dump(
        mode="json", include={"brands", "categories", "prices"}, exclude_none=True
    )
    return {name: value for name, value in kept.items() if value}


def read_shopper(
    events: Iterable[Any],
    preferences: Any = None,
    *,
    opted_out: bool = False,
    now_s: float,
    ttl_days: float,
) -> Shopper:
    """Return a shopper as a store keeps them; what is too old or cannot be read is left out.

    Args:
        events: See `stored_event`.
        preferences: See `stored_preferences`; `None`: none are stated.
        opted_out: Then nothing of the rest is read.
        now_s: Seconds since the epoch.
        ttl_days: Days that an event counts.

    Example:
        >>> read_shopper([{"event": "view", "at": 0.0}, "broken"], now_s=9.0, ttl_days=1).events[0].at_s
        0.0
    """
    if opted_out:
        return Shopper(opted_out=True)
    oldest_s = now_s - ttl_days * _SECONDS_A_DAY
    found = [event for event in map(_read_event, events) if event is not None]
    try:
        user = User.model_validate(preferences or {})
    except ValidationError:
        user = User()
    said = shopper_of(user)
    return replace(said, events=tuple(e for e in found if (e.at_s or 0.0) >= oldest_s))


def together(stored: Shopper, given: Shopper) -> Shopper:
    """Return what store and request know of a shopper; one opt-out is enough.

    What the request states of prices stands in place of what is stored.
    """
    if stored.opted_out or given.opted_out:
        return Shopper(opted_out=True)
    return Shopper(
        events=(*given.events, *stored.events),
        brands=tuple(dict.fromkeys((*given.brands, *stored.brands))),
        categories=tuple(dict.fromkeys((*given.categories, *stored.categories))),
        prices=given.prices if any(given.prices) else stored.prices,
    )


def wanted_products(shopper: Shopper, *, now_s: float, most: int) -> list[str]:
    """Return the products that say most of a shopper, to be looked up, the weightiest first.

    Example:
        >>> events = (Event("view", product_id="a"), Event("purchase", product_id="b"))
        >>> wanted_products(Shopper(events), now_s=0, most=1)
        ['b']
    """
    if shopper.opted_out:
        return []
    weights = _weights(shopper.events, now_s=now_s)
    return sorted(weights, key=lambda product: (-weights[product], product))[:most]


def filled(shopper: Shopper, seeds: Sequence[Seed], fields: Mapping[str, str]) -> Shopper:
    """Return a shopper whose events say of their products what the products say.

    Args:
        shopper: What an event says itself stays.
        seeds: Products that were looked up.
        fields: Fields of `brand`, `category` and `price`.

    Example:
        >>> seen = Shopper((Event("view", product_id="7"),))
        >>> filled(seen, [Seed("7", {"brand": "Acme"})], {"brand": "brand"}).events[0].brands
        ('Acme',)
    """
    known = {seed.id: seed for seed in seeds}
    return replace(
        shopper,
        events=tuple(
            _filled(event, known[event.product_id], fields) if event.product_id in known else event
            for event in shopper.events
        ),
    )


def taste_from(
    shopper: Shopper, seeds: Sequence[Seed], fields: Mapping[str, str], *, now_s: float
) -> Taste:
    """Return a shopper's affinities, with the direction of the products that they know.

    The direction is the mean of the products' vectors of length 1, weighted as the events are; how
    near they are to it says how much of a direction it is.

    Args:
        shopper: What is known of them.
        seeds: Products that were looked up, with or without vectors.
        fields: Fields of `brand`, `category` and `price`.
        now_s: Seconds since the epoch.

    Example:
        >>> seen = Shopper((Event("view", product_id="7"),))
        >>> taste = taste_from(seen, [Seed("7", {}, np.array([0.0, 2.0]))], {}, now_s=0)
        >>> taste.direction.tolist(), round(taste.nearness, 3)
        ([0.0, 1.0], 1.0)
    """
    taste = taste_of(filled(shopper, seeds, fields), now_s=now_s)
    by_product = _weights(shopper.events, now_s=now_s)
    weights = [by_product.get(seed.id, 0.0) for seed in seeds]
    direction = mean_vector(seeds, weights) if taste.is_known else None
    if direction is None:
        return taste
    near = [
        (float(seed.vector @ direction) / max(float(np.linalg.norm(seed.vector)), 1e-12), weight)
        for seed, weight in zip(seeds, weights, strict=True)
        if seed.vector is not None and weight > 0.0
    ]
    total = sum(weight for _, weight in near)
    nearness = sum(cosine * weight for cosine, weight in near) / total
    return replace(taste, direction=direction, nearness=nearness)


def _weights(events: Iterable[Event], *, now_s: float) -> dict[str, float]:
    weights: dict[str, float] = defaultdict(float)
    for event in events:
        if event.product_id is not None:
            weights[event.product_id] += event.weight(now_s=now_s)
    return dict(weights)


def _filled(event: Event, seed: Seed, fields: Mapping[str, str]) -> Event:
    def values(name: str) -> tuple[str, ...]:
        return seed.values(fields[name]) if name in fields else ()

    return replace(
        event,
        brands=event.brands or values("brand"),
        categories=event.categories or values("category"),
        price=event.price or _price(values("price")),
    )


def _price(values: Sequence[str]) -> float | None:
    try:
        return float(values[0]) if values else None
    except ValueError:
        return None


def _read_event(stored: Any) -> Event | None:
    if not isinstance(stored, Mapping) or not isinstance(stored.get("at"), (int, float)):
        return None
    said = {name: value for name, value in stored.items() if name != "at"}
    try:
        (event,) = shopper_of(User(events=(UserEvent.model_validate(said),))).events
    except ValidationError:
        return None
    return replace(event, at_s=float(stored["at"]))
