"""From the legs' lists to the final order, in named steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from es_hybrid.policies import BoostLimits
from es_hybrid.protocols import Boost, LearnedRanking
from es_hybrid.rank.boost import Boosted, apply_boosts
from es_hybrid.rank.candidates import collapse, group_of
from es_hybrid.rank.columns import HitList
from es_hybrid.rank.fuse import order_of
from es_hybrid.rank.limits import within_places, within_share
from es_hybrid.rank.order import Order
from es_hybrid.rank.parts import HitParts, Learned
from es_hybrid.rank.personal import ShopperBoost
from es_hybrid.rank.rerank import blend
from es_hybrid.rank.steps import Cause, Reason, Step, StepName, explored, moves_of
from es_hybrid.rank.values import attributes
from es_hybrid.types import (
    BoostContext,
    Correction,
    Evidence,
    Hit,
    HitKey,
    Recommended,
    Scores,
)

_DIGITS = 7
"""Decimals of a final score: a token holds as many, so that all pages show the same."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates in their final order, with what each stage made of them.

    Attributes:
        hits: The candidates; all that follows is aligned with them, or holds positions in them.
        fused: Fused scores, 0 to 1, shape `(n,)`.
        relevance: After reranking and the learned model, before the boosts, shape `(n,)`.
        boosted: Final scores and what each boost did.
        order: Positions, best first; with collapsing, one a group.
        reranked: Rerank scores by position.
        shown_scores: By place in the order, where this is not the order of the scores.
        steps: What changed the order after the boosts.
        evidence: What a learned model was given.
        model: The learned model, where there is one.
        correction: What it made of the candidates.
    """

    hits: Sequence[Hit]
    fused: Scores
    relevance: Scores
    boosted: Boosted
    order: Sequence[int]
    reranked: Mapping[int, float] = field(default_factory=dict)
    shown_scores: Scores | None = None
    steps: Sequence[Step] = ()
    evidence: Evidence | None = None
    model: LearnedRanking | None = None
    correction: Correction | None = None

    @property
    def learned(self) -> LearnedRanking | None:
        """The model that corrected the relevance; `None` where the untrained one stands."""
        lacking = self.correction is None or self.correction.lacking
        return None if lacking else self.model

    @property
    def scores_in_order(self) -> Scores:
        """Final scores by place, never rising."""
        return self.boosted.scores[self.order] if self.shown_scores is None else self.shown_scores

    def final_order(self, *, window: int, added: int, collapse_field: str | None = None) -> Order:
        """Return what the pages need: keys and scores, best first.

        Args:
            window: Candidates per leg; where the lexical list was full, more hits may follow.
            added: Candidates that the lexical query does not match.
            collapse_field: Doc-value field of which each value is answered once.
        """
        places = list(self.order)
        if len(places) < len(self.hits):
            shown = set(places)
            places += [place for place in range(len(self.hits)) if place not in shown]
        hits = self.hits
        given = explored(self.steps)
        groups = (group_of(hit.fields, collapse_field) for hit in self.hits)
        return Order(
            keys=[hits[place][:2] for place in places],
            scores=self.scores_in_order.round(_DIGITS).tolist(),
            groups=list(dict.fromkeys(groups)) if collapse_field else [],
            added=added,
            # The lexical list stands first among the candidates.
            continues=len(hits) >= window and hits[window - 1].lexical_rank is not None,
            explored=tuple(place for place, hit in enumerate(self.order) if hit in given)
            if given
            else (),
        )

    def parts(
        self,
        from_: int,
        size: int,
        *,
        language: str = "en",
        recommended: Recommended | None = None,
    ) -> dict[HitKey, HitParts]:
        """Return what made each score of one page, by key, best first."""
        boosted = self.boosted
        page = list(self.order[from_ : from_ + size])
        scores = self.scores_in_order[from_ : from_ + size].tolist()
        fused, relevance = self.fused[page].tolist(), self.relevance[page].tolist()
        products = (
            [1.0] * len(page) if boosted.products is None else boosted.products[page].tolist()
        )
        factors = [values[page].tolist() for values in boosted.factors.values()]
        moves = moves_of(self.steps, page) if self.steps else {}
        learned = self._learned(page)
        return {
            self.hits[place].key: HitParts(
                position=from_ + row + 1,
                language=language,
                recommended=recommended,
                hit=self.hits[place],
                fused=fused[row],
                rerank=self.reranked.get(place),
                relevance=relevance[row],
                learned=learned.get(place),
                score=scores[row],
                boost=products[row],
                factors={
                    name: own[row] for name, own in zip(boosted.factors, factors, strict=True)
                },
                moves=moves.get(place, ()),
            )
            for row, place in enumerate(page)
        }

    def _learned(self, places: Sequence[int]) -> dict[int, Learned]:
        """Return what the learned model did to candidates; to pinned ones from elsewhere nothing."""
        model, known, correction = self.learned, self.evidence, self.correction
        if model is None or known is None or correction is None:
            return {}
        own = [place for place in places if place < len(known.hits)]
        return {
            place: Learned(model.version, float(known.relevance[place]), causes)
            for place, causes in zip(own, model.contributions(correction, own), strict=True)
        }


def rank(
    hits: Sequence[Hit],
    fused: Scores,
    reranked: Mapping[int, float] | None,
    *,
    rerank_weight: float = 0.0,
    boosts: Sequence[Boost] = (),
    context: BoostContext,
    clamp: tuple[float, float] = (0.5, 2.0),
    limits: BoostLimits | None = None,
    collapse_field: str | None = None,
    texts: Mapping[int, str] | None = None,
    model: LearnedRanking | None = None,
) -> Ranking:
    """Blend the rerank scores in, correct, boost within limits, order, collapse.

    Args:
        hits: The candidates, in the order that breaks ties.
        fused: Their fused scores, 0 to 1.
        reranked: Rerank scores by position; `None` where there are none.
        rerank_weight: Share of the rerank score.
        boosts: Business factors.
        context: What boosts may know.
        clamp: Smallest and largest product of all boosts.
        limits: How far all boosts together may move a product.
        collapse_field: Doc-value field of which each value is answered once.
        texts: What the reranker read, by position.
        model: A learned model, which corrects the relevance.

    Example:
        >>> import numpy as np
        >>> hits = [Hit("i", "a", lexical_score=2.0), Hit("i", "b", lexical_score=1.0)]
        >>> rank(hits, np.array([1.0, 0.5]), {0: 0.1, 1: 0.9}, rerank_weight=0.9,
        ...      context=BoostContext(now_s=0)).order
        [1, 0]
    """
    hits, relevance = HitList.of(hits), fused
    if reranked:
        relevance = blend(fused, list(reranked), list(reranked.values()), rerank_weight)
    known, correction = None, None
    if model is not None:
        known = Evidence(
            query=context.text,
            hits=hits,
            fused=fused,
            relevance=relevance,
            reranked=reranked or {},
            texts=texts or {},
            affinity=_affinity(boosts, hits),
            now_s=context.now_s,
        )
        correction = model.correct(known)
        relevance = correction.relevance
    boosted = apply_boosts(relevance, hits, boosts, context, clamp=clamp)
    limits = limits if boosted.products is not None else None
    if limits is not None and limits.share is not None:
        scores = within_share(relevance, boosted.scores, limits.share)
        boosted = replace(boosted, scores=scores)
    boosted = replace(boosted, scores=_codes_first(hits, boosted.scores))
    order = order_of(boosted.scores)
    if collapse_field is not None:
        order = collapse(hits, order, collapse_field)
    ranking = Ranking(
        hits,
        fused,
        relevance,
        boosted,
        order,
        reranked or {},
        evidence=known,
        model=model,
        correction=correction,
    )
    if limits is not None and limits.places is not None:
        return _within_places(ranking, limits.places)
    return ranking


def _within_places(ranking: Ranking, places: int) -> Ranking:
    """Return a ranking in which no product is further from its place by relevance alone."""
    before = order_of(_codes_first(ranking.hits, ranking.relevance))
    if len(ranking.order) < len(before):
        shown = set(ranking.order)
        before = [position for position in before if position in shown]
    order = within_places(before, ranking.order, places)
    if order == ranking.order:
        return ranking
    reason = Reason(Cause.LIMITED, str(places))
    moved = {p: reason for p, old in zip(order, ranking.order, strict=True) if p != old}
    step = Step(StepName.LIMITS, ranking.order, order, moved)
    return replace(ranking, order=order, shown_scores=ranking.scores_in_order, steps=[step])


def _affinity(boosts: Sequence[Boost], hits: Sequence[Hit]) -> Scores | None:
    """Return how well each product suits the shopper, 0 to 1; `None` where nobody is known."""
    found = next((boost for boost in boosts if isinstance(boost, ShopperBoost)), None)
    if found is None:
        return None
    return np.asarray(found.taste.certainty * found.taste.of(hits, found.fields_by_name))


def _codes_first(hits: Sequence[Hit], scores: Scores) -> Scores:
    """Lift products whose exact code was asked for above all others; no boost reaches them."""
    codes = attributes(hits, "code")
    return np.where(codes, scores + scores.max() + 1.0, scores) if codes.any() else scores
