"""What the products that a shopper knows say of the shopper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from es_hybrid.rank.personal import Event, Shopper, Taste, taste_of
from es_hybrid.recommend.seeds import Seed, mean_vector

__all__ = ["filled", "taste_from"]


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
    by_product = shopper.product_weights(now_s=now_s)
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
