"""What a hybrid search must answer, worked out again from two plain searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid.testing import HashEmbedder
from es_hybrid.types import TextKind
from tests.support.shops import DIMS

SCRIPTS = {
    "cosine": "(1 + cosineSimilarity(params.v, 'embedding')) / 2",
    "dot_product": "(1 + dotProduct(params.v, 'embedding')) / 2",
    "l2_norm": "1 / (1 + Math.pow(l2norm(params.v, 'embedding'), 2))",
    "max_inner_product": (
        "double s = dotProduct(params.v, 'embedding'); return s < 0 ? 1 / (1 - s) : s + 1;"
    ),
}
"""The score of each similarity, as the reference page of `dense_vector` gives it."""


def query_vector(text: str) -> list[float]:
    """Return what the hash embedder makes of a shopper's words."""
    row: list[float] = (
        HashEmbedder(dims=DIMS).embed([text], kind=TextKind.QUERY, timeout_s=1)[0].tolist()
    )
    return row


def exact_query(
    text: str, *, filters: Sequence[Mapping[str, Any]] = (), similarity: str = "cosine"
) -> dict[str, Any]:
    """Return the query that gives every product with a vector its exact score."""
    clauses = [{"exists": {"field": "embedding"}}, *filters]
    script = {"source": SCRIPTS[similarity], "params": {"v": query_vector(text)}}
    return {"script_score": {"query": {"bool": {"filter": clauses}}, "script": script}}


def scores_of(answer: Any) -> dict[str, float]:
    """Return each hit's score by id, best first."""
    return {hit["_id"]: hit["_score"] for hit in answer["hits"]["hits"]}


def scaled(scores: Mapping[str, float]) -> dict[str, float]:
    """Bring scores to the range from 0, the 10th percentile and below, to 1, the highest."""
    known = sorted(scores.values())
    place = 0.1 * (len(known) - 1)
    below, above = known[int(place)], known[min(int(place) + 1, len(known) - 1)]
    low, high = below + (above - below) * (place - int(place)), known[-1]
    return {id_: max(0.0, (score - low) / (high - low)) for id_, score in scores.items()}


def fused(
    lexical: Mapping[str, float],
    semantic: Mapping[str, float],
    *,
    window: int = 100,
    lexical_weight: float = 0.5,
) -> dict[str, float]:
    """Return the fused scores of the best of both lists, best first.

    Args:
        lexical: Every match's score.
        semantic: Every vector's exact score.
        window: Candidates a list.
        lexical_weight: Share of the words; the rest is the meaning's.
    """
    candidates = list(dict.fromkeys([*list(lexical)[:window], *list(semantic)[:window]]))
    words = scaled({id_: lexical[id_] for id_ in candidates if id_ in lexical})
    meaning = scaled({id_: semantic[id_] for id_ in candidates if id_ in semantic})
    scores = {
        id_: lexical_weight * words.get(id_, 0.0) + (1 - lexical_weight) * meaning.get(id_, 0.0)
        for id_ in candidates
    }
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))
