"""Names of measures."""

from __future__ import annotations

import pytest

from es_hybrid.evaluate import JudgmentError, Measure, Metric, Scale, parse_measures

RANKING = ("x", "a", "b")
GRADES = {"a": 1, "b": 3, "c": 2}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mrr@10", 1 / 3),
        ("recall@3", 1 / 2),
        ("precision@3", 1 / 3),
        ("map@3", (1 / 3) / 2),
        ("judged@3", 2 / 3),
        ("err@2", (1 / 8) / 2),
        ("ndcg@1", 0.0),
    ],
)
def test_a_name_computes_what_it_says(name: str, expected: float) -> None:
    """Each metric looks as deep as its name says, and by the scale that it is given."""
    scale = Scale.of({"q": GRADES})
    assert scale == Scale(relevant_from=2, top_grade=3)
    assert Measure.parse(name).value(RANKING, GRADES, scale=scale) == pytest.approx(expected)


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_has_a_name_that_is_read_back(metric: Metric) -> None:
    """A measure is printed as it is written."""
    assert Measure.parse(str(Measure(metric, 7))) == Measure(metric, 7)


@pytest.mark.parametrize("name", ["ndcg", "ndcg@0", "ndcg@-1", "dcg@10", "ndcg@ten", ""])
def test_another_name_is_refused(name: str) -> None:
    """The error says how measures are written."""
    with pytest.raises(JudgmentError, match="is no measure; write metric@depth"):
        Measure.parse(name)


def test_no_measure_at_all_is_refused() -> None:
    """A report of nothing is a mistake."""
    with pytest.raises(JudgmentError, match="no measure is named"):
        parse_measures([])
