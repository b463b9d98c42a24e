"""Score texts by the query's words in them: what stands in for a reranker that does not answer.

Each word of the query counts by how few of the candidates have it, and a text's score is the share
of the whole that it covers,

    score = sum of idf(w) for w in text / sum of idf(w),   idf(w) = ln(1 + (N - n + 0.5) / (n + 0.5))

with `n` of `N` texts holding the word: the inverse document frequency of BM25 in Lucene's form
(Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009), taken over
the candidates instead of the catalogue. How often a word stands in a text, and how long the text
is, are left out on purpose: measured, BM25 over the same texts helped half as much and lost on a
quarter of the queries (docs/rerankers.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from es_hybrid.rank.words import FoundWords, QueryWords

__all__ = ["STAND_IN_WEIGHT", "words_scores"]

STAND_IN_WEIGHT = 0.4
"""Share of these scores in the relevance; chosen on half of the judged queries."""


def words_scores(query: str, texts: Sequence[str]) -> list[float]:
    """Return how much of the query's words each text covers, 0 to 1, rare words counting more.

    Args:
        query: The shopper's words.
        texts: What a reranker would have read of the candidates.

    Example:
        >>> scores = words_scores("red shoe", ["Red shoes", "Blue shoe", "Mug"])
        >>> [round(score, 3) for score in scores]
        [1.0, 0.324, 0.0]
    """
    held = FoundWords(texts, QueryWords(query)).held
    if not held.size:
        return [0.0] * len(texts)
    holding = held.sum(axis=0)
    weights = np.log1p((len(texts) - holding + 0.5) / (holding + 0.5))
    # No sum of parts may be more than the whole by its last bit.
    scores: list[float] = np.minimum(held @ weights / weights.sum(), 1.0).tolist()
    return scores
