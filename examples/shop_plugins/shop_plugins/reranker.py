"""A reranker that puts the brand that was asked for first, then whoever has most of the words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from es_hybrid import Settings

BRANDS = "SHOP_PLUGINS_BRANDS"
"""The plug-in's own setting: brand names, separated by commas."""

_WORD = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+")


def make(settings: Settings) -> BrandWords:
    """Return the reranker for `HybridClient`."""
    del settings  # takes no setting of es_hybrid's, and cannot add one there
    return BrandWords(_brands())


def make_async(settings: Settings) -> AsyncBrandWords:
    """Return the reranker for `AsyncHybridClient`."""
    del settings
    return AsyncBrandWords(_brands())


class BrandWords:
    """Scores 0 to 1: half for the brands of the query, half for its words."""

    model = "brand-words"

    def __init__(self, brands: Iterable[str]) -> None:
        self._brands = tuple(phrase for brand in brands if (phrase := _phrase(brand)).strip())

    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        """Return one score a text, in order; whole brand names only, `Sony` is not in `Sonya`."""
        del instruction, timeout_s  # no model to instruct, nothing to wait for
        wanted = _phrase(query)
        brands = [brand for brand in self._brands if brand in wanted]
        words = set(wanted.split())
        return [_score(_phrase(text), brands, words) for text in texts]


class AsyncBrandWords:
    """The same, awaited: fifty texts take less than a millisecond, so no thread is needed."""

    model = BrandWords.model

    def __init__(self, brands: Iterable[str]) -> None:
        self._reranker = BrandWords(brands)

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        """Return one score a text, in order."""
        return self._reranker.rerank(query, texts, instruction=instruction, timeout_s=timeout_s)


def _score(text: str, brands: Sequence[str], words: set[str]) -> float:
    of_brands = sum(brand in text for brand in brands) / max(len(brands), 1)
    of_words = len(words.intersection(text.split())) / max(len(words), 1)
    return (of_brands + of_words) / 2


def _phrase(text: str) -> str:
    """Return the words with a space on each side, so that `in` finds whole words only."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _brands() -> list[str]:
    return os.environ.get(BRANDS, "").split(",")
