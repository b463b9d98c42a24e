"""Business boosts for a catalogue, chosen by the numbers that its products bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from es_hybrid._sync.client import HybridClient
from es_hybrid.types import Json

__all__ = ["choose_boosts", "index_numbers"]

# Gentle: relevance of neighbours on a page often differs by a few percent only. Together they stay
# between 0.8 and 1.1 * 1.05 * 1.05 = 1.21, so the default clamp of 0.5 to 2.0 never bites.
_SALES = ("sales_30d", "sales_7d", "sales_total", "review_count")
_SALES_FACTOR = 1.1
_RATING_FACTOR = 1.05
_RECENCY_FACTOR = 1.05
_HALF_LIFE_DAYS = 365
_SOLD_OUT_FACTOR = 0.8
_FIVE_STARS = 5.0


def index_numbers(shop: HybridClient, index: str) -> Json:
    """Return how many products have each number, its maximum, and its 95th percentile.

    The shape is Elasticsearch's own: aggregations by name.
    """
    names = (*_SALES, "rating", "stock", "created_at")
    stats = {name: {"stats": {"field": name}} for name in names}
    high = {
        f"{name}_p95": {"percentiles": {"field": name, "percents": [95], "keyed": False}}
        for name in _SALES
    }
    answer = shop.es.search(index=index, size=0, aggs={**stats, **high})
    return dict(answer["aggregations"])


def choose_boosts(numbers: Mapping[str, Any]) -> list[Json]:
    """Return the boosts that these products have numbers for, as `ext.hybrid.boosts`.

    Sales raise, at full strength where 95 of 100 products sell less; so do good ratings and, a
    little, being new; what is sold out is lowered.

    Args:
        numbers: As `index_numbers` returns them.

    Example:
        >>> choose_boosts({"rating": {"count": 10, "max": 4.9}})
        [{'field': 'rating', 'scale': 5.0, 'factor': 1.05, 'shape': 'linear'}]
    """
    boosts: list[Json] = []
    sales = next((name for name in _SALES if _count(numbers, name) and _p95(numbers, name)), None)
    if sales:
        scale = float(_p95(numbers, sales))
        boosts.append({"field": sales, "scale": scale, "factor": _SALES_FACTOR, "shape": "log"})
    if _count(numbers, "rating"):
        best = max(_FIVE_STARS, float(numbers["rating"]["max"]))
        boosts.append(
            {"field": "rating", "scale": best, "factor": _RATING_FACTOR, "shape": "linear"}
        )
    if _count(numbers, "created_at"):
        days = _HALF_LIFE_DAYS
        boosts.append({"field": "created_at", "half_life_days": days, "factor": _RECENCY_FACTOR})
    if _count(numbers, "stock"):
        boosts.append({"field": "stock", "equals": 0, "factor": _SOLD_OUT_FACTOR})
    return boosts


def _count(numbers: Mapping[str, Any], name: str) -> int:
    return int(numbers.get(name, {}).get("count", 0))


def _p95(numbers: Mapping[str, Any], name: str) -> float:
    values = numbers.get(f"{name}_p95", {}).get("values") or [{}]
    return float(values[0].get("value") or 0.0)
