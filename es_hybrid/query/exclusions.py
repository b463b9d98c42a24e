"""Filters of what rules leave out: excluded products, and sold-out ones that are hidden.

They bind every leg, the counts and what follows the candidates, so that pages have no holes and
totals and facets count what can be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from es_hybrid.policies import Exclusion, Policies, StockAction, StockPolicy
from es_hybrid.types import Json


def exclusion_filters(policies: Policies) -> list[Json]:
    """Return the filters that every hit must satisfy.

    Example:
        >>> exclusion_filters(Policies(exclusions=(Exclusion(ids=("7",)),)))
        [{'bool': {'must_not': [{'ids': {'values': ['7']}}]}}]
    """
    unwanted = [clause for each in policies.exclusions for clause in _named(each)]
    filters: list[Json] = [{"bool": {"must_not": unwanted}}] if unwanted else []
    stock = policies.stock
    if stock is not None and stock.action is StockAction.HIDE:
        filters.append(_can_be_bought(stock))
    return filters


def narrowed(query: Json, filters: Sequence[Json]) -> Json:
    """Return a query that scores as before, with filters."""
    return {"bool": {"must": [query], "filter": list(filters)}} if filters else query


def _named(exclusion: Exclusion) -> list[Json]:
    clauses: list[Json] = []
    if exclusion.ids:
        clauses.append({"ids": {"values": list(exclusion.ids)}})
    if exclusion.field is not None:
        clauses.append(_one_of(exclusion.field, exclusion.values))
    return clauses


def _can_be_bought(stock: StockPolicy) -> Json:
    field = stock.field
    if stock.equals:
        bought = _one_of(field, stock.equals)
        if not stock.missing_is_in_stock:
            return bought
        missing = {"bool": {"must_not": [{"exists": {"field": field}}]}}
        return {"bool": {"should": [bought, missing], "minimum_should_match": 1}}
    if stock.missing_is_in_stock:
        return {"bool": {"must_not": [{"range": {field: {"lte": stock.above}}}]}}
    return {"range": {field: {"gt": stock.above}}}


def _one_of(field: str, values: Sequence[Any]) -> Json:
    return {"terms": {field: list(values)}}
