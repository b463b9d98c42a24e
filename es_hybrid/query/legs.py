"""The bodies that a plan sends to Elasticsearch, one for each leg.

In `complete` mode each leg carries the other leg as a named query in a `post_filter` that matches
everything. Elasticsearch computes a named query's score for the returned hits only, so that every
candidate gets both exact scores for one or two milliseconds
(https://www.elastic.co/guide/en/elasticsearch/reference/current/query-dsl-bool-query.html#named-queries).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from es_hybrid.query.capabilities import Server
from es_hybrid.query.exact_scores import exact_score
from es_hybrid.query.filters import without_inner_hits
from es_hybrid.query.plan import InferencePlan, Plan
from es_hybrid.query.schema import VectorField
from es_hybrid.types import NAMED_QUERY, Json, LegName, PlanName, ScoreMode, Vector

_HEADER = (
    "allow_no_indices",
    "allow_partial_search_results",
    "ccs_minimize_roundtrips",
    "expand_wildcards",
    "ignore_throttled",
    "ignore_unavailable",
    "preference",
    "request_cache",
    "routing",
    "search_type",
)
"""URL parameters of `_search` that `_msearch` takes in a search's header line."""

_CODE_HITS = 10
"""A code names one product, or a few variants; more means that the field holds no codes."""

_BOTH_LEGS = ("timeout", "indices_boost", "runtime_mappings", "ext", "stats")
_AGGREGATIONS = ("aggregations", "aggs")
_LEXICAL_LEG = ("aggregations", "aggs", "suggest", "profile", "rescore", "track_total_hits")


def msearch_searches(
    plan: Plan, vector: Vector | None, server: Server
) -> list[tuple[LegName, Json]]:
    """Return the legs of a plan with their bodies, in the order they are sent.

    Args:
        plan: A plan that is neither a passthrough nor fused by Elasticsearch.
        vector: The query's vector, shape `(dims,)`, float32; `None` sends the lexical leg alone.
        server: What the cluster understands.
    """
    searches = [(LegName.LEXICAL, lexical_body(plan, vector))]
    if vector is not None and plan.vector is not None:
        searches.append((LegName.SEMANTIC, semantic_body(plan, vector, server)))
    if plan.code_query is not None:
        searches.append((LegName.CODE, code_body(plan)))
    if plan.policies.pins:
        searches.append((LegName.PIN, pin_body(plan)))
    return searches


def lexical_body(plan: Plan, vector: Vector | None) -> Json:
    """Return the BM25 leg: the caller's own query, with all that is counted over its matches."""
    body = plan.request.body
    leg = {
        "query": without_inner_hits(plan.query),
        **_candidates(plan),
        **_copied(body, _BOTH_LEGS + _LEXICAL_LEG),
    }
    if plan.counts_later:
        leg = {name: value for name, value in leg.items() if name not in _AGGREGATIONS}
    own_filter = body.get("post_filter")
    if vector is not None and plan.vector is not None and _complete(plan):
        name = NAMED_QUERY[LegName.SEMANTIC]
        exact = exact_score(plan.vector, vector, name=name)
        leg["post_filter"] = _carrying([exact], own_filter)
    elif own_filter:
        leg["post_filter"] = own_filter
    return leg


def semantic_body(plan: Plan, vector: Vector, server: Server) -> Json:
    """Return the kNN leg; every filter of the query binds it before the neighbours are found."""
    leg: Json = {
        "knn": knn_clause(plan, vector, server),
        **_candidates(plan),
        **_copied(plan.request.body, _BOTH_LEGS),
        "track_total_hits": False,
    }
    if _complete(plan):
        carried = [_named(without_inner_hits(plan.query))]
        if plan.vector is not None and plan.vector.quantized and not server.rescores_vectors:
            # The leg's own scores come from a compressed copy of the vectors.
            own = NAMED_QUERY[LegName.SEMANTIC]
            carried.append(exact_score(plan.vector, vector, name=own))
        leg["post_filter"] = _carrying(carried, None)
    return leg


def code_body(plan: Plan) -> Json:
    """Return the search for products whose exact code is in the query."""
    wanted = (plan.code_query, without_inner_hits(plan.filter))
    filters = [clause for clause in wanted if clause is not None]
    return {
        "query": {"bool": {"filter": filters}},
        **_candidates(plan),
        **_copied(plan.request.body, _BOTH_LEGS),
        "size": _CODE_HITS,
        "track_total_hits": False,
    }


def pin_body(plan: Plan) -> Json:
    """Return the leg that finds pinned products: those that the filters let through."""
    ids = list(dict.fromkeys(pin.id for pin in plan.policies.pins))
    filters: list[Json] = [{"ids": {"values": ids}}]
    if plan.filter is not None:
        filters.append(without_inner_hits(plan.filter))
    leg = {
        "query": {"bool": {"filter": filters}},
        **_candidates(plan),
        **_copied(plan.request.body, _BOTH_LEGS),
        "size": len(ids),
        "track_total_hits": False,
        # Says whether the words match it, so that totals count it once.
        "post_filter": _carrying([_named(without_inner_hits(plan.query))], None),
    }
    leg.pop("collapse", None)
    return leg


def fused_body(plan: Plan, vector: Vector, server: Server) -> Json:
    """Return one `_search` whose legs Elasticsearch fuses itself, by the plan's name."""
    named = _named(without_inner_hits(plan.query))
    knn = knn_clause(plan, vector, server)
    leg = lexical_body(plan, None)
    if plan.name in {PlanName.NATIVE_LINEAR, PlanName.NATIVE_RRF}:
        del leg["query"]
        return {**leg, "retriever": _retriever(plan, named, knn)}
    own_filter = plan.request.body.get("post_filter")
    # The boost stands outside, so that the named query keeps its own score.
    words: Json = {"bool": {"must": [named], "boost": plan.fusion.lexical_weight}}
    meaning = {**knn, "boost": plan.fusion.semantic_weight}
    if plan.inference is not None:
        del leg["query"]
        leg["retriever"] = _reranker(plan, plan.inference, [words, {"knn": meaning}], own_filter)
        own_filter = None
    else:
        leg["query"], leg["knn"] = words, meaning
    if plan.vector is not None:
        exact = exact_score(plan.vector, vector, name=NAMED_QUERY[LegName.SEMANTIC])
        leg["post_filter"] = _carrying([exact], own_filter)
    return leg


def _reranker(plan: Plan, inference: InferencePlan, legs: Sequence[Json], own_filter: Any) -> Json:
    """Return the retriever that has Elasticsearch rerank both legs' best, their scores added up.

    Written to
    https://www.elastic.co/docs/reference/elasticsearch/rest-apis/retrievers/text-similarity-reranker-retriever
    and run on 9.4.3 with a trial licence. What the filter leaves out is not worth reranking.
    """
    both: Json = {"should": legs, "minimum_should_match": 1}
    if own_filter:
        both["filter"] = own_filter
    return {
        "text_similarity_reranker": {
            "retriever": {"standard": {"query": {"bool": both}}},
            "field": inference.field,
            "inference_id": inference.endpoint,
            "inference_text": plan.request.text,
            "rank_window_size": plan.window,
        }
    }


def _retriever(plan: Plan, lexical: Json, knn: Json) -> Json:
    """Return a compound retriever; `linear` (8.18+) and `rrf` (8.14+) are not in a Basic licence.

    Written to the reference pages
    https://www.elastic.co/docs/reference/elasticsearch/rest-apis/retrievers/linear-retriever and
    https://www.elastic.co/docs/reference/elasticsearch/rest-apis/retrievers/rrf-retriever.
    """
    fusion = plan.fusion
    legs: list[tuple[Json, float]] = [
        ({"standard": {"query": lexical}}, fusion.lexical_weight),
        ({"knn": knn}, fusion.semantic_weight),
    ]
    if plan.name is PlanName.NATIVE_RRF:
        retrievers = [leg for leg, _ in legs]
        constant = {"rank_constant": fusion.k}
        return {"rrf": {"retrievers": retrievers, "rank_window_size": plan.window, **constant}}
    weighted = [
        {"retriever": leg, "weight": weight, "normalizer": "minmax"} for leg, weight in legs
    ]
    return {"linear": {"retrievers": weighted, "rank_window_size": plan.window}}


def _named(query: Any) -> Json:
    return {"bool": {"must": [query], "_name": NAMED_QUERY[LegName.LEXICAL]}}


def knn_clause(plan: Plan, vector: Vector, server: Server) -> Json:
    """Return the `knn` section of a search."""
    field = plan.vector or VectorField("")
    clause: Json = {
        "field": field.name,
        "query_vector": _packed(vector) if server.base64_query_vectors and field.floats else vector,
        "k": plan.window,
        "num_candidates": plan.num_candidates,
    }
    if plan.filter is not None:
        clause["filter"] = without_inner_hits(plan.filter)
    if field.quantized and server.rescores_vectors:
        clause["rescore_vector"] = {"oversample": 1.0}
    return clause


def header(plan: Plan) -> Json:
    """Return the header line that goes before each leg; the index stands in the path."""
    params = plan.request.params
    return {name: _as_text(params[name]) for name in _HEADER if name in params}


def _as_text(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def needs_named_scores(plan: Plan) -> bool:
    """Say whether the answer must carry named queries' scores."""
    return plan.fused_by_server or _complete(plan)


def _complete(plan: Plan) -> bool:
    return plan.fusion.scores is ScoreMode.COMPLETE


def _candidates(plan: Plan) -> Json:
    """Ask for keys and doc values only: reading stored fields of hits no page shows costs most."""
    fields = list(plan.candidate_fields)
    lean: Json = {"size": plan.window, "_source": False, **(plan.shown or {})}
    if plan.id_field and plan.shown is None:
        lean["stored_fields"] = "_none_"
        fields = [plan.id_field, *(name for name in fields if name != plan.id_field)]
    if plan.collapse_field is not None:
        lean["collapse"] = {"field": plan.collapse_field}
    if fields:
        asked = "docvalue_fields" if plan.collapse_field is None else "fields"
        lean[asked] = [*lean.get(asked, ()), *fields]
    return lean


def _carrying(named: Sequence[Json], own_filter: Any) -> Json:
    """Return a filter that lets through what the caller's own does, and carries named queries."""
    carried: Json = {"should": [{"match_all": {}}, *named], "minimum_should_match": 0}
    if own_filter:
        carried["filter"] = own_filter
    return {"bool": carried}


def _copied(body: Mapping[str, Any], names: tuple[str, ...]) -> Json:
    return {name: body[name] for name in names if name in body}


def _packed(vector: Vector) -> str:
    # Big-endian float32, as the dense_vector reference page says.
    return base64.b64encode(vector.astype(np.dtype(">f4")).tobytes()).decode("ascii")
