"""Every hit can say why it stands where it stands."""

from __future__ import annotations

import json

import numpy as np

from es_hybrid.rank.boost import NumericBoost
from es_hybrid.rank.parts import HitParts
from es_hybrid.rank.ranking import rank
from es_hybrid.types import BoostContext, Hit

HITS = [
    Hit("i", "a", lexical_score=9.0, semantic_score=0.7, lexical_rank=1, semantic_rank=4),
    Hit("i", "b", lexical_score=1.0, semantic_score=0.9, semantic_rank=1, fields={"sales": [100]}),
    Hit("i", "c", semantic_score=0.8, semantic_rank=2),
]
CONTEXT = BoostContext(now_s=0.0)


def test_parts_of_a_page() -> None:
    """Each stage's share is kept, and multiplying them gives the final score."""
    boost = NumericBoost("sales", scale=100, by=1.5)
    ranking = rank(
        HITS,
        np.array([0.8, 0.6, 0.1]),
        {0: 0.2, 1: 0.9},
        rerank_weight=0.5,
        boosts=[boost],
        context=CONTEXT,
    )
    parts = list(ranking.parts(0, 10).values())
    assert [part.hit.id for part in parts] == ["b", "a", "c"]
    best = parts[0]
    assert (best.position, best.fused, best.rerank, best.relevance) == (1, 0.6, 0.9, 0.8)
    assert (best.factors, best.boost) == ({"sales": 1.5}, 1.5)
    for part in parts:
        assert part.score == part.relevance * part.boost
    assert parts[2].rerank is None
    assert [part.position for part in ranking.parts(1, 1).values()] == [2]


def test_codes_come_first() -> None:
    """A product asked for by its code stands above everything, however boosted."""
    hits = [*HITS, Hit("i", "z", code=True)]
    ranking = rank(
        hits,
        np.array([1.0, 0.5, 0.2, 0.0]),
        None,
        boosts=[NumericBoost("sales", scale=1, by=2)],
        context=CONTEXT,
    )
    assert [hits[place].id for place in ranking.order] == ["z", "a", "b", "c"]
    part = ranking.parts(0, 1)["i", "z"]
    assert "its code is the query" in part.why


def test_the_sentence() -> None:
    """A merchandiser reads what speaks for a hit."""

    def why(hit: Hit, rerank: float | None = None, **factors: float) -> str:
        return HitParts(3, hit, 0.5, rerank, 0.5, 0.5, factors=factors).why

    assert why(HITS[0], 0.876, sales=1.3, in_stock=0.5, new=1.001) == (
        "#3: text match no. 1, meaning match no. 4, the reranker gave it 0.88,"
        " raised ×1.30 for sales, lowered ×0.50 for in_stock."
    )
    assert why(HITS[1]) == "#3: a weaker text match, meaning match no. 1."
    assert why(HITS[2]) == "#3: no word of the query in it, meaning match no. 2."
    assert why(Hit("i", "d", code=True)) == "#3: its code is the query."


def test_as_json() -> None:
    """The parts go into an answer or a log as plain values."""
    part = HitParts(1, HITS[0], np.float64(1 / 3), None, 0.5, 0.5, factors={"sales": 1.3})
    result = json.loads(json.dumps(part.to_dict()))
    assert result["fused"] == 0.333333
    assert result["lexical"] == {"rank": 1, "score": 9.0}
    assert result["rerank"] is None
    assert result["why"] == part.why
