"""Metadata filters of LlamaIndex and Haystack as Elasticsearch's; the two share their operators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from es_hybrid.errors import RequestError
from es_hybrid.types import Json

__all__ = ["combined", "comparison"]

_RANGES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


def comparison(field: str, operator: str, value: Any) -> Json:
    """Return one comparison of a field as a filter.

    Args:
        field: Name in the index; exact comparisons need a `keyword` or a number.
        operator: As the frameworks write it, such as `==`, `>=`, `in`.
        value: What is compared with; a list where several values are.

    Raises:
        RequestError: The operator has no counterpart that keeps its meaning.

    Example:
        >>> comparison("price", "<=", 100)
        {'range': {'price': {'lte': 100}}}
    """
    match operator:
        case "==" if value is None:
            return _none_of([{"exists": {"field": field}}])
        case "!=" if value is None:
            return {"exists": {"field": field}}
        case "==" | "contains":
            return {"term": {field: value}}
        case "!=":
            return _none_of([{"term": {field: value}}])
        case ">" | ">=" | "<" | "<=":
            return {"range": {field: {_RANGES[operator]: value}}}
        case "in" | "any":
            return {"terms": {field: _several(operator, value)}}
        case "nin" | "not in":
            return _none_of([{"terms": {field: _several(operator, value)}}])
        case "all":
            each = [{"term": {field: one}} for one in _several(operator, value)]
            return {"bool": {"filter": each}}
        case "is_empty":
            return _none_of([{"exists": {"field": field}}])
        case _:
            raise RequestError(
                f"the filter operator {operator!r} cannot be asked of Elasticsearch as it is meant",
                path="filters",
                hint="pass an Elasticsearch filter in `es_filters`",
            )


def combined(condition: str, clauses: Iterable[Mapping[str, Any]]) -> Json:
    """Return several filters as one.

    Args:
        condition: `and`, `or` or `not`, in any case; `not` means that not all of them hold.
        clauses: Elasticsearch filters.

    Raises:
        RequestError: The condition is none of the three.

    Example:
        >>> combined("or", [{"term": {"brand": "a"}}, {"term": {"brand": "b"}}])["bool"].keys()
        dict_keys(['should', 'minimum_should_match'])
    """
    every = [dict(clause) for clause in clauses]
    match condition.lower():
        case "and":
            return {"bool": {"filter": every}}
        case "or":
            return {"bool": {"should": every, "minimum_should_match": 1}}
        case "not":
            return _none_of([{"bool": {"filter": every}}])
        case _:
            raise RequestError(
                f"filters cannot be combined by {condition!r}",
                path="filters",
                hint="use and, or, or not",
            )


def _none_of(clauses: Sequence[Json]) -> Json:
    return {"bool": {"must_not": list(clauses)}}


def _several(operator: str, value: Any) -> list[Any]:
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    raise RequestError(f"the filter operator {operator!r} needs a list of values", path="filters")
