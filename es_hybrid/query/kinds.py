"""What kind of query it is: code, brand, attribute, natural language, Chinese, or keywords."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from es_hybrid.query.codes import code_words
from es_hybrid.query.language import language_of
from es_hybrid.types import QueryKind

__all__ = ["groups_of", "kind_of"]

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


def groups_of(text: str) -> tuple[str, ...]:
    """Return the names under which settings may weigh this query, the narrowest first.

    Example:
        >>> groups_of("dv7-1211ea"), groups_of("手机壳")
        (('code', 'en'), ('chinese', 'zh'))
    """
    return str(kind_of(text)), language_of(text)


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
