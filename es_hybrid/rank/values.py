"""Doc values as numbers, dates, places and texts; what a field holds may be anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_hybrid.rank.columns import TextColumn, column
from es_hybrid.types import Hit, Scores, zoned

SECONDS_A_DAY = 86_400.0

_USUAL_DATE = len("2026-06-01T00:00:00.000Z")
_NO_DATE = "NaT".ljust(_USUAL_DATE - 1, "\0") + "Z"
"""What numpy reads as "not a time", in the length of a date."""


def attributes(hits: Sequence[Hit], name: str) -> Scores:
    """Return what a hit has of its own, such as `lexical_rank`, as numbers; NaN for `None`."""
    return column(hits, _attributes, name)


def first_values(hits: Sequence[Hit], name: str) -> list[Any]:
    """Return each hit's first value of a field, `None` where it has none."""
    return column(hits, _first_values, name)


def numbers(hits: Sequence[Hit], name: str, missing: float) -> Scores:
    """Return one number per hit; what is none, or not finite, is `missing`."""
    found = column(hits, _numbers, name)
    unknown = np.isnan(found)
    return np.where(unknown, missing, found) if unknown.any() else found


def dates(hits: Sequence[Hit], name: str) -> Scores:
    """Return each hit's date in seconds since the epoch; minus infinity where it has none."""
    return column(hits, _dates, name)


def text_column(hits: Sequence[Hit], name: str) -> TextColumn:
    """Return all values of a field as texts, for each hit."""
    return column(hits, _texts, name)


def seconds(values: Sequence[Any]) -> Scores:
    """Return seconds since the epoch; of what is no date, minus infinity: long ago.

    The usual print of Elasticsearch, `2026-06-01T00:00:00.000Z`, is read by numpy, all at once.
    """
    try:
        stamps = _usual_dates(values).astype("datetime64[ms]")
    except (TypeError, ValueError):
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
        return zoned(datetime.fromisoformat(text)).timestamp()
    except ValueError:
        return -math.inf


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


def _own(hits: Sequence[Hit], name: str) -> list[Any]:
    return list(map(attrgetter(name), hits))


def _attributes(hits: Sequence[Hit], name: str) -> Scores:
    found = np.array(_own(hits, name), dtype=np.float64)  # numpy reads None as NaN
    found.flags.writeable = False
    return found


def _first_values(hits: Sequence[Hit], name: str) -> list[Any]:
    rows = column(hits, _own, "fields")
    with suppress(LookupError):  # most fields are in all products, and this is twice as fast
        return [row[name][0] for row in rows]
    return [values[0] if (values := row.get(name)) else None for row in rows]


def _numbers(hits: Sequence[Hit], name: str) -> Scores:
    """Return one number per hit, NaN for what is none or not finite; nobody may write into it."""
    values = first_values(hits, name)
    try:
        found = np.array(values, dtype=np.float64)  # numpy reads None as NaN
    except (TypeError, ValueError, OverflowError):
        found = np.array([_number(value, math.nan) for value in values])
    found[np.isinf(found)] = math.nan
    found.flags.writeable = False
    return found


def _dates(hits: Sequence[Hit], name: str) -> Scores:
    return seconds(first_values(hits, name))


def _texts(hits: Sequence[Hit], name: str) -> TextColumn:
    rows = list(map(tuple, [row.get(name) or () for row in column(hits, _own, "fields")]))
    with suppress(TypeError):  # objects cannot be compared before they are texts
        found = TextColumn.of(rows)
        if all(type(value) is str for value in chain.from_iterable(found.first)):  # nearly always
            return found
    return TextColumn.of([tuple(map(plain, values)) for values in rows])


def _number(value: Any, missing: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return missing


def _usual_dates(values: Sequence[Any]) -> NDArray[np.bytes_]:
    """Return dates without their zone; together, since a call for each takes longer than all else."""
    dates = [_NO_DATE if value is None else value for value in values]
    joined = "".join(dates)
    zones = joined[_USUAL_DATE - 1 :: _USUAL_DATE]
    if {*map(len, dates)} != {_USUAL_DATE} or {*zones} != {"Z"}:
        raise ValueError("not as Elasticsearch prints dates unless told otherwise")
    found = np.frombuffer(joined.encode("ascii"), dtype=f"S{_USUAL_DATE}")
    return found.astype(f"S{_USUAL_DATE - 1}")
