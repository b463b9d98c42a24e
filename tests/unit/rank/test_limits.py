"""Boosts move no product further than the shop allows, by share of the range and by places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.policies import BoostLimits
from es_hybrid.rank.boost import FieldBoost
from es_hybrid.rank.limits import within_places, within_share
from es_hybrid.rank.ranking import Ranking, rank
from es_hybrid.rank.steps import Cause
from es_hybrid.types import BoostContext, Hit

ORDERS = st.integers(0, 40).flatmap(lambda n: st.permutations(range(n)))
SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def promoted(
    scores: list[float], *, limits: BoostLimits, codes: int = 0, **options: Any
) -> Ranking:
    """Rank products of which every third is promoted as far as the clamp allows."""
    hits = [
        Hit("i", str(n), fields={"promo": [n % 3 == 0], "group": [n // 2]}, code=n < codes)
        for n in range(len(scores))
    ]
    boosts = [FieldBoost("promo", equals=True, by=2.0), FieldBoost("promo", equals=False, by=0.5)]
    return rank(
        hits,
        np.array(scores),
        None,
        boosts=boosts,
        context=BoostContext(now_s=0),
        limits=limits,
        **options,
    )


@given(ORDERS, st.data())
def test_nothing_moves_further_than_the_limit(before: list[int], data: st.DataObject) -> None:
    """Each product stands at most so many places from where relevance had it, and none is lost."""
    after = data.draw(st.permutations(before))
    places = data.draw(st.integers(0, 50))
    order = within_places(before, after, places)
    assert sorted(order) == sorted(before)
    assert all(abs(order.index(p) - before.index(p)) <= places for p in before)


@given(ORDERS)
def test_the_ends_of_the_limit(before: list[int]) -> None:
    """No places keep the order by relevance; enough of them leave the boosts alone."""
    after = before[::-1]
    assert within_places(before, after, 0) == before
    assert within_places(before, after, len(before)) == after


@given(SCORES, st.floats(0, 1))
def test_share_of_the_range(scores: list[float], share: float) -> None:
    """No score differs from its relevance by more than that share of the range."""
    relevance = np.array(scores)
    boosted = within_share(relevance, relevance[::-1] * 2.0, share)
    most = share * (relevance.max() - relevance.min())
    assert (np.abs(boosted - relevance) <= most + 1e-12).all()


@given(SCORES, st.integers(0, 10), st.integers(0, 2))
def test_a_ranking_within_places(scores: list[float], places: int, codes: int) -> None:
    """Exact codes stay first, scores never rise down the page, and each held product says why."""
    ranking = promoted(scores, limits=BoostLimits(places=places), codes=codes)
    free = promoted(scores, limits=BoostLimits(places=0), codes=codes)
    assert all(
        abs(place - list(free.order).index(position)) <= places
        for place, position in enumerate(ranking.order)
    )
    assert all(ranking.hits[p].code for p in ranking.order[:codes])
    shown = ranking.scores_in_order
    assert (np.diff(shown) <= 0.0).all()
    for part in ranking.parts(0, 50).values():
        assert [move.after for move in part.moves[-1:]] in ([], [part.position])
        assert all(m.reason and m.reason.cause is Cause.LIMITED for m in part.moves)


def test_limits_hold_among_what_is_shown() -> None:
    """With variants collapsed, places are counted on the page that shoppers see."""
    scores = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    ranking = promoted(scores, limits=BoostLimits(places=1), collapse_field="group")
    by_relevance = promoted(scores, limits=BoostLimits(places=0), collapse_field="group")
    assert sorted(ranking.order) == sorted(by_relevance.order)
    moved = [list(by_relevance.order).index(p) - i for i, p in enumerate(ranking.order)]
    assert max(map(abs, moved)) <= 1


@pytest.mark.parametrize("limits", [BoostLimits(), BoostLimits(places=100, share=1.0)])
def test_limits_that_bind_nothing(limits: BoostLimits) -> None:
    """A limit that nothing reaches changes neither order nor scores."""
    scores = [0.9, 0.8, 0.4]
    ranking = promoted(scores, limits=limits)
    assert [ranking.hits[p].id for p in ranking.order] == ["0", "1", "2"]
    assert ranking.steps == ()
