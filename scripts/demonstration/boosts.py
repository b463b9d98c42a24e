"""Business boosts of the demo, in words."""

from __future__ import annotations

from es_hybrid.types import Json

__all__ = ["boost_rows"]


def boost_rows(boosts: list[Json]) -> list[tuple[str, str]]:
    """Return field and rule of each boost, in words.

    Example:
        >>> [(field, rule)] = boost_rows([{"field": "stock", "equals": 0, "factor": 0.8}])
        >>> field, rule[1:]
        ('stock', '0.80 where it is 0')
    """
    return [(boost["field"], _rule(boost)) for boost in boosts]


def _rule(boost: Json) -> str:
    factor = f"×{boost['factor']:.2f}"  # noqa: RUF001 - the sign, not a letter
    if "equals" in boost:
        return f"{factor} where it is {boost['equals']}"
    if "half_life_days" in boost:
        return f"up to {factor} when new, half of that after {boost['half_life_days']} days"
    return f"up to {factor}, reached at {boost['scale']:,.0f} ({boost['shape']})"
