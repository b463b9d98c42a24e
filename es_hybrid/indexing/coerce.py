"""Turns what a shop's export holds into what a field takes, or says why it cannot be done.

Nothing guesses: a date whose day and month cannot be told apart, a price range in a price, a
symbol that stands for two currencies are refused or kept as they are.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from es_hybrid.types import zoned

__all__ = [
    "BadValue",
    "as_date",
    "as_integer",
    "as_keyword",
    "as_list",
    "as_money",
    "as_number",
    "as_text",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_CURRENCIES = {
    "€": "EUR", "£": "GBP", "₩": "KRW", "₹": "INR", "₽": "RUB", "元": "CNY", "人民币": "CNY", "RMB": "CNY",
    "CN¥": "CNY", "円": "JPY", "JP¥": "JPY", "US$": "USD", "HK$": "HKD", "NT$": "TWD", "A$": "AUD",
    "C$": "CAD", "S$": "SGD",
}  # fmt: skip
_MULTIPLES = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}

_NUMBER = re.compile(r"[+-]?(?:\d[\d.,'\u2019 ]*\d|\d)(?:[eE][+-]?\d+)?|[+-]?[.]\d+")
_GROUPED = re.compile(r"\d{1,3}(?:([.,'\u2019 ])\d{3})(?:\1\d{3})*")
_WORDS_AROUND = re.compile(r"[\w$€£¥₩₹₽円元.]{0,8}")

_SEPARATORS = ",;|，；、"  # noqa: RUF001 - Chinese exports use the wide ones

_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_COMPACT = re.compile(r"(?:19|20)\d{6}")
_CLOCK = re.compile(
    r"[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_EARLIEST_S, _LATEST_S = 10**8, 10**10  # 1973 to 2286; a larger number is milliseconds


class BadValue(ValueError):
    """A value that a field cannot take; the message is the reason and holds no value."""


def as_text(value: Any) -> str | None:
    """Return a value as running text; `None` when there is nothing in it.

    Raises:
        BadValue: The value is an object.
    """
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, Mapping):
        raise BadValue("is an object, text is wanted")
    if isinstance(value, (list, tuple)):
        return " ".join(part for part in map(as_text, value) if part) or None
    return _scalar(value)


def as_keyword(value: Any) -> str | list[str] | None:
    """Return a value as one code or name, or a list of them.

    Raises:
        BadValue: The value is an object.
    """
    if not isinstance(value, (list, tuple)):
        return as_text(value)
    parts = [part for part in map(as_text, value) if part]
    return parts or None


def as_list(value: Any, *, separators: str = _SEPARATORS) -> list[str] | None:
    """Return a value as a list of names; text is split at separators or read as a JSON list.

    Example:
        >>> as_list("0095205603217; 0095205603224")
        ['0095205603217', '0095205603224']
    """
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                return as_list(orjson.loads(text), separators=separators)
            except orjson.JSONDecodeError:
                pass  # just a text that begins so
        value = re.split(f"[{re.escape(separators)}]", text)
    found = as_keyword(value if isinstance(value, (list, tuple)) else [value])
    return [found] if isinstance(found, str) else found


def as_number(value: Any) -> float | None:
    """Return a value as a number; separators of thousands, `+`, 万 and 亿 are understood.

    Raises:
        BadValue: It is not one finite number.

    Example:
        >>> as_number("1.2万+")
        12000.0
    """
    return _number_and_rest(value)[0]


def as_integer(value: Any) -> int | None:
    """Return a value as a whole number.

    Raises:
        BadValue: It is not a finite number, not whole, or too large for 64 bits.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        number: float = value
    else:
        found = as_number(value)
        if found is None:
            return None
        number = found
    if number != int(number):
        raise BadValue("is not a whole number")
    if not -(2**63) <= number < 2**63:
        raise BadValue("is too large")
    return int(number)


def as_money(value: Any) -> tuple[float | None, str | None]:
    """Return an amount and the currency that stands beside it.

    A symbol that stands for one currency becomes its ISO code; `¥` and `$` stay as they are.

    Raises:
        BadValue: There is not exactly one amount.

    Example:
        >>> as_money("¥1,299.00"), as_money("1.299,00 €"), as_money(12)
        ((1299.0, '¥'), (1299.0, 'EUR'), (12.0, None))
    """
    amount, rest = _number_and_rest(value, money=True)
    if not rest:
        return amount, None
    return amount, _CURRENCIES.get(rest, _CURRENCIES.get(rest.upper(), rest.upper()))


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
    text = _scalar(value)
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


def _scalar(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


def _number_and_rest(value: Any, *, money: bool = False) -> tuple[float | None, str]:
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise BadValue("is not a finite number")
        return float(value), ""
    if not (value is None or isinstance(value, str)):
        raise BadValue("is not a number")
    text = unicodedata.normalize("NFKC", value or "").strip()
    if not text:
        return None, ""
    found = _NUMBER.findall(text)
    if len(found) != 1:
        raise BadValue("holds more than one number" if found else "is not a number")
    before, _, after = text.partition(found[0])
    number = _plain(found[0])
    after = after.strip().rstrip("+").strip()
    if after[:1] in _MULTIPLES:
        number, after = number * _MULTIPLES[after[0]], after[1:].strip()
    rest = before.strip() or after
    if rest and (not money or (before.strip() and after) or not _WORDS_AROUND.fullmatch(rest)):
        raise BadValue("holds more than a number")
    if not math.isfinite(number):
        raise BadValue("is not a finite number")
    return number, rest


def _plain(text: str) -> float:
    """Read digits with either convention: the last of two kinds of separator is the decimal one."""
    mantissa = text.replace(" ", "").replace("'", "").replace("\u2019", "")
    comma, point = mantissa.rfind(","), mantissa.rfind(".")
    if comma >= 0 and point >= 0:
        thousands = "." if comma > point else ","
        mantissa = mantissa.replace(thousands, "").replace(",", ".")
    elif comma >= 0:
        grouped = _GROUPED.fullmatch(mantissa.lstrip("+-"))
        mantissa = mantissa.replace(",", "" if grouped else ".")
    elif mantissa.count(".") > 1 and _GROUPED.fullmatch(mantissa.lstrip("+-")):
        mantissa = mantissa.replace(".", "")
    try:
        return float(mantissa)
    except ValueError:
        raise BadValue("is not a number") from None


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
