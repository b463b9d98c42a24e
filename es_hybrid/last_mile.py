"""From a ranking to the order that a shop wants: the pure steps around the policies.

Here other parts of the last mile belong, each between `ranking_of` and `final_order`: a learned
model before the boosts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from es_hybrid.policies import BoostLimits
from es_hybrid.query.plan import Plan
from es_hybrid.rank.diversity import pool_size
from es_hybrid.rank.explore import Draw
from es_hybrid.rank.order import fingerprint
from es_hybrid.rank.personal import ShopperBoost
from es_hybrid.rank.policy import apply_policies
from es_hybrid.rank.ranking import Ranking
from es_hybrid.rank.values import SECONDS_A_DAY
from es_hybrid.rules.conditions import folded, stands_in
from es_hybrid.settings import Settings
from es_hybrid.types import Hit, HitKey, Json, Vector


def limits_of(plan: Plan, settings: Settings) -> BoostLimits | None:
    """Return how far boosts may move a product: by request, then rules, then settings."""
    asked = plan.request.options.boost_limits
    if asked is not None:
        return BoostLimits(asked.places, asked.share)
    if plan.policies.limits is not None:
        return plan.policies.limits
    places, share = settings.search.boost_places, settings.search.boost_share
    return None if places is None and share is None else BoostLimits(places, share)


def direction_of(plan: Plan) -> Vector | None:
    """Return the direction of what the shopper likes, where it can be compared with products."""
    if plan.vector is None:
        return None
    tastes = (boost.taste for boost in plan.boosts if isinstance(boost, ShopperBoost))
    taste = next(tastes, None)
    if taste is None or taste.direction is None:
        return None
    return taste.direction if plan.vector.dims in {None, len(taste.direction)} else None


def with_cosines(plan: Plan, cosines: Mapping[HitKey, float]) -> Plan:
    """Return the plan whose shopper's boost knows how near each candidate is to what is liked."""
    boosts = (
        replace(boost, cosines=cosines) if isinstance(boost, ShopperBoost) else boost
        for boost in plan.boosts
    )
    return replace(plan, boosts=tuple(boosts))


def compared_keys(plan: Plan, ranking: Ranking) -> list[HitKey]:
    """Return whose stored vectors are compared for variety; none where that is not asked for."""
    diversity = plan.policies.diversity
    if diversity is None or not plan.policies.compares_vectors or plan.vector is None:
        return []
    return [ranking.hits[position].key for position in ranking.order[: pool_size(diversity)]]


def vectors_in(hits: Sequence[Json], field: str) -> dict[HitKey, Vector]:
    """Return the stored vectors of hits that were fetched with their `fields`.

    Example:
        >>> hit = {"_index": "i", "_id": "1", "fields": {"embedding": [0.6, 0.8]}}
        >>> vectors_in([hit], "embedding")[("i", "1")].shape
        (2,)
    """
    found: dict[HitKey, Any] = {
        (hit["_index"], hit["_id"]): hit.get("fields", {}).get(field) for hit in hits
    }
    return {key: np.asarray(row, dtype=np.float32) for key, row in found.items() if row}


def fingerprint_of(plan: Plan) -> str:
    """Return by what the token of a search is known to be of this search."""
    request = plan.request
    deciding = [request.body.get(name) for name in ("rescore", "indices_boost", "runtime_mappings")]
    routing = request.params.get("routing")
    query, filters = plan.asked or (plan.query, plan.filter)
    asked = (query, filters, plan.collapse_field, *deciding, routing)
    return fingerprint(request.index, *asked)


def draw_of(plan: Plan, *, now_s: float) -> Draw:
    """Return what the choice of new products depends on: the search and the day, or a given seed.

    All pages of a search draw the same, and so does a reload.
    """
    explore = plan.policies.explore
    if explore is None:
        return Draw(now_s=now_s)
    day = str(int(now_s // SECONDS_A_DAY))
    return Draw(fingerprint_of(plan) + day if explore.seed is None else explore.seed, now_s)


def ruled(
    plan: Plan,
    ranking: Ranking,
    *,
    pinned: Sequence[Hit],
    vectors: Mapping[HitKey, Vector],
    now_s: float,
) -> Ranking:
    """Return the ranking as the rules want it.

    Args:
        plan: With the policies in force.
        ranking: After the boosts.
        pinned: Pinned products that satisfy the filters.
        vectors: Of the products that are compared for variety.
        now_s: Seconds since the epoch.
    """
    words = folded(plan.request.text or "")
    return apply_policies(
        ranking,
        plan.policies,
        pinned=pinned,
        vectors=vectors,
        is_named=lambda value: stands_in(value, words),
        collapse_field=plan.collapse_field,
        draw=draw_of(plan, now_s=now_s),
    )
