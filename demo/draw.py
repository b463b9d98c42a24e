"""Reproducible random draws.

`random.Random.random` is the one method whose sequence Python promises to keep for a given
seed, so everything here is built on it alone: the catalogue is the same on every Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of draws named by its key; the same key always gives the same stream.

    Example:
        >>> Draw("shop/1").pick("abc") == Draw("shop/1").pick("abc")
        True
    """

    __slots__ = ("_random",)

    def __init__(self, key: str) -> None:
        self._random = Random(key)

    def unit(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def below(self, limit: int) -> int:
        """Return a whole number in [0, limit)."""
        return int(self.unit() * limit)

    def between(self, low: int, high: int) -> int:
        """Return a whole number in [low, high]."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        """Return True in this share of the draws."""
        return self.unit() < share

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items, each as likely as the others."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in a drawn order (Fisher-Yates, from the end)."""
        drawn = list(items)
        for last in range(len(drawn) - 1, 0, -1):
            other = self.below(last + 1)
            drawn[last], drawn[other] = drawn[other], drawn[last]
        return drawn
