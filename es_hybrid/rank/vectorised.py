"""Boosts that work on all hits at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from es_hybrid.types import BoostContext, Hit, Scores


class VectorisedBoost(ABC):
    """A boost that says what it does to all hits at once, and so to one.

    A class made from such a boost may bring a `factor` of its own, which then counts for each hit.
    """

    __slots__ = ()

    @abstractmethod
    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:
        """Return the factor of each hit, shape `(n,)`."""

    @property
    def has_own_factor(self) -> bool:
        """Whether a class made from such a boost says by itself what one hit's factor is."""
        return type(self).factor is not VectorisedBoost.factor

    def factor(self, hit: Hit, context: BoostContext) -> float:
        """Return the factor of one hit."""
        return float(self.factors((hit,), context)[0])
