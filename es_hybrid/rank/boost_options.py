"""Boosts as a request or a settings file writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from es_hybrid.errors import RequestError
from es_hybrid.protocols import Boost
from es_hybrid.rank.boost import FieldBoost, NumericBoost, RecencyBoost

_SHAPES = ("log", "sqrt", "linear", "saturation")
_KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("equals", frozenset({"field", "equals", "factor"})),
    ("scale", frozenset({"field", "scale", "factor", "shape", "missing"})),
    ("half_life_days", frozenset({"field", "half_life_days", "factor"})),
)


def read_boosts(
    section: Sequence[Mapping[str, Any]],
    *,
    path: str = "ext.hybrid.boosts",
    plugin: Callable[[str, str], Boost] | None = None,
) -> tuple[Boost, ...]:
    """Read the boosts of one request.

    Args:
        section: Objects such as `{"field": "in_stock", "equals": True, "factor": 1.2}`,
            `{"field": "sales_30d", "scale": 1000, "factor": 1.5}`,
            `{"field": "created_at", "half_life_days": 30, "factor": 1.2}` or `{"name": "my-boost"}`.
        path: Where they stand, for the error.
        plugin: Finds a boost by its name and the path where it stands.

    Raises:
        RequestError: Names the path of the first mistake.

    Example:
        >>> read_boosts([{"field": "brand", "equals": "Acme", "factor": 1.3}])
        (FieldBoost(field='brand', equals='Acme', by=1.3),)
    """
    return tuple(
        _read(boost, f"{path}.{position}", plugin) for position, boost in enumerate(section)
    )


def _read(boost: Mapping[str, Any], path: str, plugin: Callable[[str, str], Boost] | None) -> Boost:
    if "name" in boost:
        if plugin is None or not isinstance(boost["name"], str) or len(boost) > 1:
            raise RequestError("names no boost of this client", path=f"{path}.name")
        return plugin(boost["name"], f"{path}.name")
    for key, allowed in _KINDS:
        if key in boost:
            _refuse_unknown(boost, allowed, path)
            return _made(key, boost, path)
    keys = ", ".join(key for key, _ in _KINDS)
    raise RequestError(f"needs a field and one of {keys}", path=path)


def _made(kind: str, boost: Mapping[str, Any], path: str) -> Boost:
    field = boost.get("field")
    if not isinstance(field, str) or not field:
        raise RequestError("must name a field", path=f"{path}.field")
    by = _positive(boost, "factor", 1.2, path)
    match kind:
        case "equals":
            return FieldBoost(field, equals=boost["equals"], by=by)
        case "scale":
            shape = boost.get("shape", "log")
            if shape not in _SHAPES:
                raise RequestError(f"must be one of {', '.join(_SHAPES)}", path=f"{path}.shape")
            missing = _number(boost.get("missing", 0.0), f"{path}.missing")
            scale = _positive(boost, "scale", 1.0, path)
            return NumericBoost(field, scale=scale, by=by, shape=shape, missing=missing)
        case _:
            days = _positive(boost, "half_life_days", 30.0, path)
            return RecencyBoost(field, half_life_days=days, by=by)


def _refuse_unknown(boost: Mapping[str, Any], allowed: frozenset[str], path: str) -> None:
    for name in boost:
        if name not in allowed:
            hint = f"known: {', '.join(sorted(allowed))}"
            raise RequestError("is not an option here", path=f"{path}.{name}", hint=hint)


def _positive(boost: Mapping[str, Any], name: str, default: float, path: str) -> float:
    number = _number(boost.get(name, default), f"{path}.{name}")
    if number <= 0.0:
        raise RequestError("must be above 0", path=f"{path}.{name}")
    return number


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise RequestError("must be a finite number", path=path)
    return float(value)
