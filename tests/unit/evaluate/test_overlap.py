"""How alike two rankings are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.evaluate.overlap import overlap, rank_biased_overlap

RANKING = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10)


def rbo_by_definition(first: list[str], second: list[str], *, p: float, depth: int) -> float:
    """Sum the agreements of two rankings of one length, down to a depth."""
    return (1 - p) * sum(
        p ** (d - 1) * len(set(first[:d]) & set(second[:d])) / d for d in range(1, depth + 1)
    )


@given(st.permutations(list("abcdefgh")), st.permutations(list("abcdefgh")))
def test_equals_the_definition(first: list[str], second: list[str]) -> None:
    """Of two orders of the same products, beyond whose end all agrees."""
    beyond = 0.8 ** len(first)
    expected = rbo_by_definition(first, second, p=0.8, depth=8) + beyond
    assert rank_biased_overlap(first, second, p=0.8) == pytest.approx(expected)


@given(RANKING, RANKING)
def test_bounds_and_symmetry(first: list[str], second: list[str]) -> None:
    """From 0 to 1, whichever is named first, also of lists of unlike length."""
    for measure in (overlap, rank_biased_overlap):
        found = measure(first, second)
        assert 0.0 <= found <= 1.0
        assert found == measure(second, first)
        assert measure(first, first) == pytest.approx(1.0)


def test_the_top_counts_most() -> None:
    """A swap of the first two differs more than a swap of the last two."""
    order = list("abcdefgh")
    top, bottom = [*"ba", *order[2:]], [*order[:6], *"hg"]
    assert rank_biased_overlap(order, top) < rank_biased_overlap(order, bottom)


def test_nothing_found() -> None:
    """Two empty answers are alike, and an empty one has nothing of the other."""
    assert overlap([], []) == rank_biased_overlap([], []) == 1.0
    assert overlap([], ["a"]) == rank_biased_overlap([], ["a"]) == 0.0
