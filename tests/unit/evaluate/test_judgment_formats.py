"""Judgments of other tools: TREC's qrels, and what Quepid exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from es_hybrid.evaluate import JudgmentError, read_judged_set, read_judgments

QUEPID = "query,docid,rating\ntrail shoe,a,3\ntrail shoe,b,0.0\nnever rated\nboot,c,\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_qrels_of_trec_are_read(tmp_path: Path) -> None:
    """Four columns with any blanks between them; a grade below 0, TREC's spam, is irrelevant."""
    file = write(tmp_path / "qrels.txt", "q1 0 a 3\nq1\tQ0\tb  -2\n\nq2 0 c 1\n")
    assert read_judgments(file) == {"q1": {"a": 3, "b": 0}, "q2": {"c": 1}}


def test_a_case_of_quepid_needs_no_other_file(tmp_path: Path) -> None:
    """Its queries are known by their words; what nobody rated is not judged."""
    found = read_judged_set(write(tmp_path / "case.csv", QUEPID))
    assert [query.text for query in found.queries] == ["trail shoe", "never rated", "boot"]
    assert found.judgments["trail shoe"] == {"a": 3, "b": 0}
    assert found.judgments["never rated"] == {}
    assert found.judgments["boot"] == {}


def test_quepids_json_holds_the_same(tmp_path: Path) -> None:
    """The JSON export of the ratings is read as the CSV is."""
    queries = [{"query": "trail shoe", "ratings": {"a": 3, "b": 0.0}}, {"query": "never rated"}]
    found = read_judged_set(write(tmp_path / "case.json", json.dumps({"queries": queries})))
    assert found.judgments == {"trail shoe": {"a": 3, "b": 0}, "never rated": {}}


def test_quepids_ratings_join_a_file_of_queries_by_their_words(tmp_path: Path) -> None:
    """With a file of queries its ids and labels count, and the words find the ratings."""
    queries = write(tmp_path / "q.csv", "query_id,query,language\nq7,trail shoe,en\nq8,tent,en\n")
    found = read_judged_set(write(tmp_path / "case.csv", QUEPID), queries=queries)
    assert found.queries[0].labels == {"language": "en"}
    assert found.judgments == {"q7": {"a": 3, "b": 0}, "q8": {}}


def test_ids_alone_are_no_queries(tmp_path: Path) -> None:
    """Qrels without the words cannot be searched, and the error says what is missing."""
    with pytest.raises(JudgmentError, match="names queries by id only; give the file of queries"):
        read_judged_set(write(tmp_path / "qrels.txt", "q1 0 a 3\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("q1 0 a 3\nq1 0 a b 3\n", "line 2: 5 columns instead of 4"),
        ("q1 0 a 3\nq1 0 b high\n", "line 2: grade 'high'"),
        ("query,docid,rating\nshoe,a,2.5\n", "line 2: grade '2.5'"),
        ("query,docid,rating\n,a,2\n", "line 2: query is empty"),
        ('{"queries": [{"ratings": {}}]}', "is not what Quepid exports"),
        ('{"queries": [{"query": "red shoe", "ratings": {"a": "x"}}]}', "query 1: grade 'x'"),
        ('{"queries": ', "is not what Quepid exports"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    """The error says where, and never with a shopper's words."""
    with pytest.raises(JudgmentError, match=said) as caught:
        read_judgments(write(tmp_path / "judgments", text))
    assert "shoe" not in str(caught.value)
