"""Boosts as a request or a settings file writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from es_hybrid.errors import RequestError
from es_hybrid.protocols import Boost
from es_hybrid.rank.boost import FieldBoost, IdBoost, NumericBoost, RecencyBoost
from es_hybrid.rank.decay import DecayBoost, Origin
from es_hybrid.rank.values import place_of, seconds_of

_SHAPES = ("log", "sqrt", "linear", "saturation")
_CURVES = ("gauss", "exp", "linear")
_KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("ids", frozenset({"ids", "factor"})),
    ("equals", frozenset({"field", "equals", "factor"})),
    (
        "origin",
        frozenset({"field", "origin", "scale", "factor", "offset", "decay", "shape", "missing"}),
    ),
    (
        "scale",
        frozenset(
            {
                *("field", "scale", "factor", "shape", "missing"),
                *("prior", "prior_half_life_days", "created_field"),
            }
        ),
    ),
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
            `{"field": "created_at", "half_life_days": 30, "factor": 1.2}`,
            `{"field": "price", "origin": 100, "scale": 20, "factor": 1.2}`,
            `{"ids": ["4711"], "factor": 1.2}` or `{"name": "my-boost"}`.
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
    by = _positive(boost, "factor", 1.2, path)
    if kind == "ids":
        return IdBoost(_ids(boost["ids"], f"{path}.ids"), by=by)
    field = boost.get("field")
    if not isinstance(field, str) or not field:
        raise RequestError("must name a field", path=f"{path}.field")
    match kind:
        case "equals":
            return FieldBoost(field, equals=boost["equals"], by=by)
        case "origin":
            return _decay(field, boost, by, path)
        case "scale":
            return _numeric(field, boost, by, path)
        case _:
            days = _positive(boost, "half_life_days", 30.0, path)
            return RecencyBoost(field, half_life_days=days, by=by)


def _numeric(field: str, boost: Mapping[str, Any], by: float, path: str) -> NumericBoost:
    created = boost.get("created_field", "created_at")
    if not isinstance(created, str) or not created:
        raise RequestError("must name a field", path=f"{path}.created_field")
    prior = _number(boost.get("prior", 0.0), f"{path}.prior")
    if prior < 0.0:
        raise RequestError("must not be below 0", path=f"{path}.prior")
    return NumericBoost(
        field,
        scale=_positive(boost, "scale", 1.0, path),
        by=by,
        shape=_one_of(boost.get("shape", "log"), _SHAPES, f"{path}.shape"),
        missing=_number(boost.get("missing", 0.0), f"{path}.missing"),
        prior=prior,
        prior_half_life_days=_positive(boost, "prior_half_life_days", 14.0, path),
        created_field=created,
    )


def _decay(field: str, boost: Mapping[str, Any], by: float, path: str) -> DecayBoost:
    decay = _positive(boost, "decay", 0.5, path)
    if decay >= 1.0:
        raise RequestError("must be below 1", path=f"{path}.decay")
    if "scale" not in boost:
        raise RequestError("says how far from the origin a product may be", path=f"{path}.scale")
    offset = _number(boost.get("offset", 0.0), f"{path}.offset")
    if offset < 0.0:
        raise RequestError("must not be below 0", path=f"{path}.offset")
    return DecayBoost(
        field,
        origin=_origin(boost["origin"], f"{path}.origin"),
        scale=_positive(boost, "scale", 1.0, path),
        by=by,
        offset=offset,
        decay=decay,
        shape=_one_of(boost.get("shape", "gauss"), _CURVES, f"{path}.shape"),
        missing=_positive(boost, "missing", 1.0, path),
    )


def _origin(value: Any, path: str) -> Origin:
    if isinstance(value, str):
        if value == "now" or seconds_of(value) > -math.inf:
            return value
        raise RequestError('must be an ISO date or "now"', path=path)
    if isinstance(value, Mapping):
        place = place_of(dict(value))
        if place is None:
            raise RequestError("must be a place: lat and lon, in degrees", path=path)
        return place
    return _number(value, path)


def _ids(value: Any, path: str) -> tuple[str, ...]:
    ids = [value] if isinstance(value, str) else value
    if not isinstance(ids, Sequence) or not ids or not all(isinstance(i, str) and i for i in ids):
        raise RequestError("must be a list of document ids, as texts", path=path)
    return tuple(ids)


def _one_of(value: Any, known: Sequence[str], path: str) -> Any:
    if value not in known:
        raise RequestError(f"must be one of {', '.join(known)}", path=path)
    return value


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
