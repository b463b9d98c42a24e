"""From a request to a plan: every decision of a search, taken before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid.errors import RequestError
from es_hybrid.policies import NO_POLICIES, Policies
from es_hybrid.protocols import Boost, LearnedRanking
from es_hybrid.query.codes import code_query, code_words
from es_hybrid.query.exclusions import exclusion_filters, narrowed
from es_hybrid.query.filters import as_list, conjunction, harvest_filters
from es_hybrid.query.models import (
    Surroundings,
    embed_instruction,
    first_given,
    inference_plan,
    instructions_of,
    rerank_plan,
    rerank_top,
    semantic_field,
    share_for,
    unsupported,
)
from es_hybrid.query.passthrough import passthrough_reason
from es_hybrid.query.plan import RETRIEVER_PLANS, Plan, aggregations_of
from es_hybrid.query.request import SearchRequest
from es_hybrid.query.schema import IndexSchema
from es_hybrid.query.text import holds_text
from es_hybrid.types import (
    Degradation,
    DegradationReason,
    FusionOptions,
    Json,
    Normalizer,
    PassthroughReason,
    PlanName,
    ScoreMode,
    Stage,
)

_CANDIDATES_PER_HIT = 1.5
"""HNSW candidates per shard, as a multiple of the window: recall for a few tenths of a millisecond."""


def make_passthrough(request: SearchRequest) -> Plan | None:
    """Return the plan of a request that must not be touched, `None` where it can be improved.

    Raises:
        RequestError: `ext.hybrid` was asked for together with what rules it out.
    """
    decision = passthrough_reason(request)
    if decision is None:
        return None
    reason, path = decision
    if request.demands:
        raise RequestError(_EXPLICIT[reason], path=path, hint="or send ext.hybrid: false")
    query = request.body.get("query") or {}
    return Plan(name=PlanName.PASSTHROUGH, request=request, query=query, passthrough=reason)


def make_plan(
    request: SearchRequest,
    around: Surroundings,
    *,
    boosts: Sequence[Boost] = (),
    policies: Policies = NO_POLICIES,
    learned: LearnedRanking | None = None,
) -> Plan:
    """Decide how a request that can be improved is carried out.

    Args:
        request: What the caller sent.
        around: Settings, index schema and models.
        boosts: The boosts in force for this request.
        policies: What else the rules say for it.
        learned: The model that corrects the relevance.

    Raises:
        RequestError: The caller's own vector does not fit the index.
    """
    options, search, schema = request.options, around.settings.search, around.schema
    vector, no_vector = semantic_field(request, around)
    task = embed_instruction(request, around.models)
    rerank, no_rerank = rerank_plan(request, around)
    window = options.window or search.window
    wanted = options.num_candidates or search.num_candidates or int(window * _CANDIDATES_PER_HIT)
    codes = code_words(request.text or "") if schema.code_fields else ()
    fields, no_boost = _candidate_fields(boosts, policies, schema)
    learned, no_model = _readable(learned, schema)
    if learned is not None:
        there = [name for name in learned.reads if name in schema.doc_value_fields]
        fields = tuple(dict.fromkeys([*fields, *there]))
    match_type = around.settings.index.match_type
    query = _lexical_query(request, schema, match_type=match_type)
    own_filters = _filters(request.body)
    left_out = exclusion_filters(policies)
    name, no_plan = _name(request, around, semantic=vector is not None)
    inference = None
    if name is PlanName.TEXT_SIMILARITY_RERANKER:
        inference, no_plan = inference_plan(request, around, window=window)
        name = PlanName.MSEARCH_FUSION if inference is None else name
    if inference is not None:
        window, no_rerank = rerank_top(request, around), None
    return Plan(
        name=name,
        request=request,
        query=narrowed(query, left_out),
        window=window,
        num_candidates=max(wanted, window, 100),
        vector=vector,
        embed_instruction=task,
        filter=conjunction([*own_filters, *left_out]),
        code_query=code_query(codes, schema.code_fields) if codes else None,
        fusion=_fusion(request, around),
        min_similarity=_floor(request, around),
        rerank=rerank,
        instructions=instructions_of(around.models, embed=task, rerank=rerank),
        inference=inference,
        boosts=tuple(boosts),
        policies=policies,
        learned=learned,
        asked=(query, conjunction(own_filters)) if left_out else None,
        candidate_fields=fields,
        id_field=_id_field(request, policies, schema),
        degraded=tuple(
            lack for lack in (no_vector, no_rerank, no_plan, no_model, no_boost) if lack is not None
        ),
        untouched=(
            not (vector or rerank or learned or boosts or codes or options.order or left_out)
            and not (policies.reorder or policies.variants)
            and query == request.body.get("query")
        ),
        facets_of_candidates=(options.facets or search.facets) == "candidates",
        admit_matches_only=(options.admit or search.admit) == "matches",
        explain=options.explain,
        language=options.explain_language or search.explain_language,
        budget_s=options.budget_s or search.budget_s,
        raise_errors=(options.on_error or search.on_error) == "raise",
    )


def _candidate_fields(
    boosts: Sequence[Boost], policies: Policies, schema: IndexSchema
) -> tuple[tuple[str, ...], Degradation | None]:
    """Return the doc values that boosts and policies read, and which the index cannot give."""
    wanted = dict.fromkeys(name for boost in boosts for name in boost.fields)
    wanted |= dict.fromkeys(policies.fields)
    missing = [name for name in wanted if name not in schema.doc_value_fields]
    if not missing:
        return tuple(wanted), None
    detail = f"no doc values in {', '.join(missing)}: boosts and rules on them change nothing"
    lack = Degradation(Stage.BOOST, DegradationReason.NO_DOC_VALUES, detail)
    return tuple(name for name in wanted if name not in missing), lack


def _readable(
    learned: LearnedRanking | None, schema: IndexSchema
) -> tuple[LearnedRanking | None, Degradation | None]:
    """Return the model, or why the index has not what it goes by."""
    if learned is None:
        return None, None
    missing = [name for name in learned.needs if name not in schema.doc_value_fields]
    if not missing:
        return learned, None
    detail = f"{learned.version} goes by {', '.join(missing)}, which has no doc values here"
    return None, Degradation(Stage.LEARNED, DegradationReason.NO_FEATURE, detail)


def _id_field(request: SearchRequest, policies: Policies, schema: IndexSchema) -> str | None:
    # Elasticsearch 8.14 fails a search with both collapse and docvalue_fields.
    collapsed = request.body.get("collapse") or policies.variants
    if collapsed or schema.id_field not in schema.doc_value_fields:
        return None
    return schema.id_field


def _fusion(request: SearchRequest, around: Surroundings) -> FusionOptions:
    asked, search = request.options.fusion, around.settings.search
    weights = asked.weights if asked else None
    # A caller's own vector is of a model that the profile says nothing about.
    own_vector = request.options.vector is not None
    profile = 0.5 if own_vector else around.models.embedder_profile.lexical_weight
    lexical, chosen_by = share_for(
        request.text, search.lexical_weights, search.lexical_weight, profile
    )
    scores = _score_mode(request, search.scores)
    by_mode = Normalizer.ROBUST if scores is ScoreMode.COMPLETE else Normalizer.MINMAX
    return FusionOptions(
        method=first_given(asked and asked.method, search.fusion),
        normalizer=first_given(asked and asked.normalizer, search.normalize, by_mode),
        k=first_given(asked and asked.k, search.rrf_k),
        lexical_weight=weights.lexical if weights else lexical,
        semantic_weight=weights.semantic if weights else 1.0 - lexical,
        scores=scores,
        chosen_by="request" if weights else chosen_by,
    )


def _score_mode(request: SearchRequest, setting: str) -> ScoreMode:
    # Rescoring and index boosts change the lexical leg's scores, but not a named query's.
    if request.body.get("rescore") or request.body.get("indices_boost"):
        return ScoreMode.WINDOW
    # Hits inside aggregations would show the names under which the legs carry each other.
    if _holds(aggregations_of(request.body), "top_hits"):
        return ScoreMode.WINDOW
    asked = request.options.fusion
    return (asked.score_mode if asked else None) or ScoreMode(setting)


def _holds(value: Any, key: str) -> bool:
    if isinstance(value, Mapping):
        return key in value or any(_holds(inner, key) for inner in value.values())
    return False


def _floor(request: SearchRequest, around: Surroundings) -> float | None:
    profile = around.models.embedder_profile
    floor: float | None = first_given(
        request.options.min_similarity,
        around.settings.search.min_similarity,
        profile.min_similarity if request.options.vector is None else None,
    )
    return floor


def _name(
    request: SearchRequest, around: Surroundings, *, semantic: bool
) -> tuple[PlanName, Degradation | None]:
    if not semantic:
        return PlanName.LEXICAL_ONLY, None
    wanted = request.options.plan or around.settings.search.plan
    name = PlanName.MSEARCH_FUSION if wanted == "auto" else PlanName(wanted)
    if name in around.refused:
        detail = f"this cluster refused {name}; its licence or version lacks it"
        return PlanName.MSEARCH_FUSION, unsupported(detail)
    fused = name is not PlanName.MSEARCH_FUSION
    if fused and aggregations_of(request.body):
        return PlanName.MSEARCH_FUSION, unsupported(f"with {name}, facets count neighbours, too")
    # A compound retriever excludes these (rest-apis/retrievers reference page).
    if name in RETRIEVER_PLANS and any(
        request.body.get(key) for key in ("rescore", "collapse", "indices_boost")
    ):
        detail = f"{name} excludes rescore, collapse and indices_boost"
        return PlanName.MSEARCH_FUSION, unsupported(detail)
    return name, None


def _lexical_query(request: SearchRequest, schema: IndexSchema, *, match_type: str) -> Json:
    """Return the caller's own query, or a bare text search where the caller only names the words."""
    query = request.body.get("query")
    if query and (request.options.text is None or holds_text(query)):
        return dict(query)
    words: Json = {"query": request.text, "type": match_type}
    if schema.search_fields:
        words["fields"] = list(schema.search_fields)
    bare: Json = {"multi_match": words}
    return {"bool": {"must": [bare], "filter": [query]}} if query else bare


def _filters(body: Mapping[str, Any]) -> list[Json]:
    query = body.get("query")
    filters = harvest_filters(query) if holds_text(query) else [query] if query else []
    return [*filters, *as_list(body.get("post_filter"))]


_EXPLICIT: Mapping[PassthroughReason, str] = {
    PassthroughReason.SWITCHED_OFF: "is switched off",
    PassthroughReason.NO_TEXT: "no shopper's words were found in the query; say them here",
    PassthroughReason.AMBIGUOUS_TEXT: "the query holds several texts; say the shopper's here",
    PassthroughReason.SORT: "a hybrid search is ordered by score; leave sort out",
    PassthroughReason.SCROLL: "a hybrid search cannot be scrolled; page with from and size",
    PassthroughReason.SEARCH_AFTER: "a hybrid search pages with from and size",
    PassthroughReason.PIT: "a hybrid search cannot use a point in time",
    PassthroughReason.SLICE: "a hybrid search cannot be sliced",
    PassthroughReason.SIZE_ZERO: "a page of no hits has nothing to rank; leave ext.hybrid out",
    PassthroughReason.PAST_RESULT_WINDOW: "from and size reach past the first 10,000 hits",
    PassthroughReason.KNN: "the request brings its own knn; leave it or ext.hybrid out",
    PassthroughReason.RETRIEVER: "the request brings its own retriever; leave it or ext.hybrid out",
    PassthroughReason.RANK: "the request brings its own rank; leave it or ext.hybrid out",
    PassthroughReason.MIN_SCORE: "min_score has no meaning for fused scores; use a filter",
    PassthroughReason.TERMINATE_AFTER: "terminate_after would cut one leg and not the other",
    PassthroughReason.NO_INDEX: "name the index or alias to search",
    PassthroughReason.PARAMETER: "this parameter cannot be combined with a hybrid search",
}
