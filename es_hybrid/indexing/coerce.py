"""Turns what a shop's export holds into what a field takes, or says why it cannot be done.

Nothing guesses: a price range in a price is refused, a symbol that stands for two currencies is kept
as it is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import orjson

__all__ = [
    "BadValue",
    "as_integer",
    "as_keyword",
    "as_list",
    "as_money",
    "as_number",
    "as_text",
    "scalar_text",
]

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
    return scalar_text(value)


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


def scalar_text(value: Any) -> str | None:
    """Return anything but a list or an object as text; `None` when there is nothing in it.

    Example:
        >>> scalar_text(42.0), scalar_text(True), scalar_text(" ")
        ('42', 'true', None)
    """
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
