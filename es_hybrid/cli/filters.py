"""Filters and boosts written on a command line."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from typing import Any

__all__ = ["add_filter_argument", "boost", "filter_clause", "filter_query"]

_COMPARISON = re.compile(r"^(?P<field>[^<>=]+?)(?P<sign><=|>=|=|<|>)(?P<value>.*)$", re.DOTALL)
_RANGES = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}


def add_filter_argument(parser: argparse._ActionsContainer) -> None:
    """Add the filters that every product must satisfy."""
    parser.add_argument(
        "--filter",
        dest="filters",
        action="append",
        type=filter_clause,
        default=[],
        metavar="CLAUSE",
        help="field=value, field<=value or a JSON clause; repeated values of one field are"
        " alternatives",
    )


def filter_clause(text: str) -> dict[str, Any]:
    """Turn `field=value`, `field>=value` or a JSON object into a filter clause.

    Raises:
        argparse.ArgumentTypeError: It is none of these.

    Example:
        >>> filter_clause("price<=500")
        {'range': {'price': {'lte': '500'}}}
    """
    if text.lstrip().startswith("{"):
        return _clause_from_json(text)
    match = _COMPARISON.match(text)
    if not match or not match["value"]:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not field=value, field>=value or a JSON object"
        )
    field, value = match["field"].strip(), match["value"].strip()
    if match["sign"] == "=":
        return {"term": {field: value}}
    return {"range": {field: {_RANGES[match["sign"]]: value}}}


def filter_query(clauses: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return a `bool.filter` of all clauses; values of one field are alternatives.

    Example:
        >>> filter_query([{"term": {"brand": "Aya"}}, {"term": {"brand": "Bo"}}])
        {'bool': {'filter': [{'terms': {'brand': ['Aya', 'Bo']}}]}}
    """
    values: dict[str, list[Any]] = {}
    others: list[dict[str, Any]] = []
    for clause in clauses:
        if clause.keys() == {"term"} and len(clause["term"]) == 1:
            ((field, value),) = clause["term"].items()
            values.setdefault(field, []).append(value)
        else:
            others.append(clause)
    terms: list[dict[str, Any]] = [
        {"term": {field: found[0]}} if len(found) == 1 else {"terms": {field: found}}
        for field, found in values.items()
    ]
    return {"bool": {"filter": terms + others}} if terms or others else None


def boost(text: str) -> dict[str, Any]:
    """Turn `field=value:factor` into a boost of the request section.

    Raises:
        argparse.ArgumentTypeError: It is not of that form, or the factor is not above 0.

    Example:
        >>> boost("in_stock=true:1.2")
        {'field': 'in_stock', 'equals': True, 'factor': 1.2}
    """
    condition, _, factor = text.rpartition(":")
    field, _, value = condition.partition("=")
    try:
        number = float(factor)
    except ValueError:
        number = 0.0
    if not field or not value or not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not field=value:factor, factor above 0")
    return {"field": field.strip(), "equals": _typed(value.strip()), "factor": number}


def _typed(value: str) -> bool | int | float | str:
    """Return a number or a truth value where the text is one: boosts compare stored values."""
    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    return parsed if isinstance(parsed, bool | int | float) else value


def _clause_from_json(text: str) -> dict[str, Any]:
    try:
        clause = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(clause, dict) or len(clause) != 1:
        raise argparse.ArgumentTypeError('a filter is one clause, such as {"exists": {...}}')
    return clause
