"""Prices, sales, ratings, stock, dates and codes: the numbers of a shop's export."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from demo.draw import Draw

EXPORTED_AT = datetime(2025, 10, 31, tzinfo=UTC)
_OLDEST_DAYS = 900


@dataclass(frozen=True, slots=True)
class Trade:
    """How a product sells and ships."""

    sales_total: int
    sales_30d: int
    rating: float
    review_count: int
    stock: int
    delivery_days: int
    created_at: str


def shop_price(amount: float, *, language: str) -> float:
    """Round an amount to a price tag of the language's shops.

    Example:
        >>> shop_price(503.2, language="zh"), shop_price(41.3, language="en")
        (499.0, 40.99)
    """
    whole = max(int(amount), 3)
    if language == "en":
        return (whole * 100 - 1) / 100
    if whole < 100:
        return (whole * 10 + 9) / 10
    step = 10 if whole < 1000 else 50
    return float((whole + step // 2) // step * step - 1)


def draw_trade(draw: Draw, *, appeal: float) -> Trade:
    """Draw how a product sells; appeal in [0, 1) lifts rating and sales together."""
    age = 4 + int(draw.unit() * _OLDEST_DAYS)
    luck = draw.unit()
    lift = luck * luck * luck * (0.4 + appeal)
    total = draw.below(9) + int(lift * age * 60)
    monthly = min(total, int(total * 30 / age * (0.5 + draw.unit())))
    reviews = int(total * (0.02 + 0.16 * draw.unit()))
    rating = min(50, 36 + int(9 * max(draw.unit(), draw.unit()) + 6 * appeal))
    sold_out = draw.chance(0.06)
    created = EXPORTED_AT - timedelta(days=age, seconds=draw.below(50_000))
    return Trade(
        sales_total=total,
        sales_30d=monthly,
        rating=rating / 10 if reviews else 0.0,
        review_count=reviews,
        stock=0 if sold_out else 1 + int(draw.unit() * draw.unit() * 900),
        delivery_days=draw.pick((1, 1, 2, 2, 2, 3, 3, 4, 5, 7)),
        created_at=created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def shop_score(shop: str) -> float:
    """Return a shop's service score, 4.2 to 5.0; the same for all of its products."""
    return Draw(f"shop/{shop}").between(42, 50) / 10


def draw_ean(draw: Draw, *, taken: AbstractSet[str]) -> str:
    """Draw an EAN-13 of the in-store range 200 to 299 that no product has yet."""
    while True:
        body = "2" + f"{int(draw.unit() * 10**11):011d}"
        ean = body + str(ean_check_digit(body))
        if ean not in taken:
            return ean


def ean_check_digit(body: str) -> int:
    """Return the check digit for twelve digits (GS1 General Specifications, 7.9).

    Example:
        >>> ean_check_digit("400638133393")
        1
    """
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return -total % 10
