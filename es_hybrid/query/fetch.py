"""The bodies that fetch documents once their order is known: the page, and what a reranker reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid.query.plan import Plan
from es_hybrid.types import HitKey, Json

_PAGE = (
    "_source",
    "docvalue_fields",
    "explain",
    "ext",
    "fields",
    "highlight",
    "runtime_mappings",
    "script_fields",
    "seq_no_primary_term",
    "stored_fields",
    "timeout",
    "version",
)
"""Body fields that say what of a hit is answered, and not which hits."""

_READS_QUERY = ("highlight", "explain")

_PARAMS = (
    "allow_no_indices",
    "ccs_minimize_roundtrips",
    "expand_wildcards",
    "ignore_unavailable",
    "include_named_queries_score",
    "preference",
    "routing",
    "source_exclude_vectors",
)


def page_body(plan: Plan, keys: Sequence[HitKey]) -> Json:
    """Return the search that fetches one page's documents as the caller asked for them.

    The caller's query takes part only where the answer depends on it: highlights, explanations,
    named queries and inner hits. Hits that it does not match are fetched all the same.
    """
    body = plan.request.body
    wanted = _by_id(keys)
    query: Json = wanted
    if any(body.get(name) for name in _READS_QUERY) or _names_hits(plan.query):
        query = {"bool": {"filter": [wanted], "should": [plan.query]}}
    return {
        "query": query,
        "size": _size(keys),
        "track_total_hits": False,
        **{name: body[name] for name in _PAGE if name in body},
    }


def text_body(plan: Plan, keys: Sequence[HitKey], fields: Sequence[str]) -> Json:
    """Return the search that fetches what the reranker is shown."""
    return {
        "query": _by_id(keys),
        "size": _size(keys),
        "track_total_hits": False,
        "_source": list(fields),
        **({"timeout": plan.request.body["timeout"]} if "timeout" in plan.request.body else {}),
    }


def fetch_params(plan: Plan) -> Mapping[str, Any]:
    """Return the caller's URL parameters that a fetch by id obeys."""
    params = plan.request.params
    return {name: params[name] for name in _PARAMS if name in params}


def _by_id(keys: Sequence[HitKey]) -> Json:
    return {"ids": {"values": list(dict.fromkeys(id_ for _, id_ in keys))}}


def _size(keys: Sequence[HitKey]) -> int:
    # Two indices of one alias may hold the same id; the surplus is dropped by key.
    return max(1, len({id_ for _, id_ in keys}) * len({index for index, _ in keys}))


def _names_hits(query: Any) -> bool:
    if isinstance(query, Mapping):
        return "_name" in query or "inner_hits" in query or any(map(_names_hits, query.values()))
    if isinstance(query, Sequence) and not isinstance(query, str):
        return any(map(_names_hits, query))
    return False
