"""Carries out recommendations: what they start from in one trip, candidates and page in another."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError, AsyncElasticsearch

from es_hybrid._async.retrieve import AsyncRetriever
from es_hybrid._async.search import AsyncSearcher
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._tracing import span
from es_hybrid.kept_shoppers import together
from es_hybrid.last_mile import ruled
from es_hybrid.policies import Policies
from es_hybrid.query.models import Surroundings
from es_hybrid.query.plan import Plan
from es_hybrid.query.schema import IndexSchema
from es_hybrid.rank.personal import Shopper
from es_hybrid.recommend.decide import Aim, Known, aim_of, excluding, seed_fields
from es_hybrid.recommend.request import RecommendRequest
from es_hybrid.recommend.search import (
    OWN_FUSERS,
    asked_request,
    compared_vectors,
    found_of,
    page_of,
    plan_of,
)
from es_hybrid.recommend.start import Start, Started, read_start, start_of
from es_hybrid.respond.notes import Notes
from es_hybrid.response import HybridResponse, event_of
from es_hybrid.stages import (
    body_of,
    candidates_of,
    final_order,
    ranking_of,
    response_of,
)
from es_hybrid.types import Degradation, LegResult, Stage


class AsyncRecommender:
    """Runs recommendations for one client, in at most two requests each.

    Args:
        es: The shop's own client.
        toolbox: Schemas, rules and settings, shared by all copies of the client.
        searcher: Takes down what Elasticsearch could not do.
    """

    def __init__(
        self, es: AsyncElasticsearch, toolbox: AsyncToolbox, searcher: AsyncSearcher
    ) -> None:
        self._es = es
        self._tools = toolbox
        self._searcher = searcher
        self._retriever = AsyncRetriever(es)

    async def recommend(self, request: RecommendRequest) -> HybridResponse:
        """Run the pipeline; see `AsyncRecommending.recommend`."""
        begun_s = time.perf_counter()
        with span("recommend") as current:
            response = await self._recommend(request)
            current.note(response.hybrid.traits)
        return self._tools.log.recommended(request, response, started_s=begun_s)

    async def _recommend(self, request: RecommendRequest) -> HybridResponse:
        tools, now_s = self._tools, self._tools.wall_clock()
        notes = Notes(time.perf_counter, span)
        with notes.timing(Stage.PLAN):
            search = asked_request(request)
            schema = await tools.schemas.of(self._es, search)
            rules, lack = await tools.rulebook.of(self._es, search)
            notes.degraded(*([] if lack is None else [lack]))
            in_force = tools.in_force(search, rules, money=schema.money)
        started = await self._start(request, schema, in_force.policies, notes, now_s=now_s)
        request, seeds = started.request, started.seeds
        known = Known(seeds, started.rows, schema, tools.settings.recommend, now_s)
        aim = aim_of(request, known)
        plan = plan_of(
            request,
            aim,
            Surroundings(tools.settings, schema, tools.models),
            boosts=in_force.boosts,
            policies=excluding(
                in_force.policies, request, known, past=request.past_ids(now_s=now_s)
            ),
            seeds=seeds,
        )
        notes.degraded(*aim.lacks, *plan.degraded)
        return await self._carry_out(plan, aim, known, notes)

    async def _start(
        self,
        request: RecommendRequest,
        schema: IndexSchema,
        policies: Policies,
        notes: Notes,
        *,
        now_s: float,
    ) -> Started:
        """Return what a recommendation starts from, and what is kept of its shopper.

        A shopper who is kept in an index comes with it. Whatever stands in the way of that is left
        to the look-up of a shopper alone, which knows what to say of it.
        """
        said = request.shopper
        shopper_id = None if said is None or said.opted_out else request.user.id
        asked = partial(
            start_of,
            fields=seed_fields(request, self._tools.settings.recommend, policies),
            vector_field=schema.vector.name if schema.vector else None,
            now_s=now_s,
        )
        kept = self._tools.shopper_book.kept(shopper_id)
        if kept is not None:
            with suppress(ApiError), notes.timing(Stage.SEEDS):
                start = asked(request, shopper=kept)
                found = await self._fetch(start)
                if not found["_shards"]["failed"]:
                    return read_start(start, found["hits"]["hits"], request, now_s=now_s)
        if shopper_id is not None:
            request = await self._known(request, shopper_id, notes, now_s=now_s)
        start = asked(request)
        if not start.body["size"]:
            return Started(request)
        with notes.timing(Stage.SEEDS):
            found = await self._fetch(start)
        return read_start(start, found["hits"]["hits"], request, now_s=now_s)

    async def _fetch(self, start: Start) -> ObjectApiResponse[Any]:
        return await self._es.search(
            index=start.index,
            body=start.body,
            # A shop may have no table, or a key that may not read it.
            ignore_unavailable=True if start.table else None,
        )

    async def _known(
        self, request: RecommendRequest, shopper_id: str, notes: Notes, *, now_s: float
    ) -> RecommendRequest:
        """Return the request with what is kept of its shopper."""
        with notes.timing(Stage.SHOPPER):
            stored = await self._tools.shopper_book.stored(self._es, shopper_id, now_s=now_s)
        if isinstance(stored, Degradation):
            notes.degraded(stored)
            return request
        return replace(request, shopper=together(stored, request.shopper or Shopper()))

    async def _carry_out(self, plan: Plan, aim: Aim, known: Known, notes: Notes) -> HybridResponse:
        server = await self._tools.schemas.server(self._es)
        with notes.timing(Stage.RETRIEVE):
            legs = await self._retriever.legs(plan, aim.vector, server)
        if isinstance(legs, LegResult):
            # The bare client fails in Elasticsearch's own words.
            answer = await self._retriever.bare(plan)
            return response_of(plan, answer.body, answer.meta, notes)
        self._searcher.note_legs(plan, legs, notes)
        lists = (legs.lexical, legs.semantic, legs.pins)
        fusers = {**self._tools.fusers(plan), **OWN_FUSERS}
        candidates = candidates_of(plan, *lists[:2], legs.codes, fusers, pins=legs.pins.hits)
        settings = self._tools.settings
        ranking = ranking_of(plan, candidates, None, settings, now_s=known.now_s, notes=notes)
        if plan.policies.reorder:
            with notes.timing(Stage.RULES):
                vectors = compared_vectors(plan, ranking, lists)
                ranking = ruled(
                    plan, ranking, pinned=candidates.pinned, vectors=vectors, now_s=known.now_s
                )
        plan, lack = found_of(plan, ranking, known)
        notes.degraded(*([] if lack is None else [lack]))
        order = final_order(plan, candidates, ranking)
        page = page_of(order, lists, size=plan.request.size)
        body = body_of(plan, legs.lexical, order, page, notes)
        body["hits"]["total"] = {"value": len(order.scores), "relation": "gte"}
        full = self._tools.log.wants_parts
        response = response_of(
            plan, body, legs.meta, notes, ranking=ranking, order=order, logged=full
        )
        self._tools.tell(event_of(response, took_ms=notes.took_ms()))
        return response
