"""Queries taken from product titles, for a catalogue that brings none.

A query is a phrase that several titles share; every second one has a brand before it. Chinese names
end with the kind of product, so a Chinese phrase is the end of a run of characters; elsewhere it is
two neighbouring words. The same titles always give the same queries.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

__all__ = ["TitledProduct", "sample_phrases"]

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]{2,}")
_CLAUSE = re.compile(r"[\w\s'\u2019-]+")
_TOKEN = re.compile(r"[\w'\u2019-]+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_HAN_LENGTHS = (5, 4, 3, 2)
_LONGEST_HAN = 4
_RARE = 3
_TOO_COMMON = 0.1  # such as a slogan that every title ends with
_COMMON_AT_LEAST = 20
_OPEN = 0.25  # what stands before a whole word varies
_SMALL_WORDS = """
    and are for from has into its not our out per set size the this with without your new pack box
    black white blue red green pink grey gray silver gold yellow brown purple orange
"""
_STOP_WORDS = frozenset(_SMALL_WORDS.split())


class TitledProduct(NamedTuple):
    """What a query can be made of."""

    title: str
    brand: str = ""
    category_path: str = ""


def sample_phrases(products: Sequence[TitledProduct], *, count: int) -> list[str]:
    """Return queries that a shopper of this catalogue could type.

    Args:
        products: Of which at least a few share words.
        count: How many; fewer where the titles do not yield that many.

    Example:
        >>> titles = ["red trail shoe", "blue trail shoe", "trail shoe for women", "oak chair"]
        >>> sample_phrases([TitledProduct(title, "Norvik") for title in titles], count=1)
        ['trail shoe']
    """
    titles_with: Counter[str] = Counter()
    brands_of: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for product in products:
        for phrase in set(_phrases(product)):
            titles_with[phrase] += 1
            if product.brand:
                brands_of[phrase][product.brand] += 1
    chosen: list[str] = []
    for phrase in _distinct(_ranked(titles_with, titles=len(products))):
        if len(chosen) == count:
            break
        brand = _brand(brands_of[phrase]) if len(chosen) % 2 else None
        chosen.append(f"{brand} {phrase}" if brand else phrase)
    return chosen


def _phrases(product: TitledProduct) -> Iterator[str]:
    brand = set(product.brand.lower().split())
    for clause in _CLAUSE.findall(product.title):
        for run in _HAN_RUN.findall(clause):
            yield from (run[-n:] for n in _HAN_LENGTHS if len(run) > n)
        words = [_word(token, brand) for token in _TOKEN.findall(clause.lower())]
        yield from (f"{a} {b}" for a, b in pairwise(words) if a and b)


def _word(token: str, brand: set[str]) -> str | None:
    """Return a word that can be part of a phrase; `None` for numbers, small words and the brand."""
    if not _WORD.fullmatch(token) or _HAN_RUN.search(token):
        return None
    return None if token in brand or token in _STOP_WORDS else token


def _ranked(titles_with: Counter[str], *, titles: int) -> list[str]:
    """Return phrases that are neither rare nor everywhere, the most frequent first."""
    most = max(titles * _TOO_COMMON, _COMMON_AT_LEAST)
    longer: defaultdict[str, list[int]] = defaultdict(list)
    for phrase, n in titles_with.items():
        longer[phrase[1:]].append(n)
    usable = [
        (n, phrase)
        for phrase, n in titles_with.items()
        if _RARE <= n <= most and (" " in phrase or _is_whole(phrase, n, longer[phrase]))
    ]
    return [phrase for n, phrase in sorted(usable, key=lambda pair: (-pair[0], pair[1]))]


def _is_whole(phrase: str, titles: int, longer: list[int]) -> bool:
    """Whether a Chinese phrase is more than the tail of two or three longer ones."""
    tail_of_few = sum(sorted(longer, reverse=True)[:3])
    return len(phrase) <= _LONGEST_HAN and titles - tail_of_few >= titles * _OPEN


def _distinct(phrases: Iterable[str]) -> Iterator[str]:
    """Yield phrases that share no word, or no two characters in a row, with one before."""
    seen: set[str] = set()
    for phrase in phrases:
        pieces = set(phrase.split()) if " " in phrase else {a + b for a, b in pairwise(phrase)}
        if not pieces & seen:
            seen |= pieces
            yield phrase


def _brand(brands: Counter[str]) -> str | None:
    return min(brands, key=lambda brand: (-brands[brand], brand), default=None)
