"""Looks up what a plan depends on, and makes it: schema, rules, the shopper, a learned model."""

from __future__ import annotations

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid.protocols import LearnedRanking
from es_hybrid.query.decide import make_passthrough, make_plan
from es_hybrid.query.models import Surroundings
from es_hybrid.query.plan import Plan
from es_hybrid.query.request import SearchRequest
from es_hybrid.respond.notes import Notes
from es_hybrid.types import Stage


async def plan_of(
    es: AsyncElasticsearch,
    tools: AsyncToolbox,
    request: SearchRequest,
    notes: Notes,
    *,
    learned: LearnedRanking | None = None,
) -> Plan:
    """Decide how a request is carried out; asks for an index's schema where it is not known.

    Args:
        es: The shop's own client.
        tools: Where schemas, rules, shoppers and models are looked up.
        request: What the caller sent.
        notes: Times and degradations.
        learned: In place of the settings' and the request's model.
    """
    with notes.timing(Stage.PLAN):
        plan = make_passthrough(request)
        if plan is None:
            schema = await tools.schemas.of(es, request)
            refused = tools.schemas.refused
            around = Surroundings(tools.settings, schema, tools.models, refused)
            rules, lack = await tools.rulebook.of(es, request)
            notes.degraded(*([] if lack is None else [lack]))
            taste = await tools.shopper_book.of(es, request, schema, notes)
            ruled_by = tools.in_force(request, rules, money=schema.money, taste=taste)
            if learned is None:
                learned, lack = tools.learned.of(request.options.learned)
                notes.degraded(*([] if lack is None else [lack]))
            plan = make_plan(
                request,
                around,
                boosts=ruled_by.boosts,
                policies=ruled_by.policies,
                learned=learned,
            )
    notes.degraded(*plan.degraded)
    return plan
