"""Places for new products, which nobody has bought because nobody has seen them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from es_hybrid.policies import Exploration
from es_hybrid.rank.values import SECONDS_A_DAY, dates, numbers
from es_hybrid.types import Hit, Scores

__all__ = ["Draw", "Exploration", "chosen", "is_new", "smoothed_sales"]


@dataclass(frozen=True, slots=True)
class Draw:
    """What the choice among new products depends on, besides themselves.

    Attributes:
        seed: The same one draws the same products.
        now_s: Seconds since the epoch.
    """

    seed: str = ""
    now_s: float = 0.0


def is_new(hits: Sequence[Hit], options: Exploration, *, now_s: float) -> list[bool]:
    """Say which candidates are new and have not been shown often enough.

    Args:
        hits: With the doc values of `options.fields`; one without a date is not new.
        options: What new means.
        now_s: Seconds since the epoch.
    """
    born = dates(hits, options.created_field)
    young = now_s - born <= options.younger_than_days * SECONDS_A_DAY
    shown = np.zeros(len(hits))
    if options.impressions_field is not None:
        shown = numbers(hits, options.impressions_field, 0.0)
    told = options.impressions
    if told:
        shown = np.array([told.get(hit.id, n) for hit, n in zip(hits, shown, strict=True)])
    found: list[bool] = (young & (shown < options.until_impressions)).tolist()
    return found


def chosen(
    order: Sequence[int],
    scores: Mapping[int, float],
    hits: Sequence[Hit],
    options: Exploration,
    *,
    now_s: float,
    random: Random,
    taken: Collection[int] = (),
    barred: Collection[int] = (),
) -> dict[int, int]:
    """Return which new product stands at which place, from 0.

    Drawn from the most relevant new candidates, the better the likelier, without one twice. A new
    product that stands high enough by itself needs no slot, and uses one of its page up.

    Args:
        order: Positions of the candidates, best first.
        scores: By position.
        hits: All candidates.
        options: How many, and where.
        now_s: Seconds since the epoch.
        random: For the draw; seeded with search and day, a page is the same when loaded again.
        taken: Places that something else holds; a slot there moves down, on its page.
        barred: Positions that get no slot, such as those of sold-out products.

    Example:
        >>> hits = [Hit("i", str(n)) for n in range(9)]
        >>> hits.append(Hit("i", "new", fields={"created_at": ["1970-01-01T00:00:00Z"]}))
        >>> scores = {place: 1.0 - place / 10 for place in range(10)}
        >>> chosen(range(10), scores, hits, Exploration(), now_s=0, random=Random(1))
        {5: 9}
    """
    new = is_new(hits, options, now_s=now_s)
    for position in barred:
        new[position] = False
    # Few are new; only these are looked at again.
    own = [place for place, position in enumerate(order) if new[position]]
    found: dict[int, int] = {}
    slots = _places(options)
    for start in range(0, len(order), options.per):
        end, given = min(start + options.per, len(order)), 0
        for number, within in enumerate(slots):
            place = start + within
            while place in taken or place in found:
                place += 1
            if place >= end:
                break
            first, here = bisect_left(own, start), bisect_left(own, place)
            if here - first + given > number:
                continue
            pool = own[here : here + options.pool]
            if not pool:
                return found
            weights = [max(scores.get(order[other], 0.0), 1e-9) for other in pool]
            drawn = random.choices(pool, weights)[0]
            own.remove(drawn)
            found[place] = order[drawn]
            given += 1
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


def _places(options: Exploration) -> list[int]:
    """Return the slots within a page, from 0."""
    step = max(1, math.floor(options.per / max(options.slots, 1)))
    first = min(options.first_place, options.per) - 1
    wanted = range(min(options.slots, options.per))
    return sorted((first + number * step) % options.per for number in wanted)
