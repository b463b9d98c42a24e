"""The search pipeline, top to bottom: every line is a pure decision or one wait."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.retrieve import AsyncRetriever, Retrieved
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._budget import Budget
from es_hybrid.preview import SearchPlan, candidate_request, search_plan
from es_hybrid.protocols import SearchDone
from es_hybrid.query.decide import make_passthrough, make_plan, unsupported
from es_hybrid.query.models import Surroundings
from es_hybrid.query.plan import Plan, without_vector
from es_hybrid.query.request import SearchRequest, parse_request
from es_hybrid.rank.candidates import admitted, merge
from es_hybrid.rank.fuse import fuse, order_of
from es_hybrid.rank.order import Order, fingerprint, freeze, thaw
from es_hybrid.rank.ranking import Ranking, rank
from es_hybrid.rank.rerank import product_texts
from es_hybrid.respond.answer import answer
from es_hybrid.respond.notes import Notes
from es_hybrid.response import HybridInfo, HybridResponse
from es_hybrid.types import (
    BoostContext,
    Degradation,
    DegradationReason,
    Hit,
    Json,
    LegResult,
    PlanName,
    Scores,
    Stage,
    Vector,
)


class AsyncSearcher:
    """Runs searches for one client.

    Args:
        es: The shop's own client.
        toolbox: Models, schemas and settings, shared by all copies of the client.
    """

    def __init__(self, es: AsyncElasticsearch, toolbox: AsyncToolbox) -> None:
        self._es = es
        self._retriever = AsyncRetriever(es)
        self._tools = toolbox

    async def search(self, arguments: Mapping[str, Any]) -> HybridResponse:
        """Answer one call of `search`; see `AsyncHybridClient.search`."""
        notes = Notes(time.perf_counter)
        plan = await self.plan(parse_request(arguments), notes)
        if plan.passthrough or plan.untouched:
            return await self._untouched(plan, notes)
        if plan.token is not None:
            return await self._later_page(plan, plan.token, notes)
        budget = Budget(plan.budget_s, time.monotonic())
        vector = await self.query_vector(plan, budget, notes)
        plan = plan if vector is not None else without_vector(plan)
        legs = await self._legs(plan, vector, notes)
        plan = plan if legs.refused is None else replace(plan, name=PlanName.MSEARCH_FUSION)
        hits = merge(legs.lexical.hits, legs.semantic.hits, legs.codes.hits, floor=plan.score_floor)
        fused = fuse(hits, plan.fusion, self._tools.fusers(plan.fusion.method))
        reranked = await self._rerank(plan, hits, fused, budget, notes)
        ranking = self._rank(plan, hits, fused, reranked)
        order = ranking.final_order(
            window=plan.window,
            added=admitted(legs.lexical.hits, hits),
            collapse_field=plan.collapse_field,
        )
        with notes.timing(Stage.FETCH):
            page = await self._retriever.page(plan, order)
        body = self._body(plan, legs.lexical, order, page, notes)
        token = freeze(order, search=self._fingerprint(plan)) if plan.wants_token else None
        return self._finish(plan, body, legs.meta, notes, ranking=ranking, token=token)

    async def preview(self, arguments: Mapping[str, Any]) -> SearchPlan:
        """Return what `search` would send; asks the embedder, and Elasticsearch for no documents."""
        notes = Notes(time.perf_counter)
        plan = await self.plan(parse_request(arguments), notes)
        request = None
        if not (plan.passthrough or plan.untouched):
            budget = Budget(plan.budget_s, time.monotonic())
            vector = await self.query_vector(plan, budget, notes)
            server = await self._tools.schemas.server(self._es)
            plan = plan if vector is not None else without_vector(plan)
            request = candidate_request(plan, vector, server)
        lacks = [f"without {d.stage}: {d.detail or d.reason}" for d in notes.degradations]
        return search_plan(plan, request, lacks)

    async def plan(self, request: SearchRequest, notes: Notes) -> Plan:
        """Decide how a request is carried out; asks for an index's schema where it is not known."""
        with notes.timing(Stage.PLAN):
            plan = make_passthrough(request)
            if plan is None:
                schema = await self._tools.schemas.of(self._es, request)
                around = Surroundings(
                    self._tools.settings, schema, self._tools.models, self._tools.schemas.refused
                )
                plan = make_plan(request, around, boosts=self._tools.boosts(request.options.boosts))
        notes.degraded(*plan.degraded)
        return plan

    async def query_vector(self, plan: Plan, budget: Budget, notes: Notes) -> Vector | None:
        """Return the query's vector; `None`, with the reason noted, where there is none."""
        if plan.vector is None:
            return None
        if plan.request.options.vector is not None:
            return np.asarray(plan.request.options.vector, dtype=np.float32)
        with notes.timing(Stage.EMBED):
            vector = await self._tools.embed(
                plan.request.text or "", budget=budget, raise_errors=plan.raise_errors
            )
        if not isinstance(vector, Degradation) and plan.vector.dims not in (None, len(vector)):
            detail = f"the embedder gave {len(vector)} dims, the index has {plan.vector.dims}"
            vector = Degradation(Stage.EMBED, DegradationReason.DIMS_MISMATCH, detail)
        if isinstance(vector, Degradation):
            notes.degraded(vector)
            return None
        return vector

    async def _untouched(self, plan: Plan, notes: Notes) -> HybridResponse:
        response = await self._retriever.passthrough(plan.request)
        return self._finish(plan, response.body, response.meta, notes)

    async def _later_page(self, plan: Plan, token: str, notes: Notes) -> HybridResponse:
        """Answer a page of an order that an earlier answer froze; no model is asked."""
        order = thaw(token, search=self._fingerprint(plan))
        with notes.timing(Stage.RETRIEVE):
            lexical, meta = await self._retriever.counts(plan)
        with notes.timing(Stage.FETCH):
            page = await self._retriever.page(plan, order)
        body = self._body(plan, lexical, order, page, notes)
        return self._finish(plan, body, meta, notes, token=token)

    async def _legs(self, plan: Plan, vector: Vector | None, notes: Notes) -> Retrieved:
        """Fetch the candidates; only the lexical leg's own failure is raised."""
        server = await self._tools.schemas.server(self._es)
        with notes.timing(Stage.RETRIEVE):
            legs = await self._retriever.legs(plan, vector, server)
        if legs.refused is not None:
            self._tools.schemas.refused |= {legs.refused}
            notes.degraded(unsupported(f"this cluster refused {legs.refused}"))
        notes.timed_out = bool(legs.semantic.body.get("timed_out"))
        if legs.lack is not None:
            # The index may have changed since its mapping was read.
            self._tools.schemas.forget(plan.request.index)
            notes.degraded(legs.lack)
        return legs

    async def _rerank(
        self, plan: Plan, hits: Sequence[Hit], fused: Scores, budget: Budget, notes: Notes
    ) -> dict[int, float] | None:
        """Return rerank scores by place; `None` where the fused order stands."""
        if plan.rerank is None or not hits:
            return None
        with notes.timing(Stage.RERANK):
            keys = {place: hits[place].key for place in order_of(fused)[: plan.rerank.top]}
            fields = plan.rerank.fields
            sources = await self._retriever.sources(plan, list(keys.values()), fields)
            texts = product_texts(keys, sources, fields, max_chars=self._tools.max_chars)
            scores = await self._tools.rerank(
                plan.request.text or "",
                list(texts.values()),
                instruction=plan.rerank.instruction,
                budget=budget,
                raise_errors=plan.raise_errors,
            )
        if isinstance(scores, Degradation):
            notes.degraded(scores)
            return None
        return dict(zip(texts, scores, strict=True))

    def _rank(
        self, plan: Plan, hits: Sequence[Hit], fused: Scores, reranked: dict[int, float] | None
    ) -> Ranking:
        search = self._tools.settings.search
        return rank(
            hits,
            fused,
            reranked,
            rerank_weight=plan.rerank.blend if plan.rerank else 0.0,
            lexical_without_rerank=plan.lexical_without_rerank,
            boosts=plan.boosts,
            context=BoostContext(now_s=self._tools.wall_clock()),
            clamp=(search.boost_min, search.boost_max),
            collapse_field=plan.collapse_field,
        )

    def _body(
        self,
        plan: Plan,
        lexical: LegResult,
        order: Order,
        page: Sequence[Json],
        notes: Notes,
    ) -> Json:
        return answer(
            lexical,
            page,
            timed_out=notes.timed_out,
            took_ms=notes.took_ms(),
            added=order.added,
            max_score=order.best_score,
            total_as_int=bool(plan.request.params.get("rest_total_hits_as_int")),
        )

    @staticmethod
    def _fingerprint(plan: Plan) -> str:
        return fingerprint(plan.request.index, plan.query, plan.filter, plan.collapse_field)

    def _finish(
        self,
        plan: Plan,
        body: Any,
        meta: Any,
        notes: Notes,
        *,
        ranking: Ranking | None = None,
        token: str | None = None,
    ) -> HybridResponse:
        """Put the diagnostics beside the answer, and tell the hook."""
        request = plan.request
        explained = ranking.parts(request.from_, request.size) if ranking and plan.explain else {}
        info = HybridInfo(
            plan=plan.name,
            reason=plan.passthrough,
            reranked=len(ranking.reranked) if ranking else 0,
            degraded=notes.degradations,
            timings_ms=notes.timings_ms,
            order=token,
            parts=explained,
        )
        if request.explicit:
            body = {**body, "ext": {**body.get("ext", {}), "hybrid": info.to_dict()}}
        response = HybridResponse(body, meta, info)
        self._tools.tell(
            SearchDone(
                plan=info.plan,
                took_ms=notes.took_ms(),
                timings_ms=info.timings_ms,
                degraded=info.degraded,
                total=response.total,
                returned=len(response.hits),
            )
        )
        return response
