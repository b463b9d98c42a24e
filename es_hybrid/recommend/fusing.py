"""How what was bought together and what goes by its looks become one list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from es_hybrid.types import FusionOptions, Hit, Scores

__all__ = ["BOUGHT_FIRST", "bought_first"]

BOUGHT_FIRST = "bought_first"
"""Name of the method."""

_LOOKS = 0.2
"""Share of the vectors among products that were bought together."""


def bought_first(hits: Sequence[Hit], options: FusionOptions) -> Scores:  # noqa: ARG001
    """Return one score a hit: what orders say comes before what vectors guess.

    Products that were bought with the cart score from 0.5 to 1, by strength and a little by
    vectors; all others below 0.5, by vectors.

    Example:
        >>> hits = [Hit("i", "a", lexical_score=0.1, semantic_score=0.6), Hit("i", "b", semantic_score=0.9)]
        >>> bought_first(hits, FusionOptions()).round(2).tolist()
        [0.97, 0.49]
    """
    bought = np.array([hit.lexical_score or 0.0 for hit in hits])
    looks = np.array([hit.semantic_score or 0.0 for hit in hits])
    bought /= max(float(bought.max(initial=0.0)), 1e-12)
    looks /= max(float(looks.max(initial=0.0)), 1e-12)
    by_orders = 0.5 + 0.5 * ((1.0 - _LOOKS) * bought + _LOOKS * looks)
    return np.where(bought > 0.0, by_orders, 0.49 * looks)
