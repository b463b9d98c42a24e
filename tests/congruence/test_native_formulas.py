"""In `window` mode our fusion is Elasticsearch's own, hit by hit.

The formulas are those of the reference pages, written out here a second time:
https://www.elastic.co/docs/reference/elasticsearch/rest-apis/retrievers/linear-retriever and
https://www.elastic.co/docs/reference/elasticsearch/rest-apis/reciprocal-rank-fusion. No licensed
cluster is at hand to ask; what a Basic one answers is in `tests/es/_async/test_plans.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.rank.candidates import merge
from es_hybrid.rank.fuse import fuse
from es_hybrid.types import FusionOptions, Hit, Normalizer, ScoreMode

IDS = [f"p{number}" for number in range(12)]
SCORES = st.floats(0.1, 60.0, allow_nan=False).map(lambda score: round(score, 3))
LISTS = st.dictionaries(st.sampled_from(IDS), SCORES, min_size=2, max_size=12).filter(
    lambda scores: len(set(scores.values())) > 1
)
WEIGHTS = st.floats(0.05, 0.95).map(lambda weight: round(weight, 2))


def lists(lexical: dict[str, float], semantic: dict[str, float]) -> list[Hit]:
    """Return the candidates of two lists, each knowing its own scores alone."""

    def ranked(scores: dict[str, float]) -> Sequence[tuple[int, str, float]]:
        best_first = sorted(scores.items(), key=lambda item: -item[1])
        return [(rank, id_, score) for rank, (id_, score) in enumerate(best_first, start=1)]

    words = [
        Hit("i", id_, lexical_score=score, lexical_rank=rank)
        for rank, id_, score in ranked(lexical)
    ]
    meaning = [
        Hit("i", id_, semantic_score=score, semantic_rank=rank)
        for rank, id_, score in ranked(semantic)
    ]
    return merge(words, meaning)


@given(lexical=LISTS, semantic=LISTS, weight=WEIGHTS)
def test_linear(lexical: dict[str, float], semantic: dict[str, float], weight: float) -> None:
    """`linear` adds weighted min-max scores; a list that does not hold a hit adds nothing."""
    hits = lists(lexical, semantic)
    options = FusionOptions(
        normalizer=Normalizer.MINMAX,
        lexical_weight=weight,
        semantic_weight=1.0 - weight,
        scores=ScoreMode.WINDOW,
    )

    def minmax(scores: dict[str, float], id_: str) -> float:
        low, high = min(scores.values()), max(scores.values())
        return (scores[id_] - low) / (high - low) if id_ in scores else 0.0

    documented = [
        weight * minmax(lexical, hit.id) + (1.0 - weight) * minmax(semantic, hit.id) for hit in hits
    ]
    assert fuse(hits, options).tolist() == pytest.approx(documented)


@given(lexical=LISTS, semantic=LISTS, constant=st.integers(1, 100))
def test_rrf(lexical: dict[str, float], semantic: dict[str, float], constant: int) -> None:
    """`rrf` adds `1 / (k + rank)`; ours is the same number on a scale that ends at 1."""
    hits = lists(lexical, semantic)
    fused = fuse(hits, FusionOptions(method="rrf", k=constant, scores=ScoreMode.WINDOW))
    documented = [
        sum(1.0 / (constant + rank) for rank in (hit.lexical_rank, hit.semantic_rank) if rank)
        for hit in hits
    ]
    scale = (constant + 1) / 2
    assert fused.tolist() == pytest.approx([score * scale for score in documented])
