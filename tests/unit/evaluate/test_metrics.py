"""Metrics of one ranking."""

from __future__ import annotations

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, Measure, R, nDCG

from es_hybrid.evaluate import ndcg, percentile, recall, reciprocal_rank

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


@given(ranking=RANKING, grades=GRADES, k=st.integers(1, 50))
def test_metrics_stay_between_zero_and_one(
    ranking: list[str], grades: dict[str, int], k: int
) -> None:
    """Every metric is from 0 to 1, whatever is ranked and judged."""
    for metric in (ndcg, reciprocal_rank, recall):
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
