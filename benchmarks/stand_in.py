"""Measure what stands in for a reranker that does not answer: words, on judged queries.

    python -m benchmarks.stand_in INDEX --queries queries.csv --qrels qrels.csv [--query-vectors FILE]

Searches an index with the settings of the environment, without a reranker, and orders the best 50
anew: by the share of the query's words (what es_hybrid does), by BM25 over the same texts, and by the
embedded late-interaction reranker. Each at several weights, over every other query (`choose`) and
over the rest (`report`): the weight is chosen on the first half, and judged on the second.
"""

from __future__ import annotations

import argparse
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings, hybrid_ext
from es_hybrid.evaluate import (
    JudgedQuery,
    Judgments,
    ndcg,
    read_judgments,
    read_queries,
    read_query_vectors,
    reciprocal_rank,
    relevance_threshold,
)
from es_hybrid.local.reranker import LateInteractionReranker
from es_hybrid.rank.fuse import order_of
from es_hybrid.rank.rerank import blend, product_text
from es_hybrid.rank.stand_in import words_scores
from es_hybrid.token_budget import MAX_TOKENS
from es_hybrid.types import Scores

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
TOP = 50
FIELDS = ("title", "brand", "category_path", "attributes_text", "description")
Scorer = Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True)
class Found:
    """One query's candidates, best first.

    Attributes:
        query: The judged query.
        ids: Product ids.
        fused: Their fused scores.
        texts: What a reranker reads of the best.
    """

    query: JudgedQuery
    ids: Sequence[str]
    fused: Scores
    texts: Sequence[str]


def bm25(query: str, texts: Sequence[str], *, k1: float = 1.2, b: float = 0.75) -> list[float]:
    """Return BM25 over the candidates alone (Robertson and Zaragoza, 2009), for comparison."""
    bags = [Counter(re.findall(r"[a-z0-9]+|[\u3400-\u9fff]", text.lower())) for text in texts]
    mean = sum(bag.total() for bag in bags) / max(len(bags), 1) or 1.0
    scores = [0.0] * len(bags)
    for word in set(re.findall(r"[a-z0-9]+|[\u3400-\u9fff]", query.lower())):
        holding = sum(word in bag for bag in bags)
        idf = math.log1p((len(bags) - holding + 0.5) / (holding + 0.5))
        for place, bag in enumerate(bags):
            long = 1.0 - b + b * bag.total() / mean
            scores[place] += idf * bag[word] * (k1 + 1.0) / (bag[word] + k1 * long)
    return scores


def candidates(
    shop: HybridClient, index: str, queries: Sequence[JudgedQuery], vectors: Mapping[str, Any]
) -> list[Found]:
    """Search each query once, a hundred deep, fused and not reranked."""
    found = []
    for query in queries:
        own = {"vector": vectors[query.id].tolist()} if query.id in vectors else {}
        ext = hybrid_ext(text=query.text, rerank=False, boosts=[], explain=True, **own)
        answer = shop.search(index=index, size=100, source_excludes="embedding", ext=ext)
        parts = list(answer.hybrid.parts.values())
        texts = [
            product_text(h.source, FIELDS, max_tokens=MAX_TOKENS).text for h in answer.hits[:TOP]
        ]
        fused = np.array([part.fused for part in parts])
        found.append(Found(query, [hit.id for hit in answer.hits], fused, texts))
    return found


def mean(half: Sequence[Found], judgments: Judgments, weight: float, score: Scorer) -> float:
    """Return NDCG@10 where grades reach 2, reciprocal rank where judgments are yes or no."""
    values = []
    for each in half:
        grades = judgments.get(each.query.id, {})
        relevance = each.fused
        if weight and each.texts:
            scores = list(score(each.query.text, each.texts))
            relevance = blend(each.fused, list(range(len(scores))), scores, weight)
        ranking = [each.ids[place] for place in order_of(relevance)]
        graded = max(grades.values(), default=0) > 1
        values.append(ndcg(ranking, grades) if graded else _reciprocal(ranking, grades))
    return float(np.mean(values)) if values else 0.0


def _reciprocal(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    return reciprocal_rank(ranking, grades, relevant_from=1)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description="Measure what stands in for a dead reranker.")
    parser.add_argument("index", help="index or alias")
    parser.add_argument("--queries", required=True, metavar="FILE.csv")
    parser.add_argument("--qrels", required=True, metavar="FILE.csv")
    parser.add_argument("--query-vectors", metavar="FILE.npz")
    args = parser.parse_args(argv)
    judgments = read_judgments(args.qrels)
    least = relevance_threshold(judgments)
    queries = [
        query
        for query in read_queries(args.queries)
        if max(judgments.get(query.id, {}).values(), default=0) >= least
    ]
    vectors = read_query_vectors(args.query_vectors) if args.query_vectors else {}
    with Elasticsearch(os.environ["ES_HYBRID_ES_URL"]) as es:
        settings = Settings(search={"budget_s": 30.0}, embed={"timeout_s": 10.0})
        with HybridClient(es, settings=settings) as shop:
            found = candidates(shop, args.index, queries, vectors)
    late = LateInteractionReranker()
    scorers: dict[str, Scorer] = {
        "words": words_scores,
        "bm25": bm25,
        "late interaction": lambda query, texts: late.rerank(
            query, texts, instruction=None, timeout_s=10.0
        ),
    }
    print(f"{len(queries)} queries   " + "".join(f"{weight:>8}" for weight in WEIGHTS))
    for name, score in scorers.items():
        for half, some in (("choose", found[::2]), ("report", found[1::2])):
            row = (mean(some, judgments, weight, score) for weight in WEIGHTS)
            print(f"{name:>17} {half} " + "".join(f"{value:8.4f}" for value in row))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
