"""What every embedder and reranker, a shop's own included, must keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from es_hybrid.errors import ContractError
from es_hybrid.types import Vectors


def one_row_each(rows: Any, count: int) -> Vectors:
    """Return an embedder's answer, shape `(count, dims)`, float32.

    Raises:
        ContractError: There is not one row per text, or one is not finite, or is the zero vector.
    """
    try:
        with np.errstate(over="ignore"):
            vectors: Vectors = np.asarray(rows, dtype=np.float32)
    except (TypeError, ValueError):
        raise ContractError("the embedder must return rows of numbers", service="embed") from None
    if vectors.ndim != 2 or len(vectors) != count:
        raise ContractError("the embedder must return one row per text", service="embed")
    if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
        raise ContractError("the embedder returned NaN, infinity or zero", service="embed")
    return vectors


def one_score_each(scores: Sequence[float], count: int) -> list[float]:
    """Return a reranker's scores as floats.

    Raises:
        ContractError: There is not one finite score per text.
    """
    try:
        numbers = [float(score) for score in scores]
    except (TypeError, ValueError):
        raise ContractError("the reranker must return numbers", service="rerank") from None
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise ContractError("the reranker must return one finite score per text", service="rerank")
    return numbers
