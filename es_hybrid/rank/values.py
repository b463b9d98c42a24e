"""Doc values as numbers, dates, places and texts; what a field holds may be anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from es_hybrid.types import Hit, Scores

_USUAL_DATE = len("2026-06-01T00:00:00.000Z")


def first_values(hits: Sequence[Hit], name: str) -> list[Any]:
    """Return each hit's first value of a field, `None` where it has none."""
    return [values[0] if (values := hit.fields.get(name)) else None for hit in hits]


def numbers(hits: Sequence[Hit], name: str, missing: float) -> Scores:
    """Return one number a hit; what is none, or not finite, is `missing`."""
    values = [values[0] if (values := hit.fields.get(name)) else missing for hit in hits]
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        found = np.array([_number(value, missing) for value in values])
    finite = np.isfinite(found)
    return found if finite.all() else np.where(finite, found, missing)


def seconds(values: Sequence[Any]) -> Scores:
    """Return seconds since the epoch; of what is no date, minus infinity: long ago.

    The usual print of Elasticsearch, `2026-06-01T00:00:00.000Z`, is read by numpy, all at once.
    """
    try:
        texts = ["NaT" if value is None else _without_zone(value) for value in values]
        stamps = np.array(texts, dtype="datetime64[ms]")
    except ValueError:
        return np.array([seconds_of(value) for value in values])
    return np.where(np.isnat(stamps), -np.inf, stamps.astype(np.int64) / 1000.0)


def seconds_of(value: Any) -> float:
    """Return seconds since the epoch of a date, however Elasticsearch prints it.

    Example:
        >>> seconds_of("1970-01-02"), seconds_of("soon")
        (86400.0, -inf)
    """
    if isinstance(value, (int, float)):
        return float(value) / 1000.0
    text = str(value)
    if text.lstrip("-").isdigit():
        return int(text) / 1000.0
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return -math.inf
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def place_of(value: Any) -> tuple[float, float] | None:
    """Return latitude and longitude of a `geo_point`, however Elasticsearch prints it.

    Example:
        >>> place_of("52.5, 13.4"), place_of({"type": "Point", "coordinates": [13.4, 52.5]})
        ((52.5, 13.4), (52.5, 13.4))
    """
    match value:
        case str() if value.count(",") == 1:
            latitude, _, longitude = value.partition(",")
            pair: tuple[Any, Any] = (latitude, longitude)
        case {"lat": latitude, "lon": longitude} | {"coordinates": [longitude, latitude]}:
            pair = (latitude, longitude)
        case _:
            return None
    found = (_number(pair[0], math.nan), _number(pair[1], math.nan))
    return found if abs(found[0]) <= 90.0 and abs(found[1]) <= 180.0 else None


def plain(value: Any) -> str:
    """Return a value as text, so that `5` equals `5.0` and `True` equals `"true"`.

    Example:
        >>> plain(5.0), plain(True)
        ('5', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


def texts(fields: Mapping[str, Sequence[Any]], name: str) -> tuple[str, ...]:
    """Return all values of one field as texts."""
    values = fields.get(name)
    if not values:
        return ()
    if len(values) == 1 and type(values[0]) is str:
        return (values[0],)
    return tuple(map(plain, values))


def _number(value: Any, missing: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return missing


def _without_zone(value: Any) -> str:
    if type(value) is not str or len(value) != _USUAL_DATE or value[-1] != "Z":
        raise ValueError("not as Elasticsearch prints dates unless told otherwise")
    return value[:-1]
