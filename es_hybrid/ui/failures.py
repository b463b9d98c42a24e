"""What may go wrong while a page asks a shop, and how it is said."""

from __future__ import annotations

from elasticsearch import ApiError, TransportError

from es_hybrid.errors import HybridError

__all__ = ["FAILURES", "said"]

FAILURES = (HybridError, ApiError, TransportError)
"""Errors that a page shows in place of an answer; anything else is a mistake of ours."""


def said(error: Exception) -> str:
    """Return an error as one sentence, without Elasticsearch's own long bodies.

    Example:
        >>> said(ValueError("too long"))
        'too long'
    """
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
