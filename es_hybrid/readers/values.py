"""Values of databases and columnar files as the JSON values that a product holds."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

__all__ = ["plain", "unique_names"]

_SAME = frozenset({str, int, bool, type(None)})


def plain(value: Any) -> Any:
    r"""Return a value as JSON can hold it.

    Whole decimals become integers, so that an id of the type NUMERIC reads `42` and not `42.0`; NaN
    and infinity are no value; dates and times are ISO 8601; a duration is its seconds; bytes are
    text where they are UTF-8 and base64 otherwise; what is not known is its `str`.

    Example:
        >>> plain({"price": Decimal("9.90"), "at": datetime(2026, 1, 2), "raw": b"\xff"})
        {'price': 9.9, 'at': '2026-01-02T00:00:00', 'raw': '/w=='}
    """
    kind = type(value)
    if kind in _SAME:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    return _less_common(value)


def _less_common(value: Any) -> Any:
    match value:
        case Enum():
            return plain(value.value)
        case Decimal():
            if not value.is_finite():
                return None
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | bytearray() | memoryview():
            return _text(bytes(value))
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inner) for inner in value]
        case str() | int() | float():  # a subclass
            return value
        case _:
            return str(value)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(value).decode("ascii")


def unique_names(columns: list[str]) -> list[str]:
    """Name every column once: `name`, `name_2`; one without a name is `column_3`.

    Example:
        >>> unique_names(["id", "name", "name", ""])
        ['id', 'name', 'name_2', 'column_4']
    """
    names: list[str] = []
    for number, column in enumerate(columns, start=1):
        name = wanted = column.strip() or f"column_{number}"
        copy = 1
        while name in names:
            copy += 1
            name = f"{wanted}_{copy}"
        names.append(name)
    return names
