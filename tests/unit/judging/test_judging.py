"""Samples, pools, grades and agreement."""

from __future__ import annotations

import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.evaluate import Answer, JudgedQuery, JudgmentError, Run, read_judgments
from es_hybrid.judging import (
    GRADES,
    JUDGE_PROMPT,
    PROMPT_VERSION,
    GradeFile,
    JudgingQueue,
    PoolItem,
    TrafficPart,
    Verdict,
    agreement,
    in_own_order,
    judging_cost,
    pool,
    pool_csv,
    read_pool,
    sample_queries,
)

COUNTS = {f"query {n}": max(1, 1000 // n) for n in range(1, 400)}
ITEMS = (PoolItem("q1", "shoe", "a", 1), PoolItem("q1", "shoe", "b", 2))


def test_a_sample_has_head_torso_and_tail() -> None:
    """Each part has its share, the head is what is asked most, and a seed says it all."""
    drawn = sample_queries(COUNTS, head=3, torso=4, tail=5, seed=7)
    assert [q.part for q in drawn] == ["head"] * 3 + ["torso"] * 4 + ["tail"] * 5
    lowest = min(q.count for q in drawn if q.part is TrafficPart.HEAD)
    assert lowest >= max(q.count for q in drawn if q.part is TrafficPart.TORSO)
    assert drawn == sample_queries(COUNTS, head=3, torso=4, tail=5, seed=7)
    assert drawn != sample_queries(COUNTS, head=3, torso=4, tail=5, seed=8)
    assert len({q.id for q in drawn}) == 12


def test_a_small_log_gives_what_it_has() -> None:
    """More than there is cannot be drawn."""
    assert [q.text for q in sample_queries({"shoe": 2}, head=5, torso=5, tail=5)] == ["shoe"]
    assert sample_queries({}, head=5, torso=5, tail=5) == ()


def test_a_pool_leaves_out_what_was_judged(tmp_path: Path) -> None:
    """Each product once, with its best place and who shows it; nothing that has a grade."""
    runs = [
        Run("one", (Answer("q1", ("a", "b", "c")), Answer("q9", ("z",)))),
        Run("two", (Answer("q1", ("b", "d")),)),
    ]
    queries = [JudgedQuery("q1", "sh\u00f6es, \u201cred\u201d")]
    found = pool(runs, queries=queries, judgments={"q1": {"a": 0}}, depth=2)
    assert [(i.product_id, i.rank, i.recipes) for i in found] == [
        ("b", 1, ("one", "two")),
        ("d", 2, ("two",)),
    ]
    file = tmp_path / "pool.csv"
    file.write_text(pool_csv(found), encoding="utf-8")
    assert read_pool(file) == found


def test_grades_are_read_by_evaluate(tmp_path: Path) -> None:
    """What a judge saves is a file of judgments; another grade takes the first one's place."""
    grades = GradeFile(tmp_path / "grades.csv")
    assert grades.read() == {}
    grades.save("q1", "a", 3, judge="ann")
    grades.save("q1", "b,c", 0, judge="ann")
    grades.save("q1", "a", 2, judge="bob")
    grades.save("q1", "a", 2, judge="bob")
    assert read_judgments(grades.path) == {"q1": {"b,c": 0, "a": 2}}
    assert len(grades.path.read_text().splitlines()) == 3
    with pytest.raises(JudgmentError, match="none of 0 to 3"):
        grades.save("q1", "a", 4)


def test_many_judges_lose_nothing(tmp_path: Path) -> None:
    """Several threads append to one file, a line a grade."""
    grades = GradeFile(tmp_path / "grades.csv")

    def judge(name: int) -> None:
        for number in range(20):
            grades.save(f"q{name}", str(number), number % 4)

    threads = [threading.Thread(target=judge, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(grades.read()) == 80


def test_a_queue_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """The next item is the first that the file has no grade for, whoever opened it."""
    path = tmp_path / "grades.csv"
    queue = JudgingQueue(ITEMS, GradeFile(path), judge="ann")
    first = queue.next_item()
    assert first == ITEMS[0]
    queue.save(first, 3)
    later = JudgingQueue(ITEMS, GradeFile(path), judge="bob")
    assert (later.next_item(), later.progress()) == (ITEMS[1], (1, 2))
    later.save(ITEMS[1], 0)
    assert (queue.next_item(), queue.progress()) == (None, (2, 2))


def test_kappa_is_that_of_the_textbook() -> None:
    """Fifty proposals, 20 yes by both, 15 no by both, 5 and 10 between: kappa is 0.4."""
    cells = {(1, 1): 20, (1, 0): 5, (0, 1): 10, (0, 0): 15}
    pairs = [pair for pair, count in cells.items() for _ in range(count)]
    first = {"q": {str(n): a for n, (a, _) in enumerate(pairs)}}
    second = {"q": {str(n): b for n, (_, b) in enumerate(pairs)}}
    found = agreement(first, second)
    assert (found.pairs, found.equal) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.weighted_kappa == pytest.approx(0.4)  # with two grades there is one distance
    assert found.to_dict()["pairs"] == 50


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_kappa_is_symmetric_and_at_most_one(pairs: list[tuple[int, int]]) -> None:
    """Nobody is the first judge, and no two agree more than entirely."""
    first = {"q": {str(n): a for n, (a, _) in enumerate(pairs)}}
    second = {"q": {str(n): b for n, (_, b) in enumerate(pairs)}}
    there, back = agreement(first, second), agreement(second, first)
    assert there.kappa == pytest.approx(back.kappa)
    assert there.weighted_kappa == pytest.approx(back.weighted_kappa)
    assert max(there.kappa, there.weighted_kappa) <= 1.0
    assert agreement(first, first).kappa == 1.0


def test_judges_of_different_products_cannot_be_compared() -> None:
    """Nothing in common is said, and not a kappa of nothing."""
    with pytest.raises(JudgmentError, match="no product in common"):
        agreement({"q": {"a": 1}}, {"q": {"b": 1}})


def test_cost_is_tokens_times_prices() -> None:
    """Without prices, or without counted tokens, there is no sum of money."""
    verdicts = [Verdict(3, 1_000_000, 10_000), Verdict(0, 500_000, 10_000)]
    cost = judging_cost(verdicts, prompt_price=2.0, completion_price=10.0)
    assert cost.money == pytest.approx(3.2)
    assert judging_cost(verdicts).money is None
    assert judging_cost([Verdict(3)], prompt_price=2.0, completion_price=10.0).money is None


def test_the_prompt_is_documented() -> None:
    """What a language model is told stands in the docs, word for word, with its version."""
    page = (Path(__file__).parents[3] / "docs" / "judging.md").read_text(encoding="utf-8")
    assert f"```text\n{JUDGE_PROMPT}\n```" in page
    assert f"The prompt is version {PROMPT_VERSION}," in page


@pytest.mark.parametrize(("grade", "meaning"), GRADES.items())
def test_people_and_model_are_told_the_same(grade: int, meaning: str) -> None:
    """A grade means one thing, whoever gives it."""
    assert f"{grade}: {meaning}\n" in JUDGE_PROMPT


def test_a_grade_can_be_taken_back(tmp_path: Path) -> None:
    """It is gone from the file, the others stay, and the item comes again."""
    queue = JudgingQueue(ITEMS, GradeFile(tmp_path / "grades.csv"), judge="ann")
    queue.take_back(ITEMS[0])
    queue.save(ITEMS[0], 3)
    queue.save(ITEMS[1], 1)
    queue.take_back(ITEMS[0])
    assert read_judgments(tmp_path / "grades.csv") == {"q1": {"b": 1}}
    assert queue.next_item() == ITEMS[0]


def test_what_is_put_off_comes_last(tmp_path: Path) -> None:
    """Skipped items come when the others are done, in the order they were skipped."""
    queue = JudgingQueue(ITEMS, GradeFile(tmp_path / "grades.csv"))
    assert queue.next_item(later=ITEMS[:1]) == ITEMS[1]
    assert queue.next_item(later=(ITEMS[1], ITEMS[0])) == ITEMS[1]
    queue.save(ITEMS[1], 1)
    assert queue.next_item(later=(ITEMS[1], ITEMS[0])) == ITEMS[0]


def test_each_judge_has_an_order_of_their_own() -> None:
    """It is the same each time, holds every item, and keeps the products of a query together."""
    items = [PoolItem(f"q{n // 5}", "shoe", str(n), 1) for n in range(40)]
    ann, bob = in_own_order(items, judge="ann"), in_own_order(items, judge="bob")
    assert ann == in_own_order(items, judge="ann")
    assert ann != bob
    assert sorted(map(hash, ann)) == sorted(map(hash, items))
    changes = sum(a.query_id != b.query_id for a, b in pairwise(ann))
    assert changes == 7
    assert in_own_order(items, judge="") == tuple(items)


JUDGE = """
import sys
from es_hybrid.judging import GradeFile
grades, name = GradeFile(sys.argv[1]), sys.argv[2]
for number in range(10):
    grades.save("q1", f"{name}{number}", number % 4, judge=name)
    grades.save("q1", f"{name}{number}", (number + 1) % 4, judge=name)
    if number % 5 == 0:
        grades.remove("q1", f"{name}{number}")
"""


def test_judges_in_processes_of_their_own_lose_nothing(tmp_path: Path) -> None:
    """What one changes or takes back never costs the other a grade."""
    path = tmp_path / "grades.csv"
    judges = [subprocess.Popen([sys.executable, "-c", JUDGE, str(path), name]) for name in "ab"]
    assert [judge.wait() for judge in judges] == [0, 0]
    expected = {
        f"{name}{number}": (number + 1) % 4 for name in "ab" for number in range(10) if number % 5
    }
    assert read_judgments(path) == {"q1": expected}
    assert [file.name for file in tmp_path.iterdir()] == ["grades.csv"]


@pytest.mark.parametrize("header", ["query_id,product_id,grade", "query_id,product_id,grade,note"])
def test_a_file_of_other_columns_is_left_alone(tmp_path: Path, header: str) -> None:
    """Appending to a hand-made file would break it; that is said, with the columns to have."""
    path = tmp_path / "own.csv"
    before = f"{header}\nq1,z,2{',' if header.endswith('note') else ''}\n"
    path.write_text(before)
    with pytest.raises(JudgmentError, match="other columns"):
        GradeFile(path).save("q1", "a", 3)
    assert path.read_text() == before


def test_a_file_without_a_last_line_break_is_continued(tmp_path: Path) -> None:
    """An editor that leaves it out costs no grade."""
    path = tmp_path / "grades.csv"
    path.write_text("query_id,product_id,grade,judge\nq1,z,2,eve")
    GradeFile(path).save("q1", "a", 3, judge="ann")
    assert read_judgments(path) == {"q1": {"z": 2, "a": 3}}
