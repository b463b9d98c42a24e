"""The search pipeline, top to bottom: every line is a pure decision or one wait."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.planning import plan_of
from es_hybrid._async.retrieve import AsyncRetriever, Retrieved
from es_hybrid._async.shopper_book import compared
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._budget import Budget
from es_hybrid._tracing import span
from es_hybrid.errors import RequestError
from es_hybrid.last_mile import compared_keys, fingerprint_of, ruled
from es_hybrid.preview import SearchPlan, candidate_request, search_plan
from es_hybrid.query.models import unsupported
from es_hybrid.query.options import PATH
from es_hybrid.query.plan import Plan, in_place_of, without_vector
from es_hybrid.query.request import SearchRequest, parse_request
from es_hybrid.rank.order import thaw
from es_hybrid.rank.ranking import Ranking
from es_hybrid.rank.ranking_features import RankingFeatures, Watching
from es_hybrid.respond.degrade import failed_leg
from es_hybrid.respond.notes import Notes
from es_hybrid.response import HybridResponse, event_of
from es_hybrid.stages import (
    Candidates,
    body_of,
    candidates_of,
    final_order,
    fitting,
    no_vectors,
    own_vector,
    ranking_of,
    response_of,
    texts_of,
    words_instead,
)
from es_hybrid.types import Degradation, LegResult, Stage, Vector


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
        self._owner = secrets.token_bytes(16)

    async def search(self, arguments: Mapping[str, Any], *, logged: bool = True) -> HybridResponse:
        """Answer one call of `search`, a frequent one from memory; log it, unless told not to."""
        begun_s = time.perf_counter()
        parsed: list[SearchRequest] = []

        async def made(given: Mapping[str, Any]) -> HybridResponse:
            parsed.append(parse_request(given))
            return await self._run(parsed[0])

        tools = self._tools
        with span("search") as current:
            response = await tools.results.run(arguments, made, owner=self._owner)
            current.note(response.hybrid.traits)
        if response.hybrid.remembered.answer:
            tools.tell(event_of(response, took_ms=1000.0 * (time.perf_counter() - begun_s)))
        if not (logged and tools.log.is_on):
            return response
        request = parsed[0] if parsed else parse_request(arguments)
        return tools.log.searched(request, response, started_s=begun_s)

    async def _run(self, request: SearchRequest) -> HybridResponse:
        """Run the pipeline; see `AsyncHybridClient.search`."""
        notes = Notes(time.perf_counter, span)
        plan = await plan_of(self._es, self._tools, request, notes)
        if plan.token is not None and not plan.passthrough:
            return await self._later_page(plan, plan.token, notes)
        if plan.passthrough or plan.untouched:
            return await self._bare(plan, notes)
        now_s = self._tools.wall_clock()
        if isinstance(found := await self._ranked(plan, notes, now_s=now_s), LegResult):
            return await self._bare(plan, notes, failed=found)
        plan, legs, candidates, ranking = found
        if plan.policies.reorder:
            ranking = await self.ruled(plan, candidates, ranking, notes, now_s=now_s)
        order = final_order(plan, candidates, ranking)
        with notes.timing(Stage.FETCH):
            page = await self._retriever.page(plan, order)
            facets = await self._retriever.facets(plan, order) if plan.counts_later else None
        body = body_of(plan, legs.lexical, order, page, notes, facets=facets)
        full = self._tools.log.wants_parts
        response = response_of(
            plan, body, legs.meta, notes, ranking=ranking, order=order, logged=full
        )
        self._tools.tell(event_of(response, took_ms=notes.took_ms()), text=plan.request.text)
        return response

    async def _ranked(
        self, plan: Plan, notes: Notes, *, now_s: float
    ) -> tuple[Plan, Retrieved, Candidates, Ranking] | LegResult:
        """Find, rerank and rank the candidates, or return the lexical leg that failed."""
        budget = Budget(plan.budget_s, time.monotonic())
        vector = await self._query_vector(plan, budget, notes)
        plan = plan if vector is not None else without_vector(plan)
        legs = await self._legs(plan, vector, notes)
        if isinstance(legs, LegResult):
            return legs
        plan = in_place_of(plan) if legs.replaced else plan
        fusers = self._tools.fusers(plan)
        with notes.timing(Stage.FUSE):
            candidates = candidates_of(
                plan, legs.lexical, legs.semantic, legs.codes, fusers, pins=legs.pins.hits
            )
        candidates, reranked = await self._rerank(plan, candidates, budget, notes)
        plan = await compared(self._retriever, plan, candidates, notes)
        with notes.timing(Stage.BOOST):
            ranking = ranking_of(
                plan, candidates, reranked, self._tools.settings, now_s=now_s, notes=notes
            )
        return plan, legs, candidates, ranking

    async def features(
        self, arguments: Mapping[str, Any], fields: Mapping[str, str]
    ) -> RankingFeatures:
        """Return what a learned model would be given; see `AsyncHybridClient.ranking_features`."""
        notes = Notes(time.perf_counter)
        plan = await plan_of(
            self._es, self._tools, parse_request(arguments), notes, learned=Watching(fields)
        )
        if plan.passthrough or plan.token is not None:
            raise RequestError("a search that is ranked elsewhere has no features", path=PATH)
        found = await self._ranked(plan, notes, now_s=self._tools.wall_clock())
        if not isinstance(found, LegResult):
            return RankingFeatures.of(found[-1], notes.degradations)
        await self._retriever.bare(plan)  # fails in Elasticsearch's own words
        return RankingFeatures.none(notes.degradations)

    async def preview(self, arguments: Mapping[str, Any]) -> SearchPlan:
        """Return what `search` would send; asks the embedder, and Elasticsearch for no documents."""
        notes = Notes(time.perf_counter, span)
        plan = await plan_of(self._es, self._tools, parse_request(arguments), notes)
        request = None
        if not (plan.passthrough or plan.untouched):
            budget = Budget(plan.budget_s, time.monotonic())
            vector = await self._query_vector(plan, budget, notes)
            server = await self._tools.schemas.server(self._es)
            plan = plan if vector is not None else without_vector(plan)
            request = candidate_request(plan, vector, server)
        return search_plan(plan, request, notes.degradations)

    async def ruled(
        self, plan: Plan, candidates: Candidates, ranking: Ranking, notes: Notes, *, now_s: float
    ) -> Ranking:
        """Apply the rules to a ranking; the one place that fetches what they compare."""
        with notes.timing(Stage.RULES):
            keys = compared_keys(plan, ranking)
            vectors = await self._retriever.vectors(plan, keys) if keys else {}
            if isinstance(vectors, Degradation):
                notes.degraded(vectors)
                vectors = {}
            pinned = candidates.pinned
            return ruled(plan, ranking, pinned=pinned, vectors=vectors, now_s=now_s)

    async def _query_vector(self, plan: Plan, budget: Budget, notes: Notes) -> Vector | None:
        """Return the query's vector; `None`, with the reason noted, where there is none."""
        if plan.vector is None:
            return None
        own = own_vector(plan)
        if own is not None:
            return own
        texts = [plan.request.text or ""]
        with notes.timing(Stage.EMBED):
            rows = await self._tools.embed(
                texts,
                instruction=plan.embed_instruction,
                budget=budget,
                raise_errors=plan.raise_errors,
                tallies=[notes.vectors],
            )
        vector = rows if isinstance(rows, Degradation) else fitting(rows[0], plan)
        if isinstance(vector, Degradation):
            notes.degraded(vector)
            return None
        return vector

    async def _bare(
        self, plan: Plan, notes: Notes, *, failed: LegResult | None = None
    ) -> HybridResponse:
        """Let the bare client answer, or fail as it fails."""
        answer = await self._retriever.bare(plan)
        if failed is not None:
            notes.degraded(failed_leg(failed))
        response = response_of(plan, answer.body, answer.meta, notes)
        self._tools.tell(event_of(response, took_ms=notes.took_ms()), text=plan.request.text)
        return response

    async def _later_page(self, plan: Plan, token: str, notes: Notes) -> HybridResponse:
        """Answer a page of an order that an earlier answer froze; no model is asked."""
        order = thaw(token, search=fingerprint_of(plan))
        with notes.timing(Stage.RETRIEVE):
            counted = await self._retriever.counts(plan)
        if isinstance(counted, LegResult):
            return await self._bare(plan, notes, failed=counted)
        with notes.timing(Stage.FETCH):
            page = await self._retriever.page(plan, order)
            facets = await self._retriever.facets(plan, order) if plan.counts_later else None
        body = body_of(plan, counted.lexical, order, page, notes, facets=facets)
        response = response_of(plan, body, counted.meta, notes, order=order)
        self._tools.tell(event_of(response, took_ms=notes.took_ms()), text=plan.request.text)
        return response

    async def _legs(self, plan: Plan, vector: Vector | None, notes: Notes) -> Retrieved | LegResult:
        """Fetch the candidates, or return the lexical leg that failed."""
        server = await self._tools.schemas.server(self._es)
        with notes.timing(Stage.RETRIEVE):
            legs = await self._retriever.legs(plan, vector, server)
        if isinstance(legs, Retrieved):
            self.note_legs(plan, legs, notes)
        return legs

    def note_legs(self, plan: Plan, legs: Retrieved, notes: Notes) -> None:
        """Take down what Elasticsearch could not do, and remember it."""
        schemas = self._tools.schemas
        notes.timed_out = bool(legs.semantic.body.get("timed_out"))
        if legs.refused is not None:
            schemas.refused |= {legs.refused}
            notes.degraded(unsupported(f"this cluster refused {legs.refused}"))
        lack = legs.lack or no_vectors(plan, legs.lexical, legs.semantic)
        if lack is not None:
            if lack.stage is Stage.RETRIEVE:
                # The index may have changed since its mapping was read.
                schemas.forget(plan.request.index)
            notes.degraded(lack)

    async def _rerank(
        self, plan: Plan, candidates: Candidates, budget: Budget, notes: Notes
    ) -> tuple[Candidates, dict[int, float] | None]:
        """Return the candidates and their rerank scores by place; `None` where there are none."""
        if plan.rerank is None or plan.inference is not None or not candidates.hits:
            return candidates, None
        with notes.timing(Stage.RERANK):
            keys = candidates.best(plan.rerank.top)
            sources = await self._retriever.sources(plan, list(keys.values()))
            texts = texts_of(plan, keys, sources, self._tools.settings, notes)
            candidates = replace(candidates, texts=texts)
            scores = await self._tools.rerank(
                plan.request.text or "",
                list(texts.values()),
                instruction=plan.rerank.instruction,
                budget=budget,
                raise_errors=plan.raise_errors,
                tallies=[notes.scores] * len(texts),
            )
        if isinstance(scores, Degradation):
            notes.degraded(scores)
            return words_instead(plan, candidates, texts, notes), None
        return candidates, dict(zip(texts, scores, strict=True))
