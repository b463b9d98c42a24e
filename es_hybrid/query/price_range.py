"""What a shopper wants to spend, read from the words: "预算500元左右", "under $50".

Only what can be told from a size or a count is read: a currency stands by the number, or a word such
as "预算" right before it. "100以内加减法" and "$50 gift card" name no budget. Numbers are digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType

from es_hybrid.instructions import PriceRange

__all__ = ["AROUND", "price_range_of"]

AROUND = 0.2
"""How far from "about 500" a price may be, as a share; a choice, not a measurement."""

# Signs that several currencies share stay signs: nothing guesses which one a shop means. "Pounds"
# is left out, because it is a weight as often.
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "CNY": "人民币|元|块钱|块|rmb|cny",
        "USD": r"us\$|usd|美元|美金",
        "HKD": r"hk\$|hkd|港币|港元",
        "EUR": "€|euros?|eur|欧元",
        "GBP": "£|gbp|quid|英镑",
        "JPY": "yen|jpy|日元|円",
        "INR": "₹|inr",
        "$": r"\$|dollars?|bucks",
        "¥": "¥",
    }
)
_CURRENCY = "|".join(_SPELLINGS.values())
_CODES = tuple((code, re.compile(spelled)) for code, spelled in _SPELLINGS.items())
_SCALES = MappingProxyType({"k": 1e3, "千": 1e3, "万": 1e4})

_LONGEST = 200
"""Characters that are read: a budget is said in a sentence, and each amount is looked around."""

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,9}(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?P<sign>(?<![a-z])(?:{_CURRENCY}))?\s?(?<![a-z\d.,])(?P<number>{_NUMBER})(?P<scale>[k千万])?"
    rf"(?:\s?(?P<unit>{_CURRENCY}))?(?![a-z\d])(?!\.\d)"
)
_BETWEEN = re.compile(r"\s?(?:-|–|—|~|to|and|到|至|和)\s?")  # noqa: RUF001 - dashes that are typed

# A "not" before one of these turns it round: "no more than" is an upper bound.
_LOWER = "more than|over|above|at least|from|starting at|超过|高于|大于|多于|至少"
_UPPER = "less than|cheaper than|under|below|up to|at most|within|max|低于|小于|少于|最多|不到"
_NEAR = "around|about|approximately|roughly|大约|大概|差不多|约"
_BEFORE = re.compile(
    rf"(?P<turned>\bnot? |不)?(?:(?P<lower>{_LOWER})|(?P<upper>{_UPPER})|(?P<near>{_NEAR}|~))\s?$"
)
_AFTER = re.compile(
    r"\s?(?:(?P<lower>以上|之上|起|\+|or more|and up)|(?P<upper>以内|以下|之内|内|封顶|or less|max)"
    r"|(?P<near>左右|上下|or so)|的?(?P<budget>预算|budget))"
)
# "Budget" alone is also "cheap", as in "budget 27 inch monitor".
_BUDGET = re.compile(r"(?:预算|价格|价位|budget (?:of|is)|budget:|price:?)[为是在:]?\s?$")


def price_range_of(text: str) -> PriceRange | None:
    """Return what a query says of money, `None` where it says nothing.

    "About" is within 20 %. An amount with no word about it is not taken for a budget.

    Args:
        text: The shopper's words, English or Chinese.

    Example:
        >>> price_range_of("预算500元左右的耳机")
        PriceRange(low=400.0, high=600.0, currency='CNY')
        >>> price_range_of("tent between £20 and £40")
        PriceRange(low=20.0, high=40.0, currency='GBP')
    """
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).lower()
    amounts = list(_AMOUNT.finditer(plain))
    for first, second in pairwise(amounts):
        found = _span(plain, first, second)
        if found is not None:
            return found
    bounds = [bound for amount in amounts for bound in _bounds(plain, amount)]
    if not bounds:
        return None
    low = next((bound.low for bound in bounds if bound.low is not None), None)
    high = next((bound.high for bound in bounds if bound.high is not None), None)
    if low is not None and high is not None and low > high:
        return None
    return PriceRange(low, high, next((b.currency for b in bounds if b.currency), None))


def _span(text: str, first: re.Match[str], second: re.Match[str]) -> PriceRange | None:
    """Return two amounts that are the ends of one range."""
    if not _BETWEEN.fullmatch(text, first.end(), second.start()):
        return None
    currency = _currency(second) or _currency(first)
    if currency is None and not _BUDGET.search(text[: first.start()]):
        return None
    low, high = _value(first), _value(second)
    if first["scale"] is None and second["scale"] and low * _SCALES[second["scale"]] < high:
        low *= _SCALES[second["scale"]]  # "1-2k" is said for "1k-2k"
    return PriceRange(low, high, currency) if low <= high else None


def _bounds(text: str, amount: re.Match[str]) -> Iterator[PriceRange]:
    """Yield what is said about one amount, if anything is."""
    head = text[: amount.start()]
    before, after = _BEFORE.search(head), _AFTER.match(text, amount.end())
    asked = _BUDGET.search(head[: before.start()] if before else head)
    currency, value = _currency(amount), _value(amount)
    if currency is None and asked is None:
        return
    kind = (before or after) and (before or after).lastgroup  # type: ignore[union-attr]
    if before and before["turned"]:
        kind = {"lower": "upper", "upper": "lower"}.get(str(kind), kind)
    match kind:
        case "lower":
            yield PriceRange(value, None, currency)
        case "near":
            yield PriceRange(value * (1 - AROUND), value * (1 + AROUND), currency)
        case "upper" | "budget":
            yield PriceRange(None, value, currency)
        case _ if asked:
            yield PriceRange(None, value, currency)


def _value(amount: re.Match[str]) -> float:
    return float(amount["number"].replace(",", "")) * _SCALES.get(amount["scale"] or "", 1.0)


def _currency(amount: re.Match[str]) -> str | None:
    spelled = amount["sign"] or amount["unit"]
    if spelled is None:
        return None
    return next(code for code, spelling in _CODES if spelling.fullmatch(spelled))
