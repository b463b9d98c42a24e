"""The kind of each judged query, as a label to slice by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from es_hybrid.evaluate.judgments import JudgedQuery
from es_hybrid.query.kinds import kind_of
from es_hybrid.types import QueryKind

__all__ = ["KIND", "QueryKind", "kind_of", "with_kinds"]

KIND = "kind"
"""The label under which a query's kind stands."""


def with_kinds(
    queries: Sequence[JudgedQuery], *, brands: Collection[str] = ()
) -> tuple[JudgedQuery, ...]:
    """Return the queries with their kind among the labels; one that has a `kind` keeps it.

    Example:
        >>> with_kinds([JudgedQuery("q1", "usb cable 2m")])[0].labels
        {'kind': 'attribute'}
    """
    return tuple(
        query
        if KIND in query.labels
        else replace(query, labels={**query.labels, KIND: str(kind_of(query.text, brands=brands))})
        for query in queries
    )
