"""From what happened in the shop to what a product's ranking fields should say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from es_hybrid.types import Json

__all__ = ["Happening", "Windows", "bayesian_rating", "counted"]

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a product.

    Attributes:
        product_id: Whose.
        kind: Such as `purchase`, `click`, `impression` or `rating`.
        at_s: Seconds since the epoch.
        value: How many, or how good.
    """

    product_id: str
    kind: str
    at_s: float
    value: float = 1.0


@dataclass(frozen=True, slots=True)
class Windows:
    """Which happenings a field counts, and over how many days.

    Attributes:
        fields: Days by field, by kind; `None` counts all there is.
    """

    fields: Mapping[str, Mapping[str, float | None]]

    @classmethod
    def default(cls) -> Windows:
        """Return the fields of the shipped mapping: sales of 7 and 30 days, all impressions."""
        return cls(
            {
                "purchase": {"sales_7d": 7.0, "sales_30d": 30.0},
                "impression": {"impressions": None},
            }
        )


def counted(
    happenings: Iterable[Happening], *, now_s: float, windows: Windows | None = None
) -> dict[str, Json]:
    """Return the fields to update, by product id.

    A product that something happened to, but nothing within a window, gets a 0 there: yesterday's
    count must not stand for ever.

    Args:
        happenings: In any order; what lies in the future is not counted.
        now_s: Seconds since the epoch, the end of every window.
        windows: What is counted where.

    Example:
        >>> counted([Happening("a", "purchase", 0.0, 2)], now_s=8 * 86_400)
        {'a': {'sales_7d': 0, 'sales_30d': 2}}
    """
    fields = (windows or Windows.default()).fields
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for happening in happenings:
        counts = fields.get(happening.kind)
        if counts is None or happening.at_s > now_s:
            continue
        age_days = (now_s - happening.at_s) / _DAY_S
        own = found[happening.product_id]
        for name, days in counts.items():
            inside = days is None or age_days <= days
            own[name] = own.get(name, 0.0) + (happening.value if inside else 0.0)
    return {product: {name: _whole(n) for name, n in own.items()} for product, own in found.items()}


def bayesian_rating(
    total: float, count: float, *, prior_mean: float, prior_count: float = 10.0
) -> float:
    """Return a rating that few reviews cannot carry away from the catalogue's mean.

    `(prior_count * prior_mean + total) / (prior_count + count)`: the mean of the reviews and of
    `prior_count` made-up ones of the catalogue's mean rating.

    Args:
        total: Sum of the ratings.
        count: How many there are.
        prior_mean: The catalogue's mean rating.
        prior_count: Reviews that weigh as much as the prior.

    Example:
        >>> round(bayesian_rating(5.0, 1, prior_mean=4.0), 2)
        4.09
    """
    return (prior_count * prior_mean + total) / (prior_count + count)


def _whole(number: float) -> Any:
    return int(number) if number.is_integer() else number
