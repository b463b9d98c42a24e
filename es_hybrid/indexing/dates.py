"""Reads dates as shops write them; one whose day and month cannot be told apart is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from es_hybrid.indexing.coerce import BadValue, scalar_text
from es_hybrid.types import zoned

__all__ = ["as_date"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_COMPACT = re.compile(r"(?:19|20)\d{6}")
_CLOCK = re.compile(
    r"[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_EARLIEST_S, _LATEST_S = 10**8, 10**10  # 1973 to 2286; a larger number is milliseconds


def as_date(value: Any) -> str | None:
    """Return a date as ISO 8601 in UTC; a date without a time zone is taken as UTC.

    Understood: ISO 8601, `2026/11/14`, `2026年11月14日`, `20261114`, `14.11.2026` and `11/14/2026` where
    day and month cannot be confused, seconds and milliseconds since 1970.

    Raises:
        BadValue: It is none of these, no such day exists, or day and month may be confused.

    Example:
        >>> as_date("2016/11/14"), as_date(1479081600)
        ('2016-11-14T00:00:00Z', '2016-11-14T00:00:00Z')
    """
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, date):
        return _iso(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _epoch(value)
    text = scalar_text(value)
    if text is None:
        return None
    if _CANONICAL.fullmatch(text) and _is_moment(text):
        return text
    text = unicodedata.normalize("NFKC", text)
    if _COMPACT.fullmatch(text):
        return _iso(_day(text[:4], text[4:6], text[6:]))
    if text.isdigit():
        return _epoch(int(text))
    if match := _YEAR_FIRST.match(text):
        day = _day(*match.groups())
    elif match := _YEAR_LAST.match(text):
        day = _day(*_year_month_day(match))
    else:
        raise BadValue("is not a date in a known format, such as 2026-11-14")
    return _iso(_with_clock(day, text[match.end() :]))


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _epoch(value: float) -> str:
    seconds = value if _EARLIEST_S <= value < _LATEST_S else value / 1000
    if not _EARLIEST_S <= seconds < _LATEST_S:
        raise BadValue("is not a number of seconds or milliseconds since 1970")
    return _iso(_EPOCH + timedelta(seconds=seconds))


def _year_month_day(match: re.Match[str]) -> Sequence[str]:
    first, separator, second, year = match.groups()
    if separator == "." or int(first) > 12:
        return year, second, first
    if int(second) > 12 or first == second:
        return year, first, second
    raise BadValue("may be day/month or month/day; write it as 2026-11-14")


def _day(year: str, month: str, day: str) -> datetime:
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        raise BadValue("is no day of the calendar") from None


def _with_clock(day: datetime, text: str) -> datetime:
    if not text.strip():
        return day
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise BadValue("has a time that is not understood, such as 2026-11-14T10:15:00Z")
    hour, minute, second, zone = match.groups()
    try:
        moment = day.replace(hour=int(hour), minute=int(minute), second=int(second or 0))
    except ValueError:
        raise BadValue("has no such time of day") from None
    if zone and zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        return moment - offset if zone[0] == "+" else moment + offset
    return moment


def _iso(moment: datetime) -> str:
    return zoned(moment).astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
