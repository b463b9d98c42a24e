"""Fusing is fair: no hit's score depends on where it stands, and better is never worse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from es_hybrid.errors import ConfigurationError
from es_hybrid.rank.fuse import FUSERS, alone, fuse, leg_scores, linear, order_of, rrf
from es_hybrid.types import FUSED_LEGS, FusionMethod, FusionOptions, Hit, LegName, Normalizer

SCORES = st.none() | st.floats(0, 100)


@st.composite
def candidates(draw: Any, *, least: int = 0) -> list[Hit]:
    pairs = draw(st.lists(st.tuples(SCORES, SCORES), min_size=least, max_size=12))
    hits = [
        Hit("i", str(place), lexical_score=words, semantic_score=meaning)
        for place, (words, meaning) in enumerate(pairs)
    ]
    return with_ranks(with_ranks(hits, "lexical"), "semantic")


def with_ranks(hits: list[Hit], leg: str) -> list[Hit]:
    known = [h for h in hits if getattr(h, f"{leg}_score") is not None]
    known.sort(key=lambda h: -getattr(h, f"{leg}_score"))
    ranks = {hit.id: rank for rank, hit in enumerate(known, start=1)}
    changes: list[Any] = [{f"{leg}_rank": ranks.get(hit.id)} for hit in hits]
    return [hit._replace(**change) for hit, change in zip(hits, changes, strict=True)]


OPTIONS = st.builds(
    FusionOptions,
    method=st.sampled_from(list(FusionMethod)),
    normalizer=st.sampled_from(list(Normalizer)),
    k=st.integers(1, 100),
    lexical_weight=st.floats(0, 1),
    semantic_weight=st.floats(0, 1),
)


@given(candidates(), OPTIONS, st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(
    hits: list[Hit], options: FusionOptions, random: Any
) -> None:
    """Shuffled candidates get the same scores."""
    places = list(range(len(hits)))
    random.shuffle(places)
    straight = fuse(hits, options)
    shuffled = fuse([hits[place] for place in places], options)
    assert shuffled == pytest.approx(straight[places])


@given(candidates(), OPTIONS)
def test_scores_are_finite_and_on_scale(hits: list[Hit], options: FusionOptions) -> None:
    """With weights that sum to 1 and a normaliser, scores are from 0 to 1."""
    fused = fuse(hits, replace(options, lexical_weight=0.3, semantic_weight=0.7))
    assert fused.shape == (len(hits),)
    assert np.isfinite(fused).all()
    if options.normalizer is not Normalizer.NONE or options.method == FusionMethod.RRF:
        assert ((fused >= 0.0) & (fused <= 1.0 + 1e-12)).all()


@given(candidates(least=2), OPTIONS)
def test_better_in_both_legs_is_never_worse(hits: list[Hit], options: FusionOptions) -> None:
    """A hit that another one beats in neither leg is not placed below it."""
    first, second = hits[:2]
    assume(any(hit.semantic_score is not None for hit in hits))
    if options.method == FusionMethod.RRF:
        at_least = all((first.rank(leg) or 999) <= (second.rank(leg) or 999) for leg in FUSED_LEGS)
    else:
        at_least = all(
            (-1.0 if (mine := first.score(leg)) is None else mine)
            >= (-1.0 if (other := second.score(leg)) is None else other)
            for leg in FUSED_LEGS
        )
    assume(at_least)
    fused = fuse(hits, options)
    assert fused[0] >= fused[1] - 1e-12


def test_linear_by_hand() -> None:
    """Each leg's scores scaled and weighted; a missing score counts as 0."""
    hits = [
        Hit("i", "a", lexical_score=10.0, semantic_score=0.5),
        Hit("i", "b", lexical_score=6.0, semantic_score=0.9),
        Hit("i", "c", lexical_score=2.0),
        Hit("i", "d", semantic_score=0.7),
    ]
    options = FusionOptions(normalizer=Normalizer.MINMAX, lexical_weight=0.6, semantic_weight=0.4)
    assert linear(hits, options).tolist() == pytest.approx([0.6, 0.3 + 0.4, 0.0, 0.2])


def test_rrf_by_hand() -> None:
    """Reciprocal ranks, scaled so that first in both legs is 1."""
    hits = [
        Hit("i", "a", lexical_rank=1, semantic_rank=2),
        Hit("i", "b", lexical_rank=2),
        Hit("i", "c"),
    ]
    expected = [(1 / 61 + 1 / 62) * 61 / 2, (1 / 62) * 61 / 2, 0.0]
    assert rrf(hits, FusionOptions(lexical_weight=1, semantic_weight=1)).tolist() == pytest.approx(
        expected
    )


def test_a_weight_of_zero_silences_a_leg() -> None:
    """A leg without weight changes nothing."""
    hits = [Hit("i", "a", lexical_score=1.0, semantic_score=0.9, lexical_rank=1, semantic_rank=1)]
    hits.append(Hit("i", "b", lexical_score=2.0, semantic_score=0.1, lexical_rank=2))
    only = FusionOptions(lexical_weight=1.0, semantic_weight=0.0)
    assert linear(hits, only).tolist() == [0.0, 1.0]
    assert rrf(hits, only).tolist() == pytest.approx([1.0, 61 / 62])


@pytest.mark.parametrize("method", list(FusionMethod))
def test_one_leg_is_not_fused(method: FusionMethod) -> None:
    """Where no hit has a vector, the words' own proportions stay."""
    hits = [Hit("i", "a", lexical_score=8.0), Hit("i", "b", lexical_score=6.0)]
    assert fuse(hits, FusionOptions(method=method)).tolist() == [1.0, 0.75]


def test_alone_without_any_score() -> None:
    """Queries that give every product 0 leave the order as it came."""
    assert alone([Hit("i", "a", lexical_score=0.0), Hit("i", "b")]).tolist() == [0.0, 0.0]
    assert alone([]).tolist() == []


def test_a_native_order_is_kept() -> None:
    """What Elasticsearch fused is scaled and not fused again."""
    hits = [
        Hit("i", name, native_score=score, semantic_score=9 - score)
        for name, score in {"a": 5.0, "b": 3.0, "c": 1.0}.items()
    ]
    assert fuse(hits, FusionOptions()).tolist() == [1.0, 0.5, 0.0]


def test_no_candidates() -> None:
    """An empty page is an answer."""
    assert fuse([], FusionOptions()).tolist() == []


def test_unknown_method() -> None:
    """The error lists what there is."""
    hits = [Hit("i", "a", semantic_score=0.5)]
    with pytest.raises(ConfigurationError, match=r"unknown fusion method best.*linear, rrf"):
        fuse(hits, FusionOptions(method="best"))


@pytest.mark.parametrize("answer", [[0.5], [[0.5, 0.5]], [0.5, float("nan")], [0.5, float("inf")]])
def test_a_plug_in_that_breaks_its_contract(answer: Any) -> None:
    """A fuser must give one finite score per hit; which one did not is said."""
    hits = [Hit("i", "a", semantic_score=0.5), Hit("i", "b", semantic_score=0.4)]
    fusers = {**FUSERS, "mine": lambda hits, options: np.array(answer)}
    with pytest.raises(ConfigurationError, match="mine must return one finite score"):
        fuse(hits, FusionOptions(method="mine"), fusers)


def test_a_plug_in() -> None:
    """A shop's own fuser decides."""
    hits = [Hit("i", "a", semantic_score=0.5), Hit("i", "b", semantic_score=0.4)]
    fusers = {**FUSERS, "mine": lambda hits, options: np.arange(len(hits), dtype=np.float64)}
    assert fuse(hits, FusionOptions(method="mine"), fusers).tolist() == [0.0, 1.0]


def test_ties_keep_the_candidates_order() -> None:
    """Equal scores are broken by place, so that the same request gives the same page."""
    assert order_of(np.array([0.5, 0.9, 0.5, 0.9])) == [1, 3, 0, 2]


def test_leg_scores() -> None:
    """A hit's unknown score is NaN, not 0."""
    hits = [Hit("i", "a", lexical_score=0.0), Hit("i", "b", semantic_score=2.0)]
    assert np.isnan(leg_scores(hits, LegName.LEXICAL)).tolist() == [False, True]
    assert leg_scores(hits, LegName.SEMANTIC)[1] == 2.0
