"""What a shopper's past says of a product: affinities to brands, categories and prices.

A bounded boost like any other. Nothing here is kept: a shopper comes with the request, and goes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from es_hybrid.rank.columns import column
from es_hybrid.rank.values import SECONDS_A_DAY, numbers, text_column
from es_hybrid.rank.vectorised import VectorisedBoost
from es_hybrid.types import BoostContext, Hit, HitKey, Scores, Vector

__all__ = ["EVENT_WEIGHTS", "Event", "Shopper", "ShopperBoost", "Taste", "taste_of"]

EVENT_WEIGHTS: Mapping[str, float] = MappingProxyType({"view": 1.0, "cart": 3.0, "purchase": 5.0})
"""What an event says of a shopper's liking, a view being one."""

HALF_LIFE_DAYS = 14.0
"""After which an event counts half."""

_STATED = 5.0
"""A stated preference counts as much as a purchase of today."""
_ENOUGH = 5.0
"""Weight of the past at which affinities are taken at their word."""
_TELLING = 0.02
"""Difference of cosines below which nearness says nothing."""
_NO_COSINES: Mapping[HitKey, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Event:
    """One product that a shopper viewed, put into the cart, or bought.

    Attributes:
        kind: A name of `EVENT_WEIGHTS`.
        at_s: Seconds since the epoch; `None` for just now.
        product_id: Its id, where the rest is to be looked up.
        brands: Its brands.
        categories: Its categories.
        price: In the index's unit.
    """

    kind: str
    at_s: float | None = None
    product_id: str | None = None
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    price: float | None = None

    def __repr__(self) -> str:
        return "Event(...)"  # what a shopper did belongs in no log

    def weight(self, *, now_s: float) -> float:
        """Return what the event counts now: its kind's weight, halved every two weeks."""
        age_days = 0.0 if self.at_s is None else max(now_s - self.at_s, 0.0) / SECONDS_A_DAY
        return EVENT_WEIGHTS[self.kind] * math.exp2(-age_days / HALF_LIFE_DAYS)


@dataclass(frozen=True, slots=True)
class Shopper:
    """What a request says of who is searching.

    Attributes:
        events: In any order.
        brands: Stated preferences.
        categories: Stated preferences.
        prices: Stated lowest and highest price, either may be missing.
        opted_out: Then nothing of the rest is used.
    """

    events: tuple[Event, ...] = ()
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    prices: tuple[float | None, float | None] = (None, None)
    opted_out: bool = False

    def __repr__(self) -> str:
        return f"Shopper({len(self.events)} events, opted_out={self.opted_out})"

    def product_weights(self, *, now_s: float) -> dict[str, float]:
        """Return what each product that the shopper knows counts now, the most first.

        Example:
            >>> events = (Event("view", product_id="a"), Event("purchase", product_id="b"))
            >>> list(Shopper(events).product_weights(now_s=0))
            ['b', 'a']
        """
        if self.opted_out:
            return {}
        found: Counter[str] = Counter()
        for event in self.events:
            if event.product_id is not None:
                found[event.product_id] += event.weight(now_s=now_s)  # type: ignore[assignment]
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Taste:
    """Affinities, each from 0 to 1, 1 being the shopper's most liked.

    Attributes:
        brands: By brand.
        categories: By category.
        price: Centre of the liked prices, as a natural logarithm, and their spread; `None` where
            nothing is known.
        certainty: From 0, nothing is known, to 1.
        direction: Mean of the vectors of liked products, of length 1, shape `(dims,)`; `None` where
            none is known.
        nearness: Mean cosine of these products to it: a product as near is liked entirely.
    """

    brands: Mapping[str, float] = field(default_factory=dict)
    categories: Mapping[str, float] = field(default_factory=dict)
    price: tuple[float, float] | None = None
    certainty: float = 0.0
    direction: Vector | None = None
    nearness: float = 1.0

    def __repr__(self) -> str:
        return f"Taste(certainty={self.certainty:.2f})"

    @cached_property
    def is_known(self) -> bool:
        """Whether there is anything to go by."""
        return self.certainty > 0.0

    def of(
        self,
        hits: Sequence[Hit],
        fields: Mapping[str, str],
        cosines: Mapping[HitKey, float] = _NO_COSINES,
    ) -> Scores:
        """Return how well each product suits the shopper, 0 to 1, shape `(n,)`.

        The mean of what is known of the shopper: brand, category, price and direction. A product
        without a field has no liking there, which is not a dislike: the lowest is 0 and changes
        nothing.

        Args:
            hits: With their doc values.
            fields: Doc-value fields of `brand`, `category` and `price`.
            cosines: Of the products' vectors to the direction; one without a vector is missing.
        """
        parts = [
            column(hits, liking, fields[name])
            for name, liking in self._likings.items()
            if name in fields
        ]
        if cosines:
            parts.append(_near(hits, cosines, self.nearness))
        return sum(parts, np.zeros(len(hits))) / max(len(parts), 1)

    @cached_property
    def _likings(self) -> Mapping[str, Callable[[Sequence[Hit], str], Scores]]:
        """What is read of hits for each kind of field; the same functions for the same hits."""
        known = {"brand": self.brands, "category": self.categories}
        found: dict[str, Callable[[Sequence[Hit], str], Scores]] = {
            name: partial(_liking, known=values) for name, values in known.items() if values
        }
        if self.price is not None:
            centre, spread = self.price
            found["price"] = partial(_price_liking, centre=centre, spread=spread)
        return found


def taste_of(shopper: Shopper, *, now_s: float) -> Taste:
    """Return a shopper's affinities.

    Each event counts by its kind, halved every two weeks; a stated preference as a purchase of
    today. Counts are divided by the largest. Prices are taken as logarithms: twice as dear is as
    far as half the price.

    Args:
        shopper: As the request says.
        now_s: Seconds since the epoch.

    Example:
        >>> shopper = Shopper((Event("purchase", brands=("Acme",)), Event("view", brands=("Umbra",))))
        >>> {brand: round(liked, 2) for brand, liked in taste_of(shopper, now_s=0).brands.items()}
        {'Acme': 1.0, 'Umbra': 0.2}
    """
    if shopper.opted_out:
        return Taste()
    weighed = [(event, event.weight(now_s=now_s)) for event in shopper.events]
    brands = _counted((event.brands, weight) for event, weight in weighed)
    categories = _counted((event.categories, weight) for event, weight in weighed)
    brands.update(dict.fromkeys(shopper.brands, _STATED))
    categories.update(dict.fromkeys(shopper.categories, _STATED))
    price = _stated_prices(shopper.prices) or _liked_prices(weighed)
    stated = bool(shopper.brands or shopper.categories or any(shopper.prices))
    past = sum(weight for _, weight in weighed)
    certainty = 1.0 if stated else min(past / _ENOUGH, 1.0)
    return Taste(_shares(brands), _shares(categories), price, certainty)


@dataclass(frozen=True)
class ShopperBoost(VectorisedBoost):
    """Raise products that suit a shopper, at most by a factor of `by`.

    Attributes:
        taste: The shopper's affinities.
        by: Factor of a product that suits entirely; 1 for one that does not.
        fields_by_name: Doc-value fields of `brand`, `category` and `price`.
        cosines: Of the candidates' vectors to the taste's direction, once they are known.

    Example:
        >>> boost = ShopperBoost(Taste(brands={"Acme": 1.0}, certainty=1.0), {"brand": "brand"})
        >>> boost.factor(Hit("i", "1", fields={"brand": ["Acme"]}), BoostContext(now_s=0))
        1.25
    """

    taste: Taste
    fields_by_name: Mapping[str, str]
    by: float = 1.25
    name: str = "shopper"
    cosines: Mapping[HitKey, float] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The doc values that are read."""
        known = {
            "brand": self.taste.brands,
            "category": self.taste.categories,
            "price": self.taste.price,
        }
        return tuple(field for name, field in self.fields_by_name.items() if known.get(name))

    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:  # noqa: ARG002
        """Return the factor of each hit, shape `(n,)`."""
        suits = self.taste.of(hits, self.fields_by_name, self.cosines)
        return np.asarray(1.0 + (self.by - 1.0) * self.taste.certainty * suits)


def _near(hits: Sequence[Hit], cosines: Mapping[HitKey, float], nearness: float) -> Scores:
    """Return 0 for what is no nearer than half of the candidates, 1 for what is as near as the liked.

    Models differ in what cosine unlike products have; candidates and liked products do not.
    """
    usual = float(np.median(list(cosines.values())))
    if nearness - usual < _TELLING:
        return np.zeros(len(hits))  # all are as near as what is liked: nothing tells them apart
    found = np.array([cosines.get(hit.key, usual) for hit in hits])
    return np.clip((found - usual) / (nearness - usual), 0.0, 1.0)


def _liking(hits: Sequence[Hit], name: str, *, known: Mapping[str, float]) -> Scores:
    def liking(values: tuple[str, ...]) -> float:
        return max([known.get(value, 0.0) for value in values], default=0.0)

    return text_column(hits, name).measured(liking)


def _price_liking(hits: Sequence[Hit], name: str, *, centre: float, spread: float) -> Scores:
    with np.errstate(divide="ignore", invalid="ignore"):
        away = (np.log(numbers(hits, name, math.nan)) - centre) / spread
    near = np.exp(-0.5 * away**2)
    return np.where(np.isfinite(near), near, 0.0)


def _counted(values: Iterable[tuple[Sequence[str], float]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for names, weight in values:
        for name in names:
            counts[name] += weight  # type: ignore[assignment]  # weights are floats
    return counts


def _shares(counts: Mapping[str, Any]) -> dict[str, float]:
    most = max(counts.values(), default=0.0)
    return {name: float(count) / most for name, count in counts.items()} if most else {}


def _stated_prices(prices: tuple[float | None, float | None]) -> tuple[float, float] | None:
    low, high = prices
    if not low and not high:
        return None
    lowest = math.log(low) if low else math.log(high or 1.0) - math.log(4.0)
    highest = math.log(high) if high else lowest + math.log(4.0)
    return (lowest + highest) / 2.0, max((highest - lowest) / 2.0, 0.1)


def _liked_prices(weighed: Sequence[tuple[Event, float]]) -> tuple[float, float] | None:
    """Return the weighted mean and spread of the prices; one price is liked give or take a third."""
    found = [(math.log(e.price), weight) for e, weight in weighed if e.price and e.price > 0.0]
    total = sum(weight for _, weight in found)
    if not total:
        return None
    centre = sum(price * weight for price, weight in found) / total
    variance = sum((price - centre) ** 2 * weight for price, weight in found) / total
    return centre, max(math.sqrt(variance), 0.3)
