"""Recognise exact codes in a shopper's words: SKU, EAN, part number, id."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from es_hybrid.types import Json

_WORD = re.compile(r"[^\s,;，；、]+")  # noqa: RUF001 - Chinese commas part words too
_LONGEST_CODE = 64
_MOST_CODES = 8
_MIXED_LENGTH = 4
_DIGITS_LENGTH = 8


def code_words(text: str) -> tuple[str, ...]:
    """Return the words of a query that may be exact codes.

    A query of one word with a digit may be any code. In a longer query only words that can hardly
    be anything else count: letters mixed with digits from 4 characters on, or 8 digits and more.

    Example:
        >>> code_words("HP dv7-1211ea notebook"), code_words("3920564"), code_words("500 ml")
        (('dv7-1211ea',), ('3920564',), ())
    """
    words = _WORD.findall(unicodedata.normalize("NFKC", text))
    short = [word for word in words if len(word) <= _LONGEST_CODE]
    if len(words) == 1:
        return tuple(word for word in short if any(map(str.isdigit, word)))
    return tuple(dict.fromkeys(word for word in short if _is_part_number(word)))[:_MOST_CODES]


def code_query(words: Sequence[str], fields: Sequence[str]) -> Json:
    """Return the query that finds products by exact code, whatever its case."""
    terms: list[Json] = [
        {"term": {field: {"value": word, "case_insensitive": True}}}
        for field in fields
        for word in words
    ]
    return {"constant_score": {"filter": {"bool": {"should": terms}}}}


def _is_part_number(word: str) -> bool:
    if not word.isascii():
        return False
    digits = sum(map(str.isdigit, word))
    letters = sum(map(str.isalpha, word))
    if letters:
        return digits > 0 and len(word) >= _MIXED_LENGTH and not _is_measure(word)
    return digits >= _DIGITS_LENGTH


def _is_measure(word: str) -> bool:
    """`500ml` and `15.6in` are amounts, not codes."""
    return re.fullmatch(r"\d+([.,]\d+)?[A-Za-z]{1,4}", word) is not None
