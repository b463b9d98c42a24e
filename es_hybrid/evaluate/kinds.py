"""What kind of query it is: code, brand, attribute, natural language, Chinese, or keywords."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import StrEnum

from es_hybrid.evaluate.judgments import JudgedQuery
from es_hybrid.query.codes import code_words
from es_hybrid.query.language import language_of

__all__ = ["KIND", "QueryKind", "kind_of", "with_kinds"]

KIND = "kind"
"""The label under which a query's kind stands."""

_AMOUNT = re.compile(r"\b\d+([.,x]\d+)*\s?([a-z]{1,4}|inch|inches|watt|volt)?\b|[\"”]")
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the for with without under over that which who how what where i my me to of in on and or"
        " not best good need want looking is are can",
    )
)
_PROPERTIES = frozenset(
    re.findall(
        r"\w+",
        "black white red green blue yellow orange purple pink grey gray brown beige silver gold"
        " small medium large xs xl xxl mini cotton leather wool silk linen steel wood wooden plastic"
        " waterproof wireless cordless men women kids",
    )
)
_SENTENCE_WORDS = 6
_SENTENCE_WORDS_WITH_FUNCTION_WORD = 4


class QueryKind(StrEnum):
    """What shoppers' queries look like."""

    CHINESE = "chinese"
    CODE = "code"
    NATURAL = "natural language"
    BRAND = "brand"
    ATTRIBUTE = "attribute"
    KEYWORDS = "keywords"


def kind_of(text: str, *, brands: Collection[str] = ()) -> QueryKind:
    """Return what kind of query this is; the first in the order of `QueryKind` that fits.

    Args:
        text: The shopper's words.
        brands: Names of brands, folded by `str.casefold`.

    Example:
        >>> [str(kind_of(text, brands={"hp"})) for text in ("dv7-1211ea", "HP laptop", "red shoe")]
        ['code', 'brand', 'attribute']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if language_of(folded) == "zh":
        return QueryKind.CHINESE
    if code_words(text):
        return QueryKind.CODE
    words = re.findall(r"[^\s,;]+", folded)
    if _is_sentence(words):
        return QueryKind.NATURAL
    if any(_names(words, brand.split()) for brand in brands):
        return QueryKind.BRAND
    if not _PROPERTIES.isdisjoint(words) or _AMOUNT.search(folded):
        return QueryKind.ATTRIBUTE
    return QueryKind.KEYWORDS


def with_kinds(
    queries: Sequence[JudgedQuery], *, brands: Collection[str] = ()
) -> tuple[JudgedQuery, ...]:
    """Return the queries with their kind among the labels; one that has a `kind` keeps it.

    Example:
        >>> with_kinds([JudgedQuery("q1", "usb cable 2m")])[0].labels
        {'kind': 'attribute'}
    """
    return tuple(
        query
        if KIND in query.labels
        else replace(query, labels={**query.labels, KIND: str(kind_of(query.text, brands=brands))})
        for query in queries
    )


def _is_sentence(words: Sequence[str]) -> bool:
    if len(words) >= _SENTENCE_WORDS:
        return True
    speaks = not _FUNCTION_WORDS.isdisjoint(words)
    return speaks and len(words) >= _SENTENCE_WORDS_WITH_FUNCTION_WORD


def _names(words: Sequence[str], brand: Sequence[str]) -> bool:
    """Whether the words of a brand stand in the query, together and in order."""
    length = len(brand)
    return bool(length) and any(
        list(words[start : start + length]) == list(brand)
        for start in range(len(words) - length + 1)
    )
