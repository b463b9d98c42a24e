"""Places for new products, which nobody has bought because nobody has seen them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from es_hybrid.rank.values import SECONDS_A_DAY, first_values, numbers, seconds
from es_hybrid.types import Hit, Scores

__all__ = ["Exploration", "chosen", "is_new", "smoothed_sales"]


@dataclass(frozen=True, slots=True)
class Exploration:
    """How much of each page new products get.

    Attributes:
        created_field: Doc-value field of the date a product came.
        younger_than_days: Older products are not new.
        impressions_field: Doc-value field that counts how often a product was shown; `None` goes by
            age alone.
        until_impressions: A product that was shown as often has had its chance.
        slots: Places on each page.
        per: Places of a page.
        first_place: The first page's highest place for a new product, from 1; the others follow
            every `per / slots` places.
        pool: New products among the candidates that are drawn from, the most relevant ones.
    """

    created_field: str = "created_at"
    younger_than_days: float = 30.0
    impressions_field: str | None = None
    until_impressions: int = 500
    slots: int = 1
    per: int = 24
    first_place: int = 6
    pool: int = 10

    @property
    def fields(self) -> tuple[str, ...]:
        """The doc values that are read."""
        return (self.created_field, *((self.impressions_field,) if self.impressions_field else ()))


def is_new(hits: Sequence[Hit], options: Exploration, *, now_s: float) -> list[bool]:
    """Say which candidates are new and have not been shown often enough.

    Args:
        hits: With the doc values of `options.fields`; one without a date is not new.
        options: What new means.
        now_s: Seconds since the epoch.
    """
    born = seconds(first_values(hits, options.created_field))
    young = now_s - born <= options.younger_than_days * SECONDS_A_DAY
    if options.impressions_field is None:
        return list(young)
    shown = numbers(hits, options.impressions_field, 0.0)
    return list(young & (shown < options.until_impressions))


def chosen(
    order: Sequence[int],
    scores: Mapping[int, float],
    hits: Sequence[Hit],
    options: Exploration,
    *,
    now_s: float,
    random: Random,
) -> dict[int, int]:
    """Return which new product stands at which place, from 0.

    Drawn from the most relevant new candidates, the better the likelier, without one twice. A new
    product that stands high enough by itself needs no slot and takes none.

    Args:
        order: Positions of the candidates, best first.
        scores: By position.
        hits: All candidates.
        options: How many, and where.
        now_s: Seconds since the epoch.
        random: For the draw; seeded with search and day, a page is the same when loaded again.

    Example:
        >>> hits = [Hit("i", str(n)) for n in range(9)]
        >>> hits.append(Hit("i", "new", fields={"created_at": ["1970-01-01T00:00:00Z"]}))
        >>> scores = {place: 1.0 - place / 10 for place in range(10)}
        >>> chosen(range(10), scores, hits, Exploration(), now_s=0, random=Random(1))
        {5: 9}
    """
    new = is_new(hits, options, now_s=now_s)
    wanted = _places(len(order), options)
    found: dict[int, int] = {}
    taken: set[int] = set()
    for place in wanted:
        page_end = place - place % options.per + options.per
        if any(new[position] for position in order[place - place % options.per : place]):
            continue  # a new product is on this page already, higher than the slot
        pool = [p for p in order[place:] if new[p] and p not in taken][: options.pool]
        if not pool or place >= min(page_end, len(order)):
            continue
        weights = [max(scores[position], 1e-9) for position in pool]
        found[place] = random.choices(pool, weights)[0]
        taken.add(found[place])
    return found


def smoothed_sales(
    sales: Scores, ages_days: Scores, *, prior: float, half_life_days: float = 14.0
) -> Scores:
    """Return sales with a head start that fades: `sales + prior * 0.5^(age / half_life)`.

    A new product has not sold badly, it has not been on sale. With the catalogue's typical sales
    as the prior it starts as a typical product, and is on its own after some half-lives.

    Args:
        sales: Shape `(n,)`.
        ages_days: Shape `(n,)`; infinite where not known.
        prior: Sales of a typical product in the same window.
        half_life_days: After which half of the head start is left.

    Example:
        >>> smoothed_sales(np.array([0.0, 0.0]), np.array([0.0, 14.0]), prior=10.0).tolist()
        [10.0, 5.0]
    """
    return sales + prior * np.exp2(-np.maximum(ages_days, 0.0) / half_life_days)


def _places(count: int, options: Exploration) -> list[int]:
    """Return the slots of all pages, from 0."""
    step = max(1, math.floor(options.per / max(options.slots, 1)))
    first = min(options.first_place, options.per) - 1
    within = [(first + number * step) % options.per for number in range(options.slots)]
    pages = range(0, count, options.per)
    return sorted(page + place for page in pages for place in within if page + place < count)
