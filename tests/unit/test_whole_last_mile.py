"""The whole last mile on any candidates: boosts, shopper, limits, rules, new products, pages."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from es_hybrid.policies import (
    BoostLimits,
    Cap,
    Diversity,
    Exploration,
    Pin,
    Policies,
    StockAction,
    StockPolicy,
)
from es_hybrid.rank.boost import FieldBoost, NumericBoost
from es_hybrid.rank.explore import Draw
from es_hybrid.rank.personal import ShopperBoost, Taste
from es_hybrid.rank.policy import apply_policies
from es_hybrid.rank.ranking import Ranking, rank
from es_hybrid.types import BoostContext, Hit

DAY_S = 86_400.0
NOW = 40 * DAY_S
CLAMP = (0.5, 2.0)
BORN = (None, "1970-02-05T00:00:00.000Z", "1969-02-05T00:00:00.000Z")
SALES = NumericBoost("sales", scale=100, by=1.8, prior=30, created_field="born")


@st.composite
def shelves(draw: st.DrawFn) -> list[Hit]:
    """Draw candidates with brands, sales, stock and dates, some of them without."""
    hits = []
    for number in range(draw(st.integers(1, 30))):
        fields: dict[str, Any] = {
            "brand": [draw(st.sampled_from("ABC"))],
            "sales": [draw(st.integers(0, 200))],
            "stock": [draw(st.integers(0, 1))],
        }
        born = draw(st.sampled_from(BORN))
        hits.append(
            Hit("i", f"p{number}", 1.0, fields={**fields, **({"born": [born]} if born else {})})
        )
    return hits


POLICIES = st.builds(
    Policies,
    stock=st.none() | st.just(StockPolicy("stock", StockAction.BURY)),
    pins=st.just(()) | st.integers(1, 20).map(lambda place: (Pin("p0", place),)),
    caps=st.just(()) | st.integers(1, 4).map(lambda most: (Cap("brand", most, 6),)),
    diversity=st.none() | st.just(Diversity("brand", 0.4, 10)),
    explore=st.none() | st.integers(1, 2).map(lambda n: Exploration("born", slots=n, per=6)),
)
LIMITS = st.none() | st.builds(
    BoostLimits, places=st.none() | st.integers(0, 6), share=st.none() | st.floats(0, 1)
)
TASTES = st.builds(
    Taste,
    brands=st.dictionaries(st.sampled_from("ABC"), st.floats(0, 1), max_size=2),
    certainty=st.floats(0.1, 1),
    nearness=st.floats(-1, 1),
)


def ranked(hits: list[Hit], taste: Taste, limits: BoostLimits | None) -> Ranking:
    """Rank in a way that gives each product a score of its own, for a shopper."""
    cosines = {hit.key: np.cos(place) for place, hit in enumerate(hits)}
    shopper = ShopperBoost(taste, {"brand": "brand"}, by=1.5, cosines=cosines)
    return rank(
        hits,
        np.linspace(1.0, 0.2, len(hits)),
        None,
        boosts=[FieldBoost("brand", equals="A", by=1.4), SALES, shopper],
        context=BoostContext(now_s=NOW),
        clamp=CLAMP,
        limits=limits,
    )


def finished(hits: list[Hit], taste: Taste, limits: Any, policies: Policies) -> Ranking:
    return apply_policies(ranked(hits, taste, limits), policies, draw=Draw("seed", NOW))


@settings(deadline=None)
@given(shelves(), TASTES, LIMITS, POLICIES, st.integers(1, 9))
def test_pages_are_disjoint_complete_and_the_same_again(
    hits: list[Hit], taste: Taste, limits: Any, policies: Policies, size: int
) -> None:
    """Each candidate stands on one page once, scores never rise, and the same input pages alike."""
    orders = [
        finished(hits, taste, limits, policies).final_order(window=100, added=0) for _ in "ab"
    ]
    assert orders[0] == orders[1]
    paged = [
        pair for from_ in range(0, len(hits) + size, size) for pair in orders[0].page(from_, size)
    ]
    assert sorted(key for key, _ in paged) == sorted(hit.key for hit in hits)
    scores = [score for _, score in paged]
    assert scores == sorted(scores, reverse=True)


@settings(deadline=None)
@given(shelves(), TASTES, LIMITS)
def test_all_boosts_together_stay_within_their_bounds(
    hits: list[Hit], taste: Taste, limits: BoostLimits | None
) -> None:
    """Clamp, share of the range and places hold for shop and shopper together."""
    before = np.linspace(1.0, 0.2, len(hits))
    after = ranked(hits, taste, limits)
    products = after.boosted.products
    assert products is not None
    assert ((products >= CLAMP[0]) & (products <= CLAMP[1])).all()
    if limits is None:
        return
    if limits.share is not None:
        most = limits.share * (before.max() - before.min())
        assert (np.abs(after.boosted.scores - before) <= most + 1e-9).all()
    if limits.places is not None:
        moved = [abs(place - position) for place, position in enumerate(after.order)]
        assert max(moved) <= limits.places


@settings(deadline=None)
@given(shelves(), TASTES, LIMITS, POLICIES)
def test_every_place_is_explained(
    hits: list[Hit], taste: Taste, limits: Any, policies: Policies
) -> None:
    """Relevance, factors and moves of a product lead to where it stands, and nothing else does."""
    ranking = finished(hits, taste, limits, policies)
    for place, part in enumerate(ranking.parts(0, len(hits)).values(), start=1):
        assert part.position == place
        product = float(np.prod(list(part.factors.values())))
        assert np.isclose(part.boost, min(max(product, CLAMP[0]), CLAMP[1]))
        for one, other in zip(part.moves, part.moves[1:], strict=False):
            assert one.after == other.before
        if part.moves:
            assert part.moves[-1].after == place
        assert part.why.startswith(f"#{place}: ")
