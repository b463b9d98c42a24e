"""Metrics of one ranking, and of many latencies.

A ranking is a sequence of distinct product ids, best first; grades map product ids to whole numbers
from 0. A product that nobody judged counts as grade 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

__all__ = [
    "average_precision",
    "expected_reciprocal_rank",
    "judged_share",
    "ndcg",
    "percentile",
    "precision",
    "recall",
    "reciprocal_rank",
]


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], *, k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first `k` products.

    Gain `2^grade - 1`, discount `1 / log2(rank + 1)`, divided by the value of the best possible
    order of the judged products (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR
    techniques", ACM TOIS 20(4), 2002, with the exponential gain of Burges et al., ICML 2005).

    Args:
        ranking: Product ids, best first.
        grades: The judged products of the query.
        k: Depth.

    Returns:
        From 0 to 1; 0 where no judged product has a grade above 0.

    Example:
        >>> round(ndcg(["b", "a"], {"a": 3, "b": 1}), 3)
        0.71
    """
    best = _dcg(sorted(grades.values(), reverse=True)[:k])
    return _dcg([grades.get(product, 0) for product in ranking[:k]]) / best if best else 0.0


def reciprocal_rank(
    ranking: Sequence[str], grades: Mapping[str, int], *, k: int = 10, relevant_from: int = 2
) -> float:
    """Return 1 / rank of the first relevant product, or 0 where none is among the first `k`.

    Args:
        ranking: Product ids, best first.
        grades: The judged products of the query.
        k: Depth.
        relevant_from: The lowest grade that counts as relevant.

    Example:
        >>> reciprocal_rank(["a", "b"], {"b": 2})
        0.5
    """
    for rank, product in enumerate(ranking[:k], start=1):
        if grades.get(product, 0) >= relevant_from:
            return 1.0 / rank
    return 0.0


def recall(
    ranking: Sequence[str], grades: Mapping[str, int], *, k: int = 100, relevant_from: int = 2
) -> float:
    """Return the share of the relevant products that are among the first `k`.

    Args:
        ranking: Product ids, best first.
        grades: The judged products of the query.
        k: Depth.
        relevant_from: The lowest grade that counts as relevant.

    Returns:
        From 0 to 1; 0 where no product is relevant.

    Example:
        >>> recall(["a", "b"], {"b": 2, "c": 3})
        0.5
    """
    relevant = {product for product, grade in grades.items() if grade >= relevant_from}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def precision(
    ranking: Sequence[str], grades: Mapping[str, int], *, k: int = 10, relevant_from: int = 2
) -> float:
    """Return the share of the first `k` places that a relevant product holds.

    A ranking shorter than `k` leaves places empty, as in trec_eval's `P_k`.

    Args:
        ranking: Product ids, best first.
        grades: The judged products of the query.
        k: Depth.
        relevant_from: The lowest grade that counts as relevant.

    Example:
        >>> precision(["a", "b"], {"b": 2, "c": 3}, k=4)
        0.25
    """
    return sum(grades.get(product, 0) >= relevant_from for product in ranking[:k]) / k


def average_precision(
    ranking: Sequence[str], grades: Mapping[str, int], *, k: int = 100, relevant_from: int = 2
) -> float:
    """Return the mean, over all relevant products, of the precision at each one's rank.

    One that is not among the first `k` adds 0, as in trec_eval's `map_cut_k`. The mean over
    queries is MAP.

    Args:
        ranking: Product ids, best first.
        grades: The judged products of the query.
        k: Depth.
        relevant_from: The lowest grade that counts as relevant.

    Returns:
        From 0 to 1; 0 where no product is relevant.

    Example:
        >>> average_precision(["a", "b", "c"], {"a": 2, "c": 3})
        0.8333333333333333
    """
    relevant = sum(grade >= relevant_from for grade in grades.values())
    found, total = 0, 0.0
    for rank, product in enumerate(ranking[:k], start=1):
        if grades.get(product, 0) >= relevant_from:
            found += 1
            total += found / rank
    return total / relevant if relevant else 0.0


def expected_reciprocal_rank(
    ranking: Sequence[str], grades: Mapping[str, int], *, k: int = 10, top_grade: int = 3
) -> float:
    """Return the expected reciprocal of the rank at which a shopper stops, content.

    A product of grade g contents with probability `(2^g - 1) / 2^top_grade`; who is not content
    looks at the next one (Chapelle, Metzler, Zhang, Grinspan, "Expected reciprocal rank for graded
    relevance", CIKM 2009).

    Args:
        ranking: Product ids, best first.
        grades: The judged products of the query.
        k: Depth.
        top_grade: The highest grade of the scale.

    Returns:
        From 0 to 1, never quite 1.

    Example:
        >>> expected_reciprocal_rank(["b", "a"], {"a": 1}, top_grade=1)
        0.25
    """
    going_on, total = 1.0, 0.0
    for rank, product in enumerate(ranking[:k], start=1):
        content = (2.0 ** grades.get(product, 0) - 1.0) / 2.0**top_grade
        total += going_on * content / rank
        going_on *= 1.0 - content
    return total


def judged_share(ranking: Sequence[str], grades: Mapping[str, int], *, k: int = 10) -> float:
    """Return the share of the first `k` products that anybody judged.

    Where it is low, the other figures say more of the judgments than of the ranking.

    Args:
        ranking: Product ids, best first.
        grades: The judged products of the query.
        k: Depth.

    Returns:
        From 0 to 1; 0 for an empty ranking.

    Example:
        >>> judged_share(["a", "b"], {"b": 0})
        0.5
    """
    first = ranking[:k]
    return sum(product in grades for product in first) / len(first) if first else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile, interpolated between neighbours; 0 where there are no values.

    Args:
        values: In any order.
        share: From 0 to 100.

    Example:
        >>> percentile([1.0, 2.0, 4.0], 50)
        2.0
    """
    return float(np.percentile(values, share)) if values else 0.0


def _dcg(grades: Sequence[int]) -> float:
    """Sum the discounted gains of grades in ranked order."""
    return math.fsum(
        (2.0**grade - 1.0) / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1)
    )
