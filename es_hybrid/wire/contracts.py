"""What every embedder and reranker, a shop's own included, must keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from es_hybrid.errors import ContractError
from es_hybrid.types import Vector


def one_vector(vectors: Any) -> Vector:
    """Return the one row of an embedder's answer to one text, shape `(dims,)`, float32.

    Raises:
        ContractError: There is not exactly one row, or it is not finite, or it is the zero vector.
    """
    array = np.asarray(vectors, dtype=np.float32)
    if array.ndim != 2 or len(array) != 1:
        raise ContractError("the embedder must return one row a text", service="embed")
    vector: Vector = array[0]
    if not np.isfinite(vector).all() or not vector.any():
        raise ContractError("the embedder returned NaN, infinity or zero", service="embed")
    return vector


def one_score_each(scores: Sequence[float], count: int) -> list[float]:
    """Return a reranker's scores as floats.

    Raises:
        ContractError: There is not one finite score a text.
    """
    numbers = [float(score) for score in scores]
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise ContractError("the reranker must return one finite score a text", service="rerank")
    return numbers
