"""What lies between two waits of a search: pure steps that both ways to wait share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from elastic_transport import ApiResponseMeta

from es_hybrid.errors import ContractError
from es_hybrid.last_mile import fingerprint_of, limits_of
from es_hybrid.protocols import Fuser
from es_hybrid.query.plan import Plan
from es_hybrid.rank.candidates import above_floor, admitted, merge
from es_hybrid.rank.fuse import fuse, order_of
from es_hybrid.rank.order import Order, freeze
from es_hybrid.rank.ranking import Ranking, rank
from es_hybrid.rank.rerank import blend, product_texts
from es_hybrid.rank.stand_in import STAND_IN_WEIGHT, words_scores
from es_hybrid.respond.answer import answer
from es_hybrid.respond.notes import Notes
from es_hybrid.response import HybridInfo, HybridResponse
from es_hybrid.settings import Settings
from es_hybrid.types import (
    BoostContext,
    Degradation,
    DegradationReason,
    Hit,
    HitKey,
    Json,
    LegResult,
    Scores,
    Stage,
    Vector,
)


@dataclass(frozen=True, slots=True)
class Candidates:
    """All hits that take part in a ranking.

    Attributes:
        hits: Each product once, in the order that breaks ties.
        fused: Their fused scores, 0 to 1, shape `(n,)`.
        added: How many of them the lexical query does not match.
        pinned: Products that rules pin, whether they are among the hits or not.
        texts: What the reranker read, by place among the hits.
    """

    hits: Sequence[Hit]
    fused: Scores
    added: int
    pinned: Sequence[Hit] = ()
    texts: Mapping[int, str] = field(default_factory=dict)

    def best(self, count: int) -> dict[int, HitKey]:
        """Return the keys of the best by fused score, by their place among the hits."""
        return {place: self.hits[place].key for place in order_of(self.fused)[:count]}


NO_CANDIDATES = Candidates((), np.zeros(0), 0)
"""What a search without any hit has."""


def own_vector(plan: Plan) -> Vector | None:
    """Return the query's vector where the caller brought it."""
    own = plan.request.options.vector
    return None if own is None else np.asarray(own, dtype=np.float32)


def fitting(vector: Vector, plan: Plan) -> Vector | Degradation:
    """Return the query's vector, or that it does not fit the index's field.

    Raises:
        ContractError: It does not fit, and the search is to raise what goes wrong.
    """
    wanted = plan.vector.dims if plan.vector else None
    if wanted in (None, len(vector)):
        return vector
    detail = f"the embedder gave {len(vector)} dims, the index has {wanted}"
    if plan.raise_errors:
        raise ContractError(detail, service=Stage.EMBED)
    return Degradation(Stage.EMBED, DegradationReason.DIMS_MISMATCH, detail)


def no_vectors(plan: Plan, lexical: LegResult, semantic: LegResult) -> Degradation | None:
    """Return that kNN found nothing at all where words did: no such product has a vector."""
    asked = plan.vector is not None and not plan.fused_by_server
    if not asked or semantic.hits or not lexical.hits:
        return None
    detail = "no product that satisfies the filters has a vector"
    return Degradation(Stage.RETRIEVE, DegradationReason.NO_VECTORS, detail)


def candidates_of(
    plan: Plan,
    lexical: LegResult,
    semantic: LegResult,
    codes: LegResult,
    fusers: Mapping[str, Fuser],
    *,
    pins: Sequence[Hit] = (),
) -> Candidates:
    """Merge the legs and fuse their scores; pinned products take no part in that."""
    floor = plan.score_floor
    if plan.admit_matches_only and any(hit.lexical_score is not None for hit in lexical.hits):
        floor = math.inf
    words = above_floor(lexical.hits, floor) if plan.fused_by_server else lexical.hits
    hits = merge(words, semantic.hits, codes.hits, floor=floor)
    fused = fuse(hits, plan.fusion, fusers)
    left_out = len(lexical.hits) - len(words)
    return Candidates(hits, fused, admitted(hits) - left_out, pins)


def texts_of(
    plan: Plan,
    keys: Mapping[int, HitKey],
    sources: Mapping[HitKey, Json],
    settings: Settings,
    notes: Notes,
) -> dict[int, str]:
    """Return what the reranker reads of each product, by place; blank ones are left out."""
    if plan.rerank is None:
        return {}
    texts = product_texts(
        keys,
        sources,
        plan.rerank.fields,
        max_tokens=settings.rerank.max_tokens,
        template=plan.rerank.product_template,
    )
    notes.cut_texts += sum(text.was_cut for text in texts.values())
    return {place: text.text for place, text in texts.items()}


def words_instead(
    plan: Plan, candidates: Candidates, texts: Mapping[int, str], notes: Notes
) -> Candidates:
    """Return the candidates fused anew with the query's words, where these stand in for a reranker.

    Args:
        plan: Says whether they do.
        candidates: All, with their fused scores.
        texts: What the reranker would have read, by place.
        notes: Takes it down.
    """
    if plan.vector is None or plan.rerank is None or not plan.rerank.stand_in or not texts:
        return candidates  # without a vector, BM25's own order stands
    notes.stood_in = True
    scores = words_scores(plan.request.text or "", list(texts.values()))
    return replace(candidates, fused=blend(candidates.fused, list(texts), scores, STAND_IN_WEIGHT))


def ranking_of(
    plan: Plan,
    candidates: Candidates,
    reranked: Mapping[int, float] | None,
    settings: Settings,
    *,
    now_s: float,
    notes: Notes,
) -> Ranking:
    """Blend, correct by a learned model, boost within limits, order and collapse."""
    ranking = rank(
        candidates.hits,
        candidates.fused,
        reranked,
        rerank_weight=plan.rerank.blend if plan.rerank else 0.0,
        boosts=plan.boosts,
        context=BoostContext(
            now_s=now_s,
            options=plan.request.options.context or {},
            text=plan.request.text or "",
        ),
        clamp=(settings.search.boost_min, settings.search.boost_max),
        limits=limits_of(plan, settings),
        collapse_field=plan.collapse_field,
        texts=candidates.texts,
        model=plan.learned,
    )
    if plan.learned is not None and ranking.correction is not None and ranking.correction.lacking:
        detail = f"{plan.learned.version} goes by {', '.join(ranking.correction.lacking)}"
        notes.degraded(Degradation(Stage.LEARNED, DegradationReason.NO_FEATURE, detail))
    return ranking


def final_order(plan: Plan, candidates: Candidates, ranking: Ranking) -> Order:
    """Return what the pages need of a ranking."""
    came = ranking.hits[len(candidates.hits) :]  # pinned, and no candidates
    added = candidates.added + sum(hit.lexical_score is None for hit in came)
    return ranking.final_order(window=plan.window, added=added, collapse_field=plan.collapse_field)


def body_of(
    plan: Plan,
    lexical: LegResult,
    order: Order,
    page: Sequence[Json],
    notes: Notes,
    *,
    facets: Json | None = None,
) -> Json:
    """Return the body in Elasticsearch's shape.

    Args:
        plan: The plan that was carried out.
        lexical: The BM25 leg.
        order: The final order.
        page: The page's hits.
        notes: Times and degradations.
        facets: Aggregations that were counted over the candidates.
    """
    if facets is not None:
        lexical = replace(lexical, body={**lexical.body, "aggregations": facets})
    return answer(
        lexical,
        page,
        timed_out=notes.timed_out,
        took_ms=notes.took_ms(),
        added=order.added,
        max_score=order.best_score,
        total_as_int=bool(plan.request.params.get("rest_total_hits_as_int")),
    )


def response_of(
    plan: Plan,
    body: Any,
    meta: ApiResponseMeta,
    notes: Notes,
    *,
    ranking: Ranking | None = None,
    order: Order | None = None,
    logged: bool = False,
) -> HybridResponse:
    """Put the diagnostics beside the answer.

    Args:
        plan: The plan that was carried out.
        body: Elasticsearch's body, or ours in its shape.
        meta: Of the HTTP answer.
        notes: Times and degradations.
        ranking: Where there was one, for the explanations.
        order: The final order, where there is one.
        logged: Whether the log needs the parts.
    """
    request = plan.request
    explained = (
        ranking.parts(
            request.from_,
            request.size,
            language=plan.language,
            recommended=plan.recommendation.made if plan.recommendation else None,
        )
        if ranking and (plan.explain or logged)
        else {}
    )
    frozen = order is not None and plan.wants_token
    info = HybridInfo(
        plan=plan.name,
        reason=plan.passthrough,
        reranked=len(ranking.reranked) if ranking else 0,
        added=order.added if order else 0,
        explored=order.explored_ids(request.from_, request.size) if order else (),
        degraded=notes.degradations,
        stood_in=notes.stood_in,
        cut_texts=notes.cut_texts,
        instructions=_sent(plan, notes, reranked=bool(ranking and ranking.reranked)),
        remembered=notes.remembered,
        timings_ms=notes.timings_ms,
        order=freeze(order, search=fingerprint_of(plan)) if order and frozen else plan.token,
        rules=plan.policies.source,
        recommendation=plan.recommendation,
        learned=ranking.learned.version if ranking and ranking.learned else None,
        weights=plan.weights,
        parts=explained,
        explained=plan.explain,
    )
    if request.explicit:
        body = {**body, "ext": {**body.get("ext", {}), "hybrid": info.to_dict()}}
    return HybridResponse(body, meta, info)


def _sent(plan: Plan, notes: Notes, *, reranked: bool) -> dict[Stage, str]:
    embedded = plan.vector is not None and notes.remembered.vector is not None
    stages = {Stage.EMBED: embedded, Stage.RERANK: reranked}
    return {stage: task for stage, task in plan.instructions.items() if stages.get(stage)}
