"""Harvest a query's filters once, so that they bind every leg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid.query.text import holds_text
from es_hybrid.types import Json


def harvest_filters(query: Any) -> list[Json]:
    """Return the clauses that every hit of a query satisfies, apart from matching its text.

    Followed are the conjunctive parts: `bool.filter`, `bool.must_not`, clauses of `bool.must`
    without text, and the same inside `function_score`, `script_score`, `constant_score`,
    `boosting.positive` and `nested`. A disjunction without text that must match counts as one.

    Example:
        >>> harvest_filters({"bool": {"must": [{"match": {"title": "shoe"}}],
        ...                           "filter": {"term": {"brand": "Acme"}}}})
        [{'term': {'brand': 'Acme'}}]
    """
    if not isinstance(query, Mapping) or not query:
        return []
    kind, inner = next(iter(query.items()))
    if not isinstance(inner, Mapping):
        return []
    match kind:
        case "bool":
            return _from_bool(inner)
        case "function_score" | "script_score":
            return harvest_filters(inner.get("query"))
        case "constant_score":
            return _required(inner.get("filter"))
        case "boosting":
            return harvest_filters(inner.get("positive"))
        case "nested":
            return _from_nested(inner)
        case _:
            return []


def as_list(clauses: Any) -> list[Any]:
    """Return the clauses of a `bool` section, which may be one object or a list."""
    if clauses is None:
        return []
    if isinstance(clauses, Sequence) and not isinstance(clauses, str):
        return list(clauses)
    return [clauses]


def conjunction(filters: Sequence[Json]) -> Json | None:
    """Return one query that holds where all filters hold; `None` where there are none."""
    if not filters:
        return None
    return filters[0] if len(filters) == 1 else {"bool": {"filter": list(filters)}}


def _from_bool(clauses: Mapping[str, Any]) -> list[Json]:
    filters = as_list(clauses.get("filter"))
    must_not = as_list(clauses.get("must_not"))
    if must_not:
        filters.append({"bool": {"must_not": must_not}})
    for clause in as_list(clauses.get("must")):
        filters.extend(_required(clause))
    should = as_list(clauses.get("should"))
    if should and _should_binds(clauses) and not any(holds_text(clause) for clause in should):
        minimum = clauses.get("minimum_should_match", 1)
        filters.append({"bool": {"should": should, "minimum_should_match": minimum}})
    return filters


def _should_binds(clauses: Mapping[str, Any]) -> bool:
    minimum = clauses.get("minimum_should_match")
    if minimum is not None:
        return str(minimum) != "0"
    return not clauses.get("must") and not clauses.get("filter")


def _required(clause: Any) -> list[Json]:
    """A required clause binds as it is, or, where it holds text, by the filters inside it."""
    if clause is None:
        return []
    return harvest_filters(clause) if holds_text(clause) else [clause]


def _from_nested(nested: Mapping[str, Any]) -> list[Json]:
    inner = conjunction(harvest_filters(nested.get("query")))
    return [{"nested": {"path": nested.get("path"), "query": inner}}] if inner else []
