"""The bodies that fetch documents once their order is known: the page, and what a reranker reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid.query.filters import as_list
from es_hybrid.query.plan import Plan, aggregations_of
from es_hybrid.types import HitKey, Json, Vector

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

_RANKED = ("post_filter", "rescore", "indices_boost", "stats")
"""Body fields that decide which hits follow the candidates, and in what order."""

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
        "size": len(keys),
        "track_total_hits": False,
        **{name: body[name] for name in _PAGE if name in body},
        **({"collapse": {"field": plan.collapse_field}} if plan.collapse_field else {}),
    }


def groups_body(plan: Plan, page: Sequence[Json]) -> Json | None:
    """Return the search for the inner hits of a collapsed page, `None` where none are asked for.

    Which variants belong to a group is not limited to the candidates: all that the query matches,
    and the page's own hits.

    Args:
        plan: The plan of the search.
        page: The page's hits, with the collapse field among their `fields`.
    """
    collapse = plan.request.body.get("collapse") or {}
    if not page or not collapse.get("inner_hits"):
        return None
    field = collapse["field"]
    groups = {group: None for hit in page for group in hit.get("fields", {}).get(field, ())}
    mates: list[Json] = [{"terms": {field: list(groups)}}] if groups else []
    if any(not hit.get("fields", {}).get(field) for hit in page):
        mates.append({"bool": {"must_not": {"exists": {"field": field}}}})
    own = _exactly([(hit["_index"], hit["_id"]) for hit in page])
    filters: list[Json] = [
        {"bool": {"should": mates}},
        {"bool": {"should": [plan.query, *own]}},
        *as_list(plan.request.body.get("post_filter")),
    ]
    runtime = plan.request.body.get("runtime_mappings")
    return {
        "query": {"bool": {"should": [plan.query], "filter": filters}},
        "collapse": collapse,
        "size": len(groups) + 1,
        "_source": False,
        "track_total_hits": False,
        **({"runtime_mappings": runtime} if runtime else {}),
    }


def text_body(plan: Plan, keys: Sequence[HitKey]) -> Json:
    """Return the search that fetches what the reranker is shown."""
    return {
        "query": _by_id(keys),
        "size": len(keys),
        "track_total_hits": False,
        "_source": list(plan.rerank.fields if plan.rerank else ()),
        **({"timeout": plan.request.body["timeout"]} if "timeout" in plan.request.body else {}),
    }


def vectors_body(plan: Plan, keys: Sequence[HitKey]) -> Json:
    """Return the search that fetches stored vectors."""
    return {
        "query": _by_id(keys),
        "size": len(keys),
        "track_total_hits": False,
        "_source": False,
        "fields": [plan.vector.name if plan.vector else ""],
    }


def cosines_body(plan: Plan, keys: Sequence[HitKey], direction: Vector) -> Json:
    """Return the search whose scores are one above the cosines of stored vectors to a direction.

    Unguarded, one product without a vector would fail it.
    """
    name = plan.vector.name if plan.vector else ""
    return {
        "query": {
            "script_score": {
                "query": {"bool": {"filter": [_by_id(keys), {"exists": {"field": name}}]}},
                "script": {
                    "source": "cosineSimilarity(params.vector, params.field) + 1.0",
                    "params": {"vector": direction.tolist(), "field": name},
                },
            }
        },
        "size": len(keys),
        "track_total_hits": False,
        "_source": False,
    }


def rest_body(
    plan: Plan, ranked: Sequence[HitKey], groups: Sequence[Any], *, from_: int, size: int
) -> Json:
    """Return the search for what follows the ranked candidates: the lexical order without them.

    Args:
        plan: The plan of the search.
        ranked: Keys of all candidates, those collapsed away too.
        groups: Values of the collapse field that stand among the candidates.
        from_: Hits to skip after the candidates.
        size: Hits to return.
    """
    body = plan.request.body
    seen = _exactly(ranked)
    rest: Json = {
        "query": {"bool": {"must": [plan.query], "must_not": seen}},
        "from": from_,
        "size": size,
        "track_total_hits": False,
        **{name: body[name] for name in (*_PAGE, *_RANKED) if name in body},
    }
    if plan.collapse_field is not None:
        rest["collapse"] = {"field": plan.collapse_field}
        named = [group for group in groups if group is not None]
        if named:
            seen.append({"terms": {plan.collapse_field: named}})
        if None in groups:
            seen.append({"bool": {"must_not": {"exists": {"field": plan.collapse_field}}}})
    return rest


def facets_body(plan: Plan, ranked: Sequence[HitKey]) -> Json:
    """Return the search that counts aggregations over the candidates alone."""
    runtime = plan.request.body.get("runtime_mappings")
    return {
        "query": {"bool": {"should": _exactly(ranked), "minimum_should_match": 1}},
        "size": 0,
        "aggregations": aggregations_of(plan.request.body),
        **({"runtime_mappings": runtime} if runtime else {}),
    }


def fetch_params(plan: Plan) -> Mapping[str, Any]:
    """Return the caller's URL parameters that a fetch by id obeys."""
    params = plan.request.params
    return {name: params[name] for name in _PARAMS if name in params}


def _by_id(keys: Sequence[HitKey]) -> Json:
    exactly = _exactly(keys)
    return exactly[0] if len(exactly) == 1 else {"bool": {"should": exactly}}


def _exactly(keys: Sequence[HitKey]) -> list[Json]:
    """Return one clause per index: two indices of one alias may hold the same id."""
    grouped: dict[str, list[str]] = {}
    for index, id_ in keys:
        grouped.setdefault(index, []).append(id_)
    return [
        {"bool": {"filter": [{"term": {"_index": index}}, {"ids": {"values": ids}}]}}
        for index, ids in grouped.items()
    ]


def _names_hits(query: Any) -> bool:
    if isinstance(query, Mapping):
        return "_name" in query or "inner_hits" in query or any(map(_names_hits, query.values()))
    if isinstance(query, Sequence) and not isinstance(query, str):
        return any(map(_names_hits, query))
    return False
