"""How much of a query's words texts hold."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types import Scores

__all__ = ["FoundWords", "QueryWords"]

_LEAD_CHARS = 80
# Words, and Han characters one by one: a query has too few words to cut them.
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")


class QueryWords:
    """The shopper's words, ready to be looked for."""

    def __init__(self, text: str) -> None:
        found = dict.fromkeys(_WORD.findall(text.lower()))
        # A Latin word counts where a word begins with it: "shoe" is in "shoes", not in "horseshoe".
        self.words = [word if _HAN.match(word) else f" {word}" for word in found]
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
    """Where the query's words stand in texts."""

    def __init__(self, texts: Sequence[str], query: QueryWords) -> None:
        texts = [_spaced(text) for text in texts]
        self.lengths = [math.log1p(len(text)) for text in texts]
        words, shape = query.words, (len(texts), len(query.words))
        places = [text.find(word) for text in texts for word in words]
        self._places = np.array(places, dtype=np.intp).reshape(shape)
        self._ends = self._places + np.array([len(word) for word in words], dtype=np.intp)
        self._has_digit = np.array([word in query.numbers for word in words], dtype=bool)

    def all(self) -> Scores:
        """Return the share of the words that each text has; NaN where there are none."""
        return _share(self._places >= 0)

    def lead(self) -> Scores:
        """Return the share of them that its beginning has."""
        return _share((self._places >= 0) & (self._ends <= _LEAD_CHARS))

    def numbers(self) -> Scores:
        """Return the share of those with a digit."""
        return _share(self._places[:, self._has_digit] >= 0)


def _share(found: NDArray[np.bool_]) -> Scores:
    words = found.shape[1]
    return found.sum(axis=1) / words if words else np.full(len(found), math.nan)


def _spaced(text: str) -> str:
    return " " + text.lower().replace("-", " ").replace("/", " ").replace("(", " ")
