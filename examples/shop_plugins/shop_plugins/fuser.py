"""A fusion method: a product is as good as its better leg."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from es_hybrid import Fuser, Settings
from es_hybrid.types import FusionOptions, Hit, LegName, Scores


def make(settings: Settings) -> Fuser:
    """Return the fusion method."""
    del settings
    return best_of_both


def best_of_both(hits: Sequence[Hit], options: FusionOptions) -> Scores:
    """Return the larger of both legs' normalised scores, in the order of `hits`."""
    del options  # a weight has no meaning for a maximum
    scores: Scores = np.maximum(_shares(hits, LegName.LEXICAL), _shares(hits, LegName.SEMANTIC))
    return scores


def _shares(hits: Sequence[Hit], leg: LegName) -> Scores:
    """Return a leg's scores as shares of its best one; 0 where the leg does not know the hit."""
    scores = np.array([hit.score(leg) or 0.0 for hit in hits], dtype=np.float64)
    best = scores.max(initial=0.0)
    shares: Scores = scores.clip(0.0) / best if best > 0.0 else np.zeros(len(hits))
    return shares
