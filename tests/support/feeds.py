"""Made-up feeds in the shape of real ones: a shop's whole catalogue, day by day."""

from __future__ import annotations

import random
from typing import Any

_WORDS = ("trail", "road", "rain", "wool", "light", "warm", "city", "night", "stone", "river")
_KINDS = ("shoe", "boot", "tent", "stove", "bag", "lamp", "glove")


def daily_feeds(*, days: int, products: int, seed: int = 1) -> list[list[dict[str, Any]]]:
    """Return one feed per day, in which prices and sales move daily and a few titles do.

    Some products share a title, a changed title may change back, and some products are missing on a
    day and come again on the next.

    Args:
        days: How many feeds.
        products: Of the catalogue.
        seed: The same feeds for the same number.
    """
    chance = random.Random(seed)
    titles = [_title(chance, number) for number in range(products)]
    first = list(titles)
    feeds = []
    for day in range(days):
        for number in range(products):
            draw = chance.random()
            if draw < 0.03:
                titles[number] = f"{_title(chance, number)} {day}"
            elif draw < 0.06:
                titles[number] = first[number]
        feeds.append(
            [
                {
                    "id": f"p{number}",
                    "title": titles[number],
                    "price": 10 + (number * 7 + day * chance.randrange(3)) % 90,
                    "sales_total": number + day * chance.randrange(5),
                }
                for number in range(products)
                if chance.random() > 0.05
            ]
        )
    return feeds


def _title(chance: random.Random, number: int) -> str:
    shared = number % 10 == 0  # as variants of one product have one title
    rest = "" if shared else f" {number}"
    return f"{chance.choice(_WORDS)} {chance.choice(_KINDS)}{rest}"
