"""The search that carries out a recommendation, in the words of the search pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from es_hybrid.last_mile import compared_keys, vectors_in
from es_hybrid.policies import Policies
from es_hybrid.protocols import Boost, Fuser
from es_hybrid.query.decide import make_plan
from es_hybrid.query.exclusions import exclusion_filters
from es_hybrid.query.filters import conjunction
from es_hybrid.query.models import Surroundings
from es_hybrid.query.plan import Plan
from es_hybrid.query.request import SearchRequest
from es_hybrid.query.schema import IndexSchema
from es_hybrid.rank.order import Order
from es_hybrid.rank.ranking import Ranking
from es_hybrid.recommend.decide import Aim, Known
from es_hybrid.recommend.fusing import BOUGHT_FIRST, bought_first
from es_hybrid.recommend.request import RecommendRequest
from es_hybrid.recommend.seeds import Seed
from es_hybrid.recommend.trend import made_of
from es_hybrid.types import (
    Degradation,
    DegradationReason,
    HitKey,
    Json,
    LegResult,
    Recommendation,
    Recommended,
    Stage,
    Vector,
)

__all__ = [
    "OWN_FUSERS",
    "asked_request",
    "compared_vectors",
    "found_of",
    "page_of",
    "plan_of",
]

_CANDIDATES_PER_HIT = 3
OWN_FUSERS: Mapping[str, Fuser] = MappingProxyType({BOUGHT_FIRST: bought_first})
"""Fusion methods of recommendations alone."""


def asked_request(request: RecommendRequest) -> SearchRequest:
    """Return the recommendation as a search without words, by which rules and schema are found.

    Rules may depend on what is recommended: `{"when": {"context": {"recommend": "similar"}}}`.
    """
    context = {**(request.options.context or {}), "recommend": str(request.asked)}
    return SearchRequest(
        index=request.index,
        body={},
        params={},
        arguments={},
        options=request.options.model_copy(update={"context": context}),
        explicit=True,
    )


def plan_of(
    request: RecommendRequest,
    aim: Aim,
    around: Surroundings,
    *,
    boosts: Sequence[Boost],
    policies: Policies,
    seeds: Sequence[Seed],
) -> Plan:
    """Decide how a recommendation is carried out: as a search whose candidates bring documents.

    Args:
        request: What was asked for.
        aim: What is searched for.
        around: Settings, index schema and models.
        boosts: The shop's, in force.
        policies: What else the rules say, with what was seen left out.
        seeds: Products it starts from.
    """
    search = asked_request(request)
    settings = around.settings.recommend
    # A vector decides by itself whether there is a semantic leg: no embedder is asked.
    vector = None if aim.vector is None else tuple(map(float, aim.vector))
    given = request.options.window
    options = search.options.model_copy(
        update={
            "vector": vector,
            "plan": "lexical_only" if vector is None else "msearch_fusion",
            "rerank": False,
            "window": given or max(settings.window, _CANDIDATES_PER_HIT * request.size),
        }
    )
    filters = [*request.filters, *aim.filters]
    query = {"bool": {"must": [aim.query], "filter": filters}} if filters else aim.query
    body: Json = {"query": query, "size": request.size, "track_total_hits": False}
    search = replace(search, body=body, arguments={"index": request.index, **body}, options=options)
    plan = make_plan(search, around, boosts=(*boosts, *aim.boosts), policies=policies)
    # What the lexical leg asks for is no filter of the semantic one.
    bound = conjunction([*filters, *exclusion_filters(policies), *aim.elsewhere])
    method = BOUGHT_FIRST if aim.made is Recommended.BOUGHT_TOGETHER else plan.fusion.method
    return replace(
        plan,
        filter=bound,
        fusion=replace(plan.fusion, method=method),
        code_query=None,
        id_field=None,
        untouched=False,
        shown=_shown(request, plan, schema=around.schema),
        recommendation=Recommendation(request.asked, aim.made, len(seeds)),
    )


def found_of(plan: Plan, ranking: Ranking, known: Known) -> tuple[Plan, Degradation | None]:
    """Return a plan that says what its products turned out to be, and what that is for want of."""
    said = plan.recommendation
    if said is None or said.made is not Recommended.TRENDING:
        return plan, None
    shown = [ranking.hits[place] for place in ranking.order[: plan.request.size]]
    made = made_of(shown, known.counters, created=known.created is not None)
    if made is Recommended.TRENDING or not shown:
        return plan, None
    wanted = ", ".join(known.settings.counters[:2])
    lack = Degradation(
        Stage.SEEDS, DegradationReason.NO_SIGNALS, f"nothing was counted lately ({wanted})"
    )
    return replace(plan, recommendation=replace(said, made=made)), lack


def page_of(order: Order, legs: Sequence[LegResult], *, size: int) -> list[Json]:
    """Return the page's hits in their final order, out of the candidates' own documents."""
    documents: dict[HitKey, Json] = {}
    for leg in legs:
        documents |= leg.documents
    return [
        {
            **{name: v for name, v in documents[key].items() if name in _SHOWN},
            "_score": score,
        }
        for key, score in order.page(0, size)
        if key in documents
    ]


_SHOWN = ("_index", "_id", "_source")


def compared_vectors(
    plan: Plan, ranking: Ranking, legs: Sequence[LegResult]
) -> dict[HitKey, Vector]:
    """Return the vectors that are compared for variety, out of the candidates' own documents."""
    wanted = set(compared_keys(plan, ranking))
    if not wanted or plan.vector is None:
        return {}
    hits = [hit for leg in legs for key, hit in leg.documents.items() if key in wanted]
    return vectors_in(hits, plan.vector.name)


def _shown(request: RecommendRequest, plan: Plan, *, schema: IndexSchema) -> Json:
    """Return what of its document each candidate brings along: never its vector, unasked."""
    vector = [] if schema.vector is None else [schema.vector.name]
    shown: Json = {"_source": _without(vector, request.source)}
    if plan.policies.compares_vectors and plan.vector is not None:
        shown["fields"] = vector
    return shown


def _without(vector: Sequence[str], asked: Any) -> Any:
    if asked is None or asked is True:
        return {"excludes": list(vector)} if vector else True
    if isinstance(asked, Mapping):
        left_out = asked.get("excludes", ())
        excluded = [left_out] if isinstance(left_out, str) else list(left_out)
        return {**asked, "excludes": [*excluded, *vector]}
    return asked
