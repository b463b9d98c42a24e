"""The words of a query, and which texts have them: one folding for all that compares words."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types import Scores

__all__ = ["FoundWords", "QueryWords", "words_of"]

_LEAD_CHARS = 80
_WORD = re.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]+")
_HAN = "\u3400"
"""Where Chinese characters begin: words are not told apart there."""

_FOLDED = bytes(
    ord(chr(byte).lower() if chr(byte).isalnum() else " ") if byte < 0x80 else byte
    for byte in range(256)
)
"""What stands for each byte of UTF-8: in ASCII a small letter, and a space for what parts words."""


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


class QueryWords:
    """The shopper's words, ready to be looked for.

    A Latin word counts where a word of the text begins with it: "shoe" is in "shoes", not in
    "horseshoe".

    Args:
        text: What the shopper typed.

    Example:
        >>> QueryWords("trail shoes").coverage(["Shoes", "Running"])
        0.5
    """

    def __init__(self, text: str) -> None:
        self.words = [word if word >= _HAN else f" {word}" for word in sorted(words_of(text))]
        self.numbers = [word for word in self.words if any(map(str.isdigit, word))]
        self._text = f"{_spaced(text)} "

    def coverage(self, values: Sequence[str]) -> float:
        """Return the share of the words that some values have; NaN for no word or no value."""
        if not self.words or not values:
            return math.nan
        text = _spaced(" ".join(values))
        return sum([word in text for word in self.words]) / len(self.words)

    def names(self, brands: Sequence[str]) -> float:
        """Say whether one of the brands stands in the query; NaN for no brand."""
        if not brands:
            return math.nan
        return float(any(f"{_spaced(brand)} " in self._text for brand in brands))


class FoundWords:
    """Where the query's words stand in texts.

    Args:
        texts: Of the candidates.
        query: The words that are looked for.

    Example:
        >>> FoundWords(["Red shoes", "Mug"], QueryWords("red shoe")).all().tolist()
        [1.0, 0.0]
    """

    def __init__(self, texts: Sequence[str], query: QueryWords) -> None:
        texts = [_spaced(text) for text in texts]
        self.lengths = [math.log1p(len(text)) for text in texts]
        words, shape = query.words, (len(texts), len(query.words))
        places = [text.find(word) for text in texts for word in words]
        self._places = np.array(places, dtype=np.intp).reshape(shape)
        self._ends = self._places + np.array([len(word) for word in words], dtype=np.intp)
        self._has_digit = np.array([word in query.numbers for word in words], dtype=bool)

    @property
    def held(self) -> NDArray[np.bool_]:
        """Whether each text has each word, shape `(texts, words)`."""
        return self._places >= 0

    def all(self) -> Scores:
        """Return the share of the words that each text has; NaN where there are none."""
        return _share(self.held)

    def lead(self) -> Scores:
        """Return the share of them that its beginning has."""
        return _share(self.held & (self._ends <= _LEAD_CHARS))

    def numbers(self) -> Scores:
        """Return the share of those with a digit."""
        return _share(self.held[:, self._has_digit])


def _share(found: NDArray[np.bool_]) -> Scores:
    words = found.shape[1]
    return found.sum(axis=1) / words if words else np.full(len(found), math.nan)


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def _spaced(text: str) -> str:
    """Return a folded text with a space before each word."""
    # As bytes, for speed: 200 texts are to be read in a fraction of a millisecond.
    folded = text if text.isascii() else _folded(text)
    return f" {folded.encode('utf-8', 'replace').translate(_FOLDED).decode()}"


def _singular(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word
