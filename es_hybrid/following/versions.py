"""Values of a version column, such as `updated_at`, and places in the order they make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

__all__ = ["Cursor", "earlier", "later_of", "pack", "unpack"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the order by version and id; all up to it, itself included, is behind us.

    Attributes:
        version: Of the last row.
        id: Of the last row; `None` means all rows of that version.
    """

    version: Any
    id: Any = None

    def before(self, other: Cursor) -> bool:
        """Tell whether this place comes before another one."""
        if self.version != other.version:
            return bool(self.version < other.version)
        return self.id is not None and (other.id is None or self.id < other.id)


def later_of(one: Cursor | None, other: Cursor | None) -> Cursor | None:
    """Return the later of two places; `None` is the beginning.

    Example:
        >>> later_of(Cursor(3, 7), Cursor(3, None))
        Cursor(version=3, id=None)
    """
    if one is None or other is None:
        return one or other
    return other if one.before(other) else one


def earlier(version: Any, seconds: float, *, per_second: float | None) -> Any:
    """Return a version so many seconds before; `None` where the column tells no time.

    Args:
        version: A time or a number.
        seconds: How much before.
        per_second: How much a number grows in a second, such as 1000 for milliseconds; `None` when
            numbers are no times.

    Example:
        >>> earlier(datetime(2026, 1, 1, 0, 1), 60, per_second=None)
        datetime.datetime(2026, 1, 1, 0, 0)
        >>> earlier(90_000, 60, per_second=1000)
        30000
    """
    if isinstance(version, date):  # a day has no smaller unit, so one more of them
        whole = timedelta() if isinstance(version, datetime) else timedelta(days=1)
        return version - timedelta(seconds=seconds) - whole
    if isinstance(version, (int, float)) and per_second is not None:
        return version - int(seconds * per_second)
    return None


_PACKED: dict[str, Any] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
}


def pack(value: Any) -> Any:
    """Return a version or an id as JSON that `unpack` reads; its type stays.

    Example:
        >>> pack(datetime(2026, 1, 1)), unpack({"datetime": "2026-01-01T00:00:00"})
        ({'datetime': '2026-01-01T00:00:00'}, datetime.datetime(2026, 1, 1, 0, 0))
    """
    match value:
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case Decimal():
            return {"decimal": str(value)}
        case UUID():
            return {"uuid": str(value)}
        case _:
            return value


def unpack(value: Any) -> Any:
    """Return what `pack` was given."""
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return _PACKED[kind](text)
