"""Apply a search's policies to its ranking: sold out, variety, caps, new products, pins.

Each policy is a function from an order to an order in a module of its own. What each did is kept,
so that every move can be explained. Products whose exact code was asked for stay where they are:
no policy but a pin goes before them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from random import Random

import numpy as np

from es_hybrid.policies import Policies
from es_hybrid.rank import diversity
from es_hybrid.rank.candidates import group_of
from es_hybrid.rank.columns import HitList
from es_hybrid.rank.explore import Draw, chosen
from es_hybrid.rank.ranking import Ranking
from es_hybrid.rank.slots import Capped, arrange
from es_hybrid.rank.steps import Cause, Reason, Step, StepName
from es_hybrid.rank.stock import in_stock, settled
from es_hybrid.rank.values import attributes
from es_hybrid.types import Hit, HitKey, Scores, Vector

_NO_VECTORS: Mapping[HitKey, Vector] = {}
_NO_DRAW = Draw()


@dataclass(slots=True)
class _Desk:
    """A ranking on its way through the policies.

    Attributes:
        hits: The candidates, and behind them pinned products that are none.
        order: Positions, best first.
        codes: Those whose exact code was asked for; they stand first until products are pinned.
        scores: By position, best first; pinned products that are no candidates have none.
        steps: What was done.
    """

    hits: HitList
    order: list[int]
    codes: list[int]
    scores: Mapping[int, float]
    steps: list[Step]

    @property
    def others(self) -> list[int]:
        """All that a policy may move."""
        return self.order[len(self.codes) :]

    def take(self, name: StepName, order: list[int], reasons: Mapping[int, Reason]) -> None:
        """Take a step, and note it where it did something."""
        if order != self.order or reasons:
            self.steps.append(Step(name, self.order, order, reasons))
            self.order = order


def apply_policies(
    ranking: Ranking,
    policies: Policies,
    *,
    pinned: Sequence[Hit] = (),
    vectors: Mapping[HitKey, Vector] = _NO_VECTORS,
    is_named: Callable[[str], bool] | None = None,
    collapse_field: str | None = None,
    draw: Draw = _NO_DRAW,
) -> Ranking:
    """Return a ranking in the order that the policies give it.

    Args:
        ranking: After the boosts, collapsed.
        policies: What is in force.
        pinned: Pinned products that satisfy the filters; those that are no candidates come in.
        vectors: Stored vectors of the best candidates, for variety by vectors.
        is_named: Whether the shopper named a value; then it is not capped.
        collapse_field: Doc-value field of which each value is answered once.
        draw: What the choice of new products depends on.

    Returns:
        A ranking whose scores never rise down the order; the same one where nothing is in force.
    """
    if not policies.reorder:
        return ranking
    ids = {hit.id for hit in pinned}
    known = {hit.key for hit in ranking.hits if hit.id in ids}
    hits = HitList.of(ranking.hits).followed_by([hit for hit in pinned if hit.key not in known])
    scores = dict(zip(ranking.order, ranking.scores_in_order.tolist(), strict=True))
    asked_for = attributes(hits, "code")
    codes = (
        [position for position in ranking.order if asked_for[position]] if asked_for.any() else []
    )
    desk = _Desk(hits, list(ranking.order), codes, scores, list(ranking.steps))
    available = in_stock(hits, policies.stock) if policies.stock else [True] * len(hits)
    _settle_stock(desk, policies, available)
    _vary(desk, policies, vectors)
    _arrange(desk, policies, available, is_named=is_named, collapse_field=collapse_field, draw=draw)
    return _finished(ranking, desk)


def _settle_stock(desk: _Desk, policies: Policies, available: Sequence[bool]) -> None:
    if policies.stock is None or not policies.moves_sold_out:
        return
    order, reasons = settled(
        desk.others, desk.scores, desk.hits, policies.stock, available=available
    )
    desk.take(StepName.STOCK, desk.codes + order, reasons)


def _vary(desk: _Desk, policies: Policies, vectors: Mapping[HitKey, Vector]) -> None:
    wanted, others = policies.diversity, desk.others
    if wanted is None or not others:
        return
    # Scores by place: what a policy moved has the relevance of where it stands now.
    scores = _scaled(list(desk.scores.values())[len(desk.codes) :])
    if wanted.field is None:
        order = diversity.by_vectors(others, scores, desk.hits, wanted, vectors=vectors)
    else:
        order = diversity.by_field(others, scores, desk.hits, wanted)
    before = {position: place for place, position in enumerate(others)}
    reasons = {
        position: Reason(Cause.VARIETY)
        for place, position in enumerate(order[: wanted.first])
        if place < before[position]
    }
    desk.take(StepName.DIVERSITY, desk.codes + order, reasons)


def _arrange(
    desk: _Desk,
    policies: Policies,
    available: Sequence[bool],
    *,
    is_named: Callable[[str], bool] | None,
    collapse_field: str | None,
    draw: Draw,
) -> None:
    if not policies.pins and not policies.caps and not policies.explore:
        return
    fixed = _places(desk.hits, policies, available)
    order, pins = desk.order, set(fixed.values())
    if collapse_field is not None:
        groups = {group_of(desk.hits[position].fields, collapse_field) for position in pins}
        order = [p for p in order if group_of(desk.hits[p].fields, collapse_field) not in groups]
    rest = [position for position in order if position not in pins]
    capped = Capped.of(policies.caps, desk.hits, is_named=is_named, free=desk.codes)
    coming = _coming(desk, policies, available, rest=rest, fixed=fixed, draw=draw)
    arranged, held = arrange(rest, fixed=fixed, capped=capped, early=coming)
    before = {position: place for place, position in enumerate(desk.order)}
    reasons = {
        position: Reason(Cause.CAPPED, held[position])
        for place, position in enumerate(arranged)
        if position in held and place > before[position]
    }
    reasons |= {
        position: Reason(Cause.EXPLORED)
        for place, position in coming.items()
        if place < before[position] and arranged[place] == position
    }
    reasons |= {position: Reason(Cause.PINNED) for position in pins}
    desk.take(StepName.SLOTS, arranged, reasons)


def _coming(
    desk: _Desk,
    policies: Policies,
    available: Sequence[bool],
    *,
    rest: Sequence[int],
    fixed: Mapping[int, int],
    draw: Draw,
) -> dict[int, int]:
    """Return which new product comes up to which place, from 0."""
    if policies.explore is None:
        return {}
    barred = {*desk.codes}.difference(fixed.values())
    free = (place for place in count() if place not in fixed)
    taken = {*fixed, *islice(free, len(barred))}
    if policies.moves_sold_out:
        barred |= {position for position, can in enumerate(available) if not can}
    return chosen(
        rest,
        desk.scores,
        desk.hits,
        policies.explore,
        now_s=draw.now_s,
        random=Random(draw.seed),
        taken=taken,
        barred=barred,
    )


def _places(hits: Sequence[Hit], policies: Policies, available: Sequence[bool]) -> dict[int, int]:
    """Return which pinned product stands at which place, from 0."""
    wanted = {pin.id for pin in policies.pins}
    if not wanted:
        return {}
    found: dict[str, int] = {}
    meant = [(place, hit) for place, hit in enumerate(hits) if hit.id in wanted]
    # Two indices of one alias may hold the same id: the first one by name is meant.
    for place, hit in sorted(meant, key=lambda pair: pair[1].key):
        found.setdefault(hit.id, place)
    fixed: dict[int, int] = {}
    missing: dict[int, int] = {}
    used: set[int] = set()
    for pin in policies.pins:
        position = found.get(pin.id)
        if position in used:
            continue
        if position is None or (pin.in_stock_only and not available[position]):
            missing[pin.rule] = missing.get(pin.rule, 0) + 1
            continue
        place = max(0, pin.position - 1 - missing.get(pin.rule, 0))
        while place in fixed:
            place += 1
        fixed[place] = position
        used.add(position)
    return fixed


def _scaled(scores: Sequence[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [score / best for score in scores] if best > 0.0 else [0.0] * len(scores)


def _finished(ranking: Ranking, desk: _Desk) -> Ranking:
    """Return the ranking with pinned products in it, and scores that fit the order."""
    many, order, steps = len(ranking.hits), desk.order, desk.steps
    shown_scores = _falling(order, desk.scores)
    extra = range(many, len(desk.hits))
    if not extra:
        return replace(ranking, order=order, shown_scores=shown_scores, steps=steps)
    shown = set(order)
    came = [position for position in extra if position in shown]
    if len(came) < len(extra):  # those behind one that stays out move up
        places = {position: many + number for number, position in enumerate(came)}
        order = [places.get(position, position) for position in order]
        steps = [_renumbered(step, places) for step in steps]
    zeros = np.zeros(len(came))
    return replace(
        ranking,
        hits=[*ranking.hits, *(desk.hits[position] for position in came)],
        fused=np.concatenate((ranking.fused, zeros)),
        relevance=np.concatenate((ranking.relevance, zeros)),
        boosted=ranking.boosted.with_more(len(came)),
        order=order,
        shown_scores=shown_scores,
        steps=steps,
    )


def _renumbered(step: Step, places: Mapping[int, int]) -> Step:
    return Step(
        step.name,
        step.before,
        [places.get(position, position) for position in step.after],
        {places.get(position, position): reason for position, reason in step.reasons.items()},
    )


def _falling(order: Sequence[int], scores: Mapping[int, float]) -> Scores:
    """Return scores by place: those of the hits, best first; a pin without one has its successor's."""
    shown = set(order)
    falling = [score for position, score in scores.items() if position in shown]
    for place, position in enumerate(order):
        if position not in scores:
            next_one = falling[min(place, len(falling) - 1)] if falling else 1.0
            falling.insert(place, next_one)
    return np.array(falling)
