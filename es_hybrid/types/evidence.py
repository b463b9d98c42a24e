"""What a learned ranking is given, and what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types.values import Hit
from es_hybrid.types.vocabulary import Scores

__all__ = ["Correction", "Evidence"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the stages before know of the candidates; all but the hits may be missing.

    Attributes:
        query: The shopper's words.
        hits: The candidates, with their doc values.
        fused: Fused scores, shape `(n,)`.
        relevance: With the rerank scores blended in, shape `(n,)`.
        reranked: Rerank scores, by position.
        texts: What the reranker read, by position.
        affinity: How well each product suits the shopper, 0 to 1, shape `(n,)`; `None` where nobody
            is known.
        now_s: Seconds since the epoch.
    """

    query: str
    hits: Sequence[Hit]
    fused: Scores
    relevance: Scores
    reranked: Mapping[int, float] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)
    affinity: Scores | None = None
    now_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Correction:
    """What a model made of the candidates.

    Attributes:
        rows: Their features, shape `(n, features)`.
        relevance: Corrected, above 0 and up to 1, shape `(n,)`; untrained where something lacks.
        lacking: Features that the model goes by and no candidate has.
        scaled: Of the features with a weight: standardised within the query, shape `(n, weights)`.
    """

    rows: NDArray[np.float64]
    relevance: Scores
    lacking: tuple[str, ...] = ()
    scaled: NDArray[np.float64] | None = None
