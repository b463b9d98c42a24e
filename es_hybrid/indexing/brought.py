"""Vectors that products bring along: numbers, or the base64 that Elasticsearch takes, checked."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np

from es_hybrid.types import Vector

__all__ = ["brought_vector", "packed", "unpacked"]


def packed(vector: Vector) -> str:
    """Return a vector as Elasticsearch 9.3 and newer take it: base64 of big-endian float32.

    Example:
        >>> packed(np.array([1.0, -2.0], dtype=np.float32))
        'P4AAAMAAAAA='
    """
    return base64.b64encode(vector.astype(">f4").tobytes()).decode("ascii")


def unpacked(text: str) -> Vector:
    """Return the vector of such a text.

    Raises:
        ValueError: It is not base64, or no whole number of float32.

    Example:
        >>> unpacked("P4AAAMAAAAA=").tolist()
        [1.0, -2.0]
    """
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    return np.frombuffer(content, dtype=">f4").astype(np.float32)


def brought_vector(
    product_id: str,
    source: Mapping[str, Any],
    *,
    vectors: Mapping[str, Vector] | None,
    dims: int | None,
) -> tuple[Vector | None, str | None]:
    """Return the vector that a product brings along, or why it cannot be used.

    Args:
        product_id: Its id.
        source: The record; its field `embedding` counts where `vectors` has none.
        vectors: Those brought beside the feed, by id.
        dims: Length of the index's vectors.

    Example:
        >>> brought_vector("1", {"embedding": "P4AAAMAAAAA="}, vectors=None, dims=2)
        (array([ 1., -2.], dtype=float32), None)
    """
    found: Any = vectors.get(product_id) if vectors is not None else None
    if found is None:
        found = source.get("embedding")
    if found is None:
        missing = vectors is not None
        return None, "no vector among those brought along" if missing else None
    try:
        vector = unpacked(found) if isinstance(found, str) else np.asarray(found, dtype=np.float32)
    except (TypeError, ValueError):
        return None, "the vector brought along is neither a list of numbers nor base64 of float32"
    if vector.shape != (dims,):
        return None, f"the vector brought along has not the index's {dims} dims"
    length = float(np.dot(vector, vector))
    if not np.isfinite(length) or length == 0.0:
        return None, "the vector brought along is zero, NaN or infinite"
    return vector, None
