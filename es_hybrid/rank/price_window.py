"""A budget that the shopper named, as a soft window on the price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from es_hybrid.rank.values import numbers
from es_hybrid.rank.vectorised import VectorisedBoost
from es_hybrid.types import BoostContext, Hit, Scores


@dataclass(frozen=True, slots=True)
class PriceWindowBoost(VectorisedBoost):
    """Leave prices within a budget alone, and lower the others the further they are outside.

    `by + (1 - by) * 0.5 ** (d / softness)`, where d is the distance to the nearer bound as a share
    of it: with `softness` 0.25, a product a quarter too dear has half of the fall behind it.

    Attributes:
        field: Doc-value field of the price.
        low: At least so much, in the field's own unit.
        high: At most so much.
        by: Factor far outside, between 0 and 1; a product without a price has it, too.
        softness: How soft the bounds are, above 0.

    Example:
        >>> boost = PriceWindowBoost("price", high=50.0, by=0.5)
        >>> [boost.factor(Hit("i", "1", fields={"price": [p]}), BoostContext(now_s=0))
        ...  for p in (40.0, 62.5)]
        [1.0, 0.75]
    """

    field: str
    low: float | None = None
    high: float | None = None
    by: float = 0.5
    softness: float = 0.25

    @property
    def name(self) -> str:
        """The budget, in the index's unit."""
        low = "" if self.low is None else f"{self.low:g}"
        return f"budget {low}–{'' if self.high is None else f'{self.high:g}'}"  # noqa: RUF001

    @property
    def fields(self) -> tuple[str, ...]:
        """The one field read."""
        return (self.field,)

    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:  # noqa: ARG002
        """Return the factor of each hit, shape `(n,)`."""
        prices = numbers(hits, self.field, math.inf)
        outside = np.zeros(len(hits))
        if self.low:
            outside = np.maximum(outside, (self.low - prices) / self.low)
        if self.high is not None:
            outside = np.maximum(outside, (prices - self.high) / max(self.high, 1e-9))
        outside = np.where(np.isfinite(prices), outside, np.inf)
        return self.by + (1.0 - self.by) * np.exp2(-outside / self.softness)
