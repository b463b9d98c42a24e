"""Places for new products."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.rank.explore import Exploration, chosen, is_new, smoothed_sales
from es_hybrid.types import Hit

DAY_S = 86_400.0
NEW = {"created_at": ["1970-01-01T00:00:00Z"]}
OLD = {"created_at": ["1960-01-01T00:00:00Z"]}


def candidates(new: set[int], count: int = 48) -> tuple[list[Hit], dict[int, float]]:
    """Return candidates of falling scores, some of them new."""
    hits = [Hit("i", str(n), fields=NEW if n in new else OLD) for n in range(count)]
    return hits, {n: 1.0 - n / count for n in range(count)}


def draw(new: set[int], *, seed: int = 1, **options: int) -> dict[int, int]:
    hits, scores = candidates(new)
    settings = Exploration(**options)  # type: ignore[arg-type]
    order = list(range(len(hits)))
    return chosen(order, scores, hits, settings, now_s=0.0, random=Random(seed))


def test_each_page_has_its_slot() -> None:
    """A new product from below stands at the slot of each page, one each, never twice."""
    found = draw({40, 42, 44, 46})
    assert sorted(found) == [5, 29]
    assert len(set(found.values())) == 2
    assert set(found.values()) <= {40, 42, 44, 46}


def test_a_page_that_has_one_gets_no_second() -> None:
    """A new product that stands high by itself needs no help, and uses the budget up."""
    assert sorted(draw({2, 40, 44})) == [29]


def test_two_slots_a_page() -> None:
    """A page's own new product uses one of them up, and not both."""
    new = {40, 41, 42, 43, 44}
    assert sorted(place for place in draw(new, slots=2) if place < 24) == [5, 17]
    assert sorted(place for place in draw({2, *new}, slots=2) if place < 24) == [17]


def test_a_slot_that_is_taken_moves_down() -> None:
    """Where something else holds the place, the new product stands below it, on the same page."""
    hits, scores = candidates({40})
    options = {"now_s": 0.0, "random": Random(1)}
    found = chosen(range(48), scores, hits, Exploration(), taken={5, 6}, **options)  # type: ignore[arg-type]
    assert found == {7: 40}
    full = chosen(range(48), scores, hits, Exploration(), taken=range(5, 24), **options)  # type: ignore[arg-type]
    assert found[7] in full.values()
    assert min(full) >= 24


def test_what_is_barred_gets_no_slot() -> None:
    """A sold-out product is not shown off, however new it is."""
    hits, scores = candidates({40})
    assert (
        chosen(range(48), scores, hits, Exploration(), now_s=0.0, random=Random(1), barred={40})
        == {}
    )


def test_nothing_new_takes_no_place() -> None:
    """Without new products the order is left alone."""
    assert draw(set()) == {}


def test_the_better_is_drawn_more_often() -> None:
    """Exploring costs least where relevance is high; still each has its chance."""
    drawn = [draw({10, 45}, seed=seed)[5] for seed in range(300)]
    assert drawn.count(10) > drawn.count(45) > 10


def test_a_reload_draws_the_same() -> None:
    """With the same seed the page does not change under the shopper's hands."""
    assert draw({30, 40}, seed=7) == draw({30, 40}, seed=7)


def test_enough_impressions_end_it() -> None:
    """A product that was shown often enough has had its chance, however young it is."""
    options = Exploration(impressions_field="impressions", until_impressions=500)
    hits = [Hit("i", str(n), fields={**NEW, "impressions": [n]}) for n in (0, 499, 500)]
    assert is_new([*hits, Hit("i", "x", fields=NEW)], options, now_s=0.0) == [
        True,
        True,
        False,
        True,
    ]


def test_the_callers_own_count_wins() -> None:
    """A shop that counts elsewhere passes the numbers in; of other products the field is read."""
    options = Exploration(impressions_field="shown", impressions={"a": 500, "b": 2})
    hits = [Hit("i", id_, fields={**NEW, "shown": [n]}) for id_, n in (("a", 0), ("b", 900))]
    other = Hit("i", "c", fields={**NEW, "shown": [900]})
    assert is_new([*hits, other], options, now_s=0.0) == [False, True, False]


def test_age_ends_it() -> None:
    """After the window a product is not new; one without a date never was."""
    options = Exploration(younger_than_days=30)
    hits = [Hit("i", "a", fields=NEW), Hit("i", "b")]
    assert is_new(hits, options, now_s=29 * DAY_S) == [True, False]
    assert is_new(hits, options, now_s=31 * DAY_S) == [False, False]


@given(st.sets(st.integers(0, 47)), st.integers(0, 4), st.integers(1, 30), st.integers())
def test_the_budget_holds(new: set[int], slots: int, first: int, seed: int) -> None:
    """No page has more slots taken than it may, and every taken one holds a new product once."""
    found = draw(new, seed=seed, slots=slots, first_place=first)
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= new
    for page in (range(24), range(24, 48)):
        assert sum(place in page for place in found) <= slots


def test_a_head_start_fades() -> None:
    """A product of today starts as a typical one; after a year only its own sales count."""
    ages = np.array([0.0, 365.0, np.inf])
    found = smoothed_sales(np.array([0.0, 3.0, 5.0]), ages, prior=20.0)
    assert found.tolist() == pytest.approx([20.0, 3.0, 5.0], abs=0.01)
