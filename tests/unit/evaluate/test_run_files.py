"""Runs in files."""

from __future__ import annotations

from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import nDCG

from es_hybrid.evaluate import Answer, JudgmentError, Run, ndcg, read_run, run_lines, trec_lines
from es_hybrid.types import Degradation, DegradationReason, Stage

RUN = Run(
    "hybrid",
    (
        Answer(
            "q1",
            ("b", "a"),
            took_ms=12.5,
            stages_ms={"embed": 2.0},
            degraded=(Degradation(Stage.EMBED, DegradationReason.TIMEOUT),),
            scores=(0.9, 0.4),
        ),
        Answer("q 2", ()),
    ),
)


def test_a_saved_run_is_read_back_whole(tmp_path: Path) -> None:
    """Ranking, scores, times and faults survive; a run can be judged again without a search."""
    file = tmp_path / "run.ndjson"
    file.write_text("".join(run_lines(RUN)), encoding="utf-8")
    assert read_run(file) == RUN
    assert read_run(file).faults() == 1


def test_a_run_of_another_system_is_ordered_by_its_scores(tmp_path: Path) -> None:
    """As trec_eval does it: by score, whatever the ranks and the order of the lines say."""
    file = tmp_path / "solr.trec"
    file.write_text("q1 Q0 a 1 0.5 solr\nq1 Q0 b 2 2.5 solr\nq2 Q0 c 1 1e-3 solr\n")
    run = read_run(file)
    assert run.recipe == "solr"
    assert [answer.ranking for answer in run.answers] == [("b", "a"), ("c",)]


@given(
    products=st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1),
    scores=st.lists(st.floats(0, 1), min_size=8, max_size=8),
    scored=st.booleans(),
)
def test_trec_eval_sees_the_same_ranking(
    tmp_path_factory: pytest.TempPathFactory, products: list[str], scores: list[float], scored: bool
) -> None:
    """What is written for trec_eval is worth there what it is worth here, scores or none."""
    own = tuple(scores[: len(products)]) if scored else ()
    run = Run("mine", (Answer("q1", tuple(products), scores=own),))
    file = tmp_path_factory.mktemp("runs") / "mine.trec"
    file.write_text("".join(trec_lines(run)))
    assert read_run(file).answers[0].ranking == tuple(products)
    grades = {"a": 1, "b": 1, "z": 1}
    qrels = [ir_measures.Qrel("q1", product, grade) for product, grade in grades.items()]
    theirs = ir_measures.calc_aggregate(
        [nDCG @ 5], qrels, list(ir_measures.read_trec_run(str(file)))
    )
    assert ndcg(products, grades, k=5) == pytest.approx(theirs[nDCG @ 5], abs=1e-6)


def test_what_a_system_left_out_is_an_empty_answer() -> None:
    """A TREC run does not name queries without results; they count as nothing found."""
    filled = Run("solr", (Answer("q1", ("a",)),)).filled(["q1", "q2"])
    assert [answer.ranking for answer in filled.answers] == [("a",), ()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no run"),
        ("q1 Q0 a 1 0.5\n", "line 1: 5 columns instead of 6"),
        ("q1 Q0 a 1 high solr\n", "line 1: score 'high'"),
        ("q1 Q0 a 1 2 s\nq1 Q0 a 2 1 s\n", "a product is ranked twice"),
        ('{"query_id": "q1"}\n', "line 1: not an answer of a run"),
        ('{"query_id": "q1", "ranking": ["a"], "scores": [1, 2]}\n', "2 scores for 1 products"),
        ('{"query_id": "q1", "ranking": ["a", "a"]}\n', "a product is ranked twice"),
    ],
)
def test_a_wrong_run_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """The error says where and what."""
    file = tmp_path / "run"
    file.write_text(text)
    with pytest.raises(JudgmentError, match=said):
        read_run(file)
