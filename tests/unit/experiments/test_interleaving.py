"""Two rankings in one list."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.experiments import Interleaved, credit, preference, team_draft

RANKING = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10)


@given(RANKING, RANKING, st.integers(0, 12), st.integers())
def test_no_product_is_lost_or_doubled(
    first: list[str], second: list[str], size: int, seed: int
) -> None:
    """The list is as long as it can be, each product once, and each team in its own order."""
    shown = team_draft(first, second, size=size, random=Random(seed))
    assert len(shown.items) == len(set(shown.items)) == min(size, len(set(first) | set(second)))
    for team, ranking in (("a", first), ("b", second)):
        own = [i for i, t in zip(shown.items, shown.teams, strict=True) if t == team]
        assert own == [item for item in ranking if item in own]


@given(st.permutations(list("abcdefgh")), st.permutations(list("abcdefgh")), st.integers())
def test_both_choose_equally_often(first: list[str], second: list[str], seed: int) -> None:
    """No ranking has more than one product more than the other, at any depth."""
    teams = team_draft(first, second, size=8, random=Random(seed)).teams
    for depth in range(1, 9):
        assert abs(teams[:depth].count("a") - teams[:depth].count("b")) <= 1


def test_the_better_ranking_is_preferred() -> None:
    """Shoppers who click what they like choose the ranking that puts it first, beyond chance."""
    random = Random(5)
    liked = {"x": 0.6, "y": 0.3, "z": 0.05}
    votes = []
    for _ in range(600):
        shown = team_draft(["x", "y", "z"], ["z", "y", "x"], size=3, random=random)
        clicked = [
            item
            for place, item in enumerate(shown.items)
            if random.random() < liked[item] / (1 + place)
        ]
        votes.append(credit(shown, clicked))
    preferred, p = preference(votes)
    assert preferred > 0.3
    assert p < 0.001


def test_equal_rankings_are_not_preferred() -> None:
    """Shoppers who click anywhere prefer neither, in all but one of twenty experiments."""
    random = Random(11)
    found = 0
    for _ in range(400):
        votes = []
        for _ in range(60):
            shown = team_draft("abcd", "dcba", size=4, random=random)
            votes.append(credit(shown, [random.choice(shown.items)]))
        found += preference(votes)[1] < 0.05
    assert found / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_a_reload_shows_the_same_page() -> None:
    """With a seed of shopper and query, coins fall as they fell before."""
    first, second = list("abcdef"), list("fedcba")
    assert team_draft(first, second, size=6, random=Random("s7:shoe")) == team_draft(
        first, second, size=6, random=Random("s7:shoe")
    )


def test_ties_say_nothing() -> None:
    """A search without a click, or with one for each, is no vote."""
    shown = Interleaved(("x", "y"), ("a", "b"))
    assert credit(shown, []) == credit(shown, ["x", "y"]) == 0
    assert preference([0, 0]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("wins", "losses", "p"), [(10, 0, 2 / 1024), (5, 5, 1.0), (8, 2, 0.109375)]
)
def test_p_values_are_the_binomial_ones(wins: int, losses: int, p: float) -> None:
    """As a table of the sign test has them."""
    assert preference([1] * wins + [-1] * losses)[1] == pytest.approx(p)
