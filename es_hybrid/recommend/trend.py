"""What sells faster than it did."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from es_hybrid.rank.values import numbers
from es_hybrid.rank.vectorised import VectorisedBoost
from es_hybrid.types import BoostContext, Hit, Recommended, Scores

__all__ = ["TrendBoost", "made_of"]

_WINDOW = re.compile(r"(?P<stem>.+)_(?P<days>\d+)d")
_PRIOR = 5.0
"""Sales that weigh as much as a product's own: two against one is no trend yet."""
_STEEPEST = 2.0


@dataclass(frozen=True, slots=True)
class TrendBoost(VectorisedBoost):
    """Raise what sells faster these days than over the longer window, lower what sells slower.

    `(recent + 5) / (expected + 5)`, where `expected` is the longer window's count scaled down to
    the shorter one's days; five made-up sales at the usual pace keep small numbers calm (additive
    smoothing: Lidstone, "Note on the general case of the Bayes-Laplace formula", 1920). Kept within
    0.5 and 2.

    Attributes:
        counters: Number fields; windows are told by names such as `sales_7d`.

    Example:
        >>> hit = Hit("i", "1", fields={"sales_7d": [30], "sales_30d": [60]})
        >>> round(TrendBoost(("sales_7d", "sales_30d")).factor(hit, BoostContext(now_s=0)), 2)
        1.84
    """

    counters: tuple[str, ...]
    name: str = "trend"

    @property
    def fields(self) -> tuple[str, ...]:
        """All counters: by them is also told what the products are recommended as."""
        return self.counters

    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:  # noqa: ARG002
        """Return how much faster each product sells, 0.5 to 2; 1 where it was not counted."""
        pair = _pair(self.counters)
        if pair is None:
            return np.ones(len(hits))
        (recent, days), (longer, all_days) = pair
        found, usual = (numbers(hits, name, math.nan) for name in (recent, longer))
        expected = usual * days / all_days
        pace = (np.maximum(found, 0.0) + _PRIOR) / (np.maximum(expected, 0.0) + _PRIOR)
        return np.where(np.isnan(pace), 1.0, np.clip(pace, 1.0 / _STEEPEST, _STEEPEST))


def made_of(hits: Sequence[Hit], counters: Sequence[str], *, created: bool) -> Recommended:
    """Return what products are recommended as, by what is known of them.

    Args:
        hits: With their counters.
        counters: As they were asked for; those of the shortest window tell what is trending.
        created: Whether their dates are known.

    Example:
        >>> made_of([Hit("i", "1", fields={"sales_30d": [3]})], ["sales_7d", "sales_30d"], created=True)
        <Recommended.POPULAR: 'popular'>
    """
    windows = {name: _days(name) for name in counters}
    shortest = min((days for days in windows.values() if days), default=None)
    sold = {name for name in counters if _any(numbers(hits, name, 0.0))}
    if any(shortest is not None and windows[name] == shortest for name in sold):
        return Recommended.TRENDING
    if sold:
        return Recommended.POPULAR
    return Recommended.NEWEST if created else Recommended.ANY


def _pair(counters: Sequence[str]) -> tuple[tuple[str, int], tuple[str, int]] | None:
    """Return the first counter of a short window, and the one of a longer window of the same."""
    for short in counters:
        for longer in counters:
            if _stem(short) == _stem(longer) is not None and 0 < _days(short) < _days(longer):
                return (short, _days(short)), (longer, _days(longer))
    return None


def _days(name: str) -> int:
    match = _WINDOW.fullmatch(name)
    return int(match["days"]) if match else 0


def _stem(name: str) -> str | None:
    match = _WINDOW.fullmatch(name)
    return match["stem"] if match else None


def _any(found: Scores) -> bool:
    return bool(np.any(found > 0.0))
