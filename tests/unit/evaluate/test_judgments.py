"""Files of queries, judgments and query vectors."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from es_hybrid.evaluate import (
    JudgmentError,
    read_judgments,
    read_queries,
    read_query_vectors,
    relevance_threshold,
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_queries_keep_order_words_and_labels(tmp_path: Path) -> None:
    """Queries come in the file's order, with every further column that is not empty."""
    file = write(
        tmp_path / "q.csv",
        'query_id,query,language,type\nb,"轻薄透气, 连衣裙",zh,nl\na, shoe ,en,\n',
    )
    first, second = read_queries(file)
    assert (first.id, first.text) == ("b", "轻薄透气, 连衣裙")
    assert first.labels == {"language": "zh", "type": "nl"}
    assert (second.text, second.labels) == ("shoe", {"language": "en"})


def test_judgments_are_grades_by_query_and_product(tmp_path: Path) -> None:
    """Further columns are ignored; the same line twice is no mistake."""
    file = write(tmp_path / "r.csv", "query_id,product_id,grade,by\nq,a,3,x\nq,b,0,x\nq,a,3,y\n")
    assert read_judgments(file) == {"q": {"a": 3, "b": 0}}


def test_gzip_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    """A spreadsheet's byte order mark and gzip change nothing."""
    file = tmp_path / "r.csv.gz"
    file.write_bytes(gzip.compress("\ufeffquery_id,product_id,grade\nq,a,1\n".encode()))
    assert read_judgments(file) == {"q": {"a": 1}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,query\n1,shoe\n", "has no column query_id"),
        ("", "has no column query_id, query"),
        ("query_id,query\n", "holds no rows"),
        ("query_id,query\nq1,shoe\nq1,boot\n", "line 3: query_id 'q1' is there twice"),
        ("query_id,query\nq1,\n", "line 2: query is empty"),
        ("query_id,query\nq1\n", "line 2: query is empty"),
        ("query_id,query\nq1,shoe, red\n", "line 2: there are more values than columns"),
        ('query_id,query\nq1,"shoe\n', "line 2: not CSV"),
    ],
)
def test_a_wrong_file_of_queries_is_refused(tmp_path: Path, content: str, said: str) -> None:
    """The error names the file, the line and what is wrong with it."""
    file = write(tmp_path / "q.csv", content)
    with pytest.raises(JudgmentError, match=said) as caught:
        read_queries(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("q,a,good", "line 2: grade 'good' is not a whole number"),
        ("q,a,-1", "line 2: grade '-1' is not a whole number"),
        ("q,a,2.5", "line 2: grade '2.5' is not a whole number"),
        ("q,a,99999999", "is not a whole number from 0 to 99"),
        ("q,a,1\nq,a,2", "line 3: product 'a' has another grade"),
        ("q,,1", "line 2: product_id is empty"),
    ],
)
def test_a_wrong_judgment_is_refused(tmp_path: Path, rows: str, said: str) -> None:
    """The error names the line and what is wrong with it."""
    file = write(tmp_path / "r.csv", f"query_id,product_id,grade\n{rows}\n")
    with pytest.raises(JudgmentError, match=said):
        read_judgments(file)


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    """Missing, cut off and wrongly encoded files are said to be so."""
    with pytest.raises(JudgmentError, match=r"missing\.csv cannot be read: No such file"):
        read_queries(tmp_path / "missing.csv")
    latin = tmp_path / "latin.csv"
    latin.write_bytes("query_id,query\nq,caf\xe9\n".encode("latin-1"))
    with pytest.raises(JudgmentError, match="is not UTF-8"):
        read_queries(latin)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(b"query_id,product_id,grade\n" + b"q,shoe,1\n" * 9)[:-12])
    with pytest.raises(JudgmentError, match="is cut off"):
        read_judgments(cut)


def test_query_vectors_come_by_query_id(tmp_path: Path) -> None:
    """Half-precision vectors are read as float32 rows."""
    file = tmp_path / "v.npz"
    np.savez(file, query_ids=np.array(["a", "b"]), query_vectors=np.eye(2, 4, dtype=np.float16))
    vectors = read_query_vectors(file)
    assert vectors["b"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert vectors["b"].dtype == np.float32


def test_wrong_query_vectors_are_refused(tmp_path: Path) -> None:
    """Missing arrays, shapes that do not fit, NaN and pickles are refused in a line."""
    wrong = tmp_path / "v.npz"
    ids = np.array(["a", "b"])
    arrays: list[dict[str, Any]] = [
        {"ids": ids},
        {"query_ids": ids, "query_vectors": np.ones((3, 4))},
        {"query_ids": ids, "query_vectors": np.full((2, 4), np.nan)},
        {"query_ids": np.array(["a", None]), "query_vectors": np.ones((2, 4))},
    ]
    for content in arrays:
        np.savez(wrong, **content)
        with pytest.raises(JudgmentError, match=r"v\.npz"):
            read_query_vectors(wrong)
    wrong.write_text("no archive")
    with pytest.raises(JudgmentError, match="query_ids and query_vectors"):
        read_query_vectors(wrong)
    with pytest.raises(JudgmentError, match="cannot be read"):
        read_query_vectors(tmp_path / "missing.npz")


def test_relevance_starts_at_two_unless_the_set_is_binary() -> None:
    """A set without any grade above 1 is one of yes and no."""
    assert relevance_threshold({"q": {"a": 1}, "r": {"b": 0}}) == 1
    assert relevance_threshold({"q": {"a": 1}, "r": {"b": 3}}) == 2
