"""Vectors and scores as little-endian float32 bytes, and back; what is not sound is `None`."""

from __future__ import annotations

import math
import struct

import numpy as np

from es_hybrid.types import Vector

__all__ = ["pack_score", "pack_vector", "unpack_score", "unpack_vector"]

_SCORE = struct.Struct("<f")


def pack_vector(vector: Vector) -> bytes:
    """Return a vector as bytes, four a number.

    Example:
        >>> len(pack_vector(np.ones(3, np.float32)))
        12
    """
    return np.asarray(vector, dtype="<f4").tobytes()


def unpack_vector(content: bytes) -> Vector | None:
    """Return a vector from bytes that may come from anywhere; `None` for what cannot be one.

    Example:
        >>> unpack_vector(b"") is None, unpack_vector(pack_vector(np.ones(2, np.float32)))
        (True, array([1., 1.], dtype=float32))
    """
    if not content or len(content) % 4:
        return None
    vector = np.frombuffer(content, dtype="<f4").astype(np.float32)
    return vector if np.isfinite(vector).all() and vector.any() else None


def pack_score(score: float) -> bytes | None:
    r"""Return a score as four bytes; `None` if it is no finite number in them.

    Example:
        >>> pack_score(0.5), pack_score(1e300)
        (b'\x00\x00\x00?', None)
    """
    try:
        content = _SCORE.pack(score)
    except OverflowError:
        return None
    return content if math.isfinite(score) else None


def unpack_score(content: bytes) -> float | None:
    r"""Return a score from bytes that may come from anywhere; `None` for what cannot be one.

    Example:
        >>> unpack_score(b"\x00\x00\x00?"), unpack_score(b"short?")
        (0.5, None)
    """
    if len(content) != _SCORE.size:
        return None
    score: float = _SCORE.unpack(content)[0]
    return score if math.isfinite(score) else None
