"""Which vectors can be stored, and whose fault a missing one is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from es_hybrid._retry import OutcomeKind, classify_status
from es_hybrid.errors import ContractError, ServiceError
from es_hybrid.types import Vector, Vectors

__all__ = ["by_length", "checked_rows", "failure_kind", "is_about_text", "usable"]


def usable(vector: Vector) -> bool:
    """Tell whether Elasticsearch takes a vector: finite and not zero."""
    length = float(np.dot(vector, vector))
    return math.isfinite(length) and length > 0.0


def checked_rows(found: Vectors, *, texts: int, dims: int, model: str) -> Vectors:
    """Return an embedder's answer as float32 rows.

    Raises:
        ContractError: There is not one row of `dims` numbers a text.
    """
    rows = np.asarray(found, dtype=np.float32)
    if rows.shape != (texts, dims):
        raise ContractError(
            f"{model} answered shape {rows.shape} for {texts} texts, {dims} dims are wanted",
            service="embed",
        )
    return rows


def failure_kind(error: Exception) -> OutcomeKind | None:
    """Return what a server's status means; `None` where no status came."""
    if isinstance(error, ServiceError) and error.status is not None and error.status >= 300:
        return classify_status(error.status, error.body_excerpt or str(error))
    return None


def is_about_text(error: Exception) -> bool:
    """Tell whether other texts may succeed where this batch failed."""
    if isinstance(error, ContractError):
        return True
    if isinstance(error, (ServiceError, OSError)):  # a TimeoutError is an OSError
        return failure_kind(error) is OutcomeKind.CALLER
    return True  # a plug-in's own exception: the text is the likeliest cause


def by_length(texts: Sequence[str], *, batch: int) -> list[list[int]]:
    """Return the places of the texts in batches of like length: servers pad to the longest.

    Example:
        >>> by_length(["aaa", "b", "cc"], batch=2)
        [[1, 2], [0]]
    """
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    return [order[start : start + batch] for start in range(0, len(order), batch)]
