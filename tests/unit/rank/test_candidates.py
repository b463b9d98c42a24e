"""The legs' lists become one list, each hit once, with all that is known of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.rank.candidates import admitted, collapse, merge
from es_hybrid.types import Hit


def lexical(*ids: str, semantic: float | None = None) -> list[Hit]:
    return [
        Hit("i", id_, lexical_score=9.0 - rank, semantic_score=semantic, lexical_rank=rank)
        for rank, id_ in enumerate(ids, start=1)
    ]


def semantic(*ids: str, score: float = 0.9, words: float | None = None) -> list[Hit]:
    return [
        Hit("i", id_, lexical_score=words, semantic_score=score, semantic_rank=rank)
        for rank, id_ in enumerate(ids, start=1)
    ]


def test_each_hit_once_with_both_scores() -> None:
    """A hit of both lists keeps its lexical place and gains the kNN score and rank."""
    merged = merge(lexical("a", "b"), semantic("b", "c"))
    assert [hit.id for hit in merged] == ["a", "b", "c"]
    both = merged[1]
    assert (both.lexical_rank, both.semantic_rank) == (2, 1)
    assert (both.lexical_score, both.semantic_score) == (7.0, 0.9)
    assert (merged[0].semantic_rank, merged[2].lexical_rank) == (None, None)


def test_the_same_id_in_two_indices_is_two_hits() -> None:
    """Only index and id together name a product."""
    assert len(merge([Hit("a", "1", lexical_rank=1)], [Hit("b", "1", semantic_rank=1)])) == 2


def test_the_floor() -> None:
    """Below it only hits that some word of the query matches are admitted."""
    far = semantic("x", score=0.4) + semantic("y", score=0.4, words=1.0) + semantic("a", score=0.4)
    merged = merge(lexical("a"), far, floor=0.5)
    assert [hit.id for hit in merged] == ["a", "y"]
    assert [hit.id for hit in merge([], semantic("x", score=0.5), floor=0.5)] == ["x"]
    assert merge([], semantic("x", score=0.4), floor=0.5) == ()


def test_codes() -> None:
    """A product found by its code is marked, and is a candidate even if no leg found it."""
    codes = [Hit("i", "b", code=True), Hit("i", "z", code=True)]
    merged = merge(lexical("a", "b"), semantic("b"), codes)
    assert [(hit.id, hit.code) for hit in merged] == [("a", False), ("b", True), ("z", True)]
    assert merged[1].lexical_score == 7.0


IDS = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(IDS, IDS)
def test_nothing_is_lost_or_doubled(words: list[str], meaning: list[str]) -> None:
    """Without a floor the candidates are the union, in lexical order first."""
    merged = [hit.id for hit in merge(lexical(*words), semantic(*meaning))]
    assert merged == words + [id_ for id_ in meaning if id_ not in words]


@given(IDS, IDS)
def test_admitted(words: list[str], meaning: list[str]) -> None:
    """What a fused page adds to the total is what no word of the query matches."""
    merged = merge(lexical(*words), semantic(*meaning))
    assert admitted(merged) == len(set(meaning) - set(words))


def test_weak_word_matches_are_counted_already() -> None:
    """A hit from outside the lexical list that the words do match adds nothing to the total."""
    merged = merge(lexical("a"), semantic("b", words=0.0))
    assert admitted(merged) == 0


@pytest.mark.parametrize(
    ("groups", "order", "kept"),
    [
        (["x", "x", "y"], [0, 1, 2], [0, 2]),
        (["x", "x", "y"], [2, 1, 0], [2, 1]),
        ([None, "x", None], [0, 1, 2], [0, 1]),
        ([], [], []),
    ],
)
def test_collapse(groups: list[str | None], order: list[int], kept: list[int]) -> None:
    """The best of each group stays; products without one are a group, as in Elasticsearch."""
    hits = [
        Hit("i", str(place), fields={} if group is None else {"group": [group]})
        for place, group in enumerate(groups)
    ]
    assert collapse(hits, order, "group") == kept
