"""Judging runs."""

from __future__ import annotations

import json

import pytest

from es_hybrid.evaluate import Answer, JudgedQuery, JudgmentError, Run, judge, judged_queries
from es_hybrid.types import Degradation, DegradationReason, Stage

QUERIES = (
    JudgedQuery("q1", "shoe", {"language": "en", "type": "short"}),
    JudgedQuery("q2", "连衣裙", {"language": "zh"}),
    JudgedQuery("q3", "boot", {"language": "en"}),
    JudgedQuery("q4", "nobody judged this"),
)
JUDGMENTS = {"q1": {"a": 3, "b": 0}, "q2": {"c": 2, "d": 2}, "q3": {"e": 1}, "gone": {"z": 3}}
RUNS = (
    Run(
        "lexical",
        (
            Answer("q1", ("b", "a"), 10.0, {"retrieve": 8.0}),
            Answer("q2", ("c",), 20.0, {"retrieve": 12.0}),
        ),
    ),
    Run(
        "hybrid",
        (
            Answer("q1", ("a",), 30.0, {"embed": 5.0}),
            Answer(
                "q2",
                ("c", "d"),
                40.0,
                degraded=(Degradation(Stage.EMBED, DegradationReason.TIMEOUT),),
            ),
        ),
    ),
)


def test_means_are_over_queries_with_a_relevant_product() -> None:
    """Queries without a product of grade 2 count for no metric, and are reported."""
    report = judge(RUNS, queries=QUERIES, judgments=JUDGMENTS)
    assert (report.query_ids, report.left_out, report.relevant_from) == (("q1", "q2"), 2, 2)
    lexical, hybrid = report.results
    assert lexical.means()["mrr@10"] == 0.75
    assert lexical.means()["recall@100"] == 0.75
    assert hybrid.means() == {"ndcg@10": 1.0, "mrr@10": 1.0, "recall@100": 1.0}
    assert lexical.values["ndcg@10"]["q1"] == pytest.approx(0.63093, abs=1e-5)


def test_latency_and_stages() -> None:
    """Latency is a percentile over queries, stages are means over the queries that had them."""
    lexical, hybrid = judge(RUNS, queries=QUERIES, judgments=JUDGMENTS).results
    assert lexical.latency_ms == {"p50": 15.0, "p95": 19.5}
    assert lexical.stages_ms == {"retrieve": 10.0}
    assert hybrid.stages_ms == {"embed": 5.0}
    assert (hybrid.degraded, hybrid.faults) == ({"embed: timeout": 1}, 1)


def test_slices_follow_the_labels_of_the_queries() -> None:
    """A slice holds the counted queries with its label; those without one are in none."""
    report = judge(RUNS, queries=QUERIES, judgments=JUDGMENTS)
    assert [(part.column, part.label, part.query_ids) for part in report.slices] == [
        ("language", "en", ("q1",)),
        ("language", "zh", ("q2",)),
        ("type", "short", ("q1",)),
    ]
    assert not judge(RUNS, queries=QUERIES, judgments=JUDGMENTS, slice_by=()).slices


def test_the_dictionary_is_json_with_values_a_query_where_asked() -> None:
    """What a machine reads has every figure; values a query only on demand."""
    report = judge(RUNS, queries=QUERIES, judgments=JUDGMENTS)
    content = json.loads(json.dumps(report.to_dict()))
    assert content["queries"] == {"counted": 2, "left_out": 2}
    assert content["recipes"]["hybrid"]["metrics"]["ndcg@10"] == 1.0
    assert content["recipes"]["hybrid"]["faults"] == 1
    english = content["recipes"]["lexical"]["slices"]["language"]["en"]
    assert english["queries"] == 1
    assert english["metrics"]["mrr@10"] == 0.5
    assert "per_query" not in content["recipes"]["lexical"]
    full = report.to_dict(per_query=True)["recipes"]["lexical"]["per_query"]
    assert full["q1"]["mrr@10"] == 0.5


def test_a_binary_set_counts_grade_one() -> None:
    """Where no grade is above 1, grade 1 is relevant, and so it is when asked for."""
    binary = {"q1": {"a": 1}, "q2": {"c": 0}}
    assert [query.id for query in judged_queries(QUERIES, binary)] == ["q1"]
    counted = judged_queries(QUERIES, JUDGMENTS, relevant_from=1)
    assert [query.id for query in counted] == ["q1", "q2", "q3"]


def test_a_set_without_relevant_products_is_refused() -> None:
    """Means over nothing are no figures."""
    with pytest.raises(JudgmentError, match="none of the 4 queries has a product of grade 2"):
        judge(RUNS, queries=QUERIES, judgments={"x": {"a": 3}})


def test_a_run_must_answer_every_query() -> None:
    """A query that was not asked is a mistake of the caller and not a zero."""
    with pytest.raises(JudgmentError, match="run half has no answer to query q2"):
        judge([Run("half", RUNS[0].answers[:1])], queries=QUERIES, judgments=JUDGMENTS)
