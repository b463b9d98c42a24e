"""Score texts by the query's words in them: what stands in for a reranker that does not answer.

Each word of the query counts by how few of the candidates have it, and a text's score is the share
of the whole that it covers,

    score = sum of idf(w) for w in text / sum of idf(w),   idf(w) = ln(1 + (N - n + 0.5) / (n + 0.5))

with `n` of `N` texts holding the word: the inverse document frequency of BM25 in Lucene's form
(Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009), taken over
the candidates instead of the catalogue. How often a word stands in a text, and how long the text
is, are left out on purpose: measured, BM25 over the same texts helped half as much and lost on a
quarter of the queries (docs/rerankers.md).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

__all__ = ["STAND_IN_WEIGHT", "words_of", "words_scores"]

STAND_IN_WEIGHT = 0.4
"""Share of these scores in the relevance; chosen on half of the judged queries."""

_WORD = re.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]+")
_HAN = "\u3400"
"""Where Chinese characters begin: words are not told apart there."""


def words_of(query: str) -> frozenset[str]:
    """Return a query's words, folded: case, width, and the plural s of English.

    Of Chinese, each character and each two neighbours are a word.

    Example:
        >>> sorted(words_of("Trail SHOES, 2 pairs"))
        ['2', 'pair', 'shoe', 'trail']
        >>> sorted(words_of("雨衣"))
        ['衣', '雨', '雨衣']
    """
    words: set[str] = set()
    for word in _WORD.findall(_folded(query)):
        if word >= _HAN:
            words.update(word)
            words.update(word[place : place + 2] for place in range(len(word) - 1))
        else:
            words.add(_singular(word))
    return frozenset(words)


def words_scores(query: str, texts: Sequence[str]) -> list[float]:
    """Return how much of the query's words each text covers, 0 to 1, rare words counting more.

    Args:
        query: The shopper's words.
        texts: What a reranker would have read of the candidates.

    Example:
        >>> scores = words_scores("red shoe", ["Red shoes", "Blue shoe", "Mug"])
        >>> [round(score, 3) for score in scores]
        [1.0, 0.324, 0.0]
    """
    wanted = words_of(query)
    held = [_held(wanted, text) for text in texts]
    weights = {word: _idf(sum(word in words for words in held), len(texts)) for word in wanted}
    whole = math.fsum(weights.values())
    if not whole:
        return [0.0] * len(texts)
    return [math.fsum(weights[word] for word in words) / whole for words in held]


def _held(wanted: frozenset[str], text: str) -> set[str]:
    """Return those of the words that a text holds."""
    folded = _folded(text)
    found = set(_WORD.findall(folded))
    return {
        word
        for word in wanted
        if (word in folded if word >= _HAN else word in found or f"{word}s" in found)
    }


def _folded(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).lower()


def _idf(holding: int, texts: int) -> float:
    return math.log1p((texts - holding + 0.5) / (holding + 0.5))


def _singular(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word
