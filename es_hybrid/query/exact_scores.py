"""The named query whose score is the one that kNN search would give a product."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from es_hybrid.query.schema import VectorField
from es_hybrid.types import Json, Vector

__all__ = ["exact_score"]

# The scores that kNN search gives each similarity, from the dense_vector reference page:
# https://www.elastic.co/guide/en/elasticsearch/reference/current/dense-vector.html
_SCORE_SCRIPTS: Mapping[str, str] = {
    "cosine": "(1.0 + cosineSimilarity(params.vector, params.field)) / 2.0",
    "dot_product": "(1.0 + params.unit * dotProduct(params.vector, params.field)) / 2.0",
    "l2_norm": "double d = l2norm(params.vector, params.field); return 1.0 / (1.0 + d * d);",
    "max_inner_product": (
        "double s = params.unit * dotProduct(params.vector, params.field);"
        " return s < 0 ? 1.0 / (1.0 - s) : s + 1.0;"
    ),
}

_SCALES = frozenset({"cosine", "dot_product", "max_inner_product"})
"""Similarities that a vector's length divides out of, or multiplies."""

_LARGEST_WHOLE = 2**24
"""Up to here float32, in which Elasticsearch computes, holds every whole number."""


def exact_score(field: VectorField, vector: Vector, *, name: str) -> Json:
    """Return a named query whose score is the one kNN search would give.

    Products without a vector do not match: unguarded, one of them would fail the whole leg.
    """
    params: Json = {"vector": vector, "unit": 1.0, "field": field.name}
    if field.floats and field.similarity in _SCALES:
        whole, unit = _in_whole_numbers(vector)
        params = {"vector": whole, "unit": unit, "field": field.name}
    return {
        "script_score": {
            "query": {"exists": {"field": field.name}},
            "script": {"source": _SCORE_SCRIPTS[field.similarity], "params": params},
            "_name": name,
        }
    }


def _in_whole_numbers(vector: Vector) -> tuple[NDArray[np.int32], float]:
    """Return a vector as multiples of a unit: a third less to send, and a quarter of the time to print.

    The largest component keeps all of its 24 bits, so that no score changes by more than rounding.
    """
    unit = float(np.abs(vector).max()) / _LARGEST_WHOLE
    if not 0.0 < unit < np.inf:
        return np.zeros(len(vector), dtype=np.int32), 0.0
    return np.rint(vector / unit).astype(np.int32), unit
