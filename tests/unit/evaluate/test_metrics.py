"""Metrics of one ranking."""

from __future__ import annotations

import random

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import AP, ERR, RR, Judged, Measure, P, R, nDCG

from es_hybrid.evaluate import (
    average_precision,
    expected_reciprocal_rank,
    judged_share,
    ndcg,
    percentile,
    precision,
    recall,
    reciprocal_rank,
)

GRADES = st.dictionaries(st.sampled_from([f"p{n}" for n in range(30)]), st.integers(0, 3))
RANKING = st.lists(st.sampled_from([f"p{n}" for n in range(40)]), unique=True, max_size=40)
NDCG10 = nDCG(gains={0: 0, 1: 1, 2: 3, 3: 7}) @ 10


def reference(measure: Measure, ranking: list[str], grades: dict[str, int]) -> float:
    qrels = [ir_measures.Qrel("q", product, grade) for product, grade in grades.items()]
    run = [ir_measures.ScoredDoc("q", p, float(-rank)) for rank, p in enumerate(ranking)]
    return float(ir_measures.calc_aggregate([measure], qrels, run)[measure])


@settings(max_examples=150, deadline=None)
@given(
    ranking=RANKING.filter(bool),
    grades=GRADES.filter(lambda grades: max(grades.values(), default=0) > 0),
)
def test_ndcg_equals_the_reference(ranking: list[str], grades: dict[str, int]) -> None:
    """NDCG@10 is what ir-measures computes with gains 2^grade - 1."""
    assert ndcg(ranking, grades) == pytest.approx(reference(NDCG10, ranking, grades), abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(
    ranking=RANKING.filter(bool),
    grades=GRADES.filter(lambda grades: max(grades.values(), default=0) > 1),
)
def test_reciprocal_rank_and_recall_equal_the_reference(
    ranking: list[str], grades: dict[str, int]
) -> None:
    """MRR@10 and recall at a depth are what ir-measures computes from grade 2 on."""
    assert reciprocal_rank(ranking, grades) == pytest.approx(
        reference(RR(rel=2) @ 10, ranking, grades), abs=1e-6
    )
    assert recall(ranking, grades, k=20) == pytest.approx(
        reference(R(rel=2) @ 20, ranking, grades), abs=1e-6
    )


@settings(max_examples=150, deadline=None)
@given(
    ranking=RANKING.filter(bool),
    grades=GRADES.filter(lambda grades: max(grades.values(), default=0) > 1),
    k=st.integers(1, 50),
)
def test_precision_map_and_judged_equal_the_reference(
    ranking: list[str], grades: dict[str, int], k: int
) -> None:
    """Precision, average precision and judged at any depth are trec_eval's and ir-measures'."""
    assert precision(ranking, grades, k=k) == pytest.approx(
        reference(P(rel=2) @ k, ranking, grades), abs=1e-6
    )
    assert average_precision(ranking, grades, k=k) == pytest.approx(
        reference(AP(rel=2) @ k, ranking, grades), abs=1e-6
    )
    assert judged_share(ranking, grades, k=k) == pytest.approx(
        reference(Judged @ k, ranking, grades), abs=1e-6
    )


@pytest.mark.parametrize("k", [1, 10, 20])
def test_expected_reciprocal_rank_equals_the_reference(k: int) -> None:
    """ERR of random runs is what TREC's gdeval computes, to its five digits, up to grade 4."""
    chance = random.Random(k)
    products = [f"p{n}" for n in range(40)]
    rankings = {
        str(n): chance.sample(products, chance.randint(1, len(products))) for n in range(1, 201)
    }
    # gdeval computes nothing for a query without a relevant product.
    grades = {query: {"p0": 4} | random_grades(products, chance) for query in rankings}
    qrels = [ir_measures.Qrel(q, p, grade) for q in grades for p, grade in grades[q].items()]
    scored = [
        ir_measures.ScoredDoc(query, product, float(-rank))
        for query, ranking in rankings.items()
        for rank, product in enumerate(ranking)
    ]
    theirs = {
        found.query_id: found.value for found in ir_measures.iter_calc([ERR @ k], qrels, scored)
    }
    ours = {
        query: expected_reciprocal_rank(ranking, grades[query], k=k, top_grade=4)
        for query, ranking in rankings.items()
    }
    assert ours == pytest.approx(theirs, abs=6e-6)


def random_grades(products: list[str], chance: random.Random) -> dict[str, int]:
    judged = chance.sample(products[1:], chance.randint(0, 30))
    return {product: chance.randint(0, 4) for product in judged}


@given(ranking=RANKING, grades=GRADES, k=st.integers(1, 50))
def test_metrics_stay_between_zero_and_one(
    ranking: list[str], grades: dict[str, int], k: int
) -> None:
    """Every metric is from 0 to 1, whatever is ranked and judged."""
    for metric in (
        ndcg,
        reciprocal_rank,
        recall,
        precision,
        average_precision,
        expected_reciprocal_rank,
        judged_share,
    ):
        assert 0.0 <= metric(ranking, grades, k=k) <= 1.0 + 1e-12


@given(grades=GRADES.filter(lambda grades: max(grades.values(), default=0) > 0))
def test_the_best_order_is_worth_one(grades: dict[str, int]) -> None:
    """The judged products in the order of their grades have an NDCG of 1."""
    best = sorted(grades, key=lambda product: -grades[product])
    assert ndcg(best, grades) == pytest.approx(1.0)


def test_a_worked_example() -> None:
    """A grade 1 before a grade 3 is worth (1 + 7 / log2 3) / (7 + 1 / log2 3)."""
    assert ndcg(["b", "a"], {"a": 3, "b": 1}) == pytest.approx(0.70981, abs=1e-5)


def test_unjudged_products_count_as_grade_zero() -> None:
    """A product that nobody judged takes its place and earns nothing."""
    assert ndcg(["unknown", "a"], {"a": 3}) == pytest.approx(0.63093, abs=1e-5)
    assert reciprocal_rank(["unknown", "a"], {"a": 3}) == 0.5


def test_depth_is_a_limit() -> None:
    """What stands below the depth counts for nothing."""
    ranking = [f"p{n}" for n in range(20)]
    assert ndcg(ranking, {"p10": 3}) == 0.0
    assert reciprocal_rank(ranking, {"p10": 3}) == 0.0
    assert recall(ranking, {"p10": 3, "p1": 2}, k=10) == 0.5


def test_the_relevant_grade_can_be_lowered() -> None:
    """In a set of yes and no, grade 1 is relevant when asked for."""
    assert reciprocal_rank(["a"], {"a": 1}) == 0.0
    assert reciprocal_rank(["a"], {"a": 1}, relevant_from=1) == 1.0
    assert recall(["a"], {"a": 1}, relevant_from=1) == 1.0


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 50, 0.0), ([7.0], 95, 7.0), ([4.0, 1.0, 2.0], 50, 2.0), ([0.0, 10.0], 95, 9.5)],
)
def test_percentile(values: list[float], share: float, expected: float) -> None:
    """Percentiles are interpolated, in any order of the values."""
    assert percentile(values, share) == pytest.approx(expected)
