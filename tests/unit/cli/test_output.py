"""What commands print."""

from __future__ import annotations

import io
import json

import pytest

from es_hybrid.cli.comparison import print_report
from es_hybrid.cli.output import Output
from es_hybrid.cli.progress import PlainProgress
from es_hybrid.cli.table import display_width, table_lines
from es_hybrid.evaluate import Answer, JudgedQuery, Run, judge


def test_columns_line_up_with_chinese_in_them() -> None:
    """Chinese characters take two columns; numbers stand to the right."""
    lines = table_lines(["title", "price"], [["连衣裙", 9], ["dress", 1200.5], ["x", None]])
    assert [display_width(line) for line in lines[:3]] == [14, 14, 14]
    assert lines[1] == "连衣裙       9"
    assert lines[3] == "x"


def test_a_cell_cannot_steer_the_terminal() -> None:
    """Control characters and line breaks in a shop's data become blanks."""
    (_, line) = table_lines(["title"], [["red\x1b[31m\nshoe\u202e"]])
    assert line == "red [31m shoe"


def test_a_table_on_a_pipe_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    """Where stdout is no terminal nothing is drawn and no escape code is written."""
    Output().table(["recipe", "ms"], [["lexical", 3.25]])
    assert capsys.readouterr().out == "recipe     ms\nlexical  3.25\n"


def test_results_and_remarks_go_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Results are on stdout, remarks and problems on stderr; quiet drops remarks alone."""
    for out in (Output(), Output(quiet=True)):
        out.line("result")
        out.note("remark")
        out.problem("problem")
    captured = capsys.readouterr()
    assert captured.out.split() == ["result", "result"]
    assert captured.err.split() == ["remark", "problem", "problem"]


def test_a_document_keeps_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON is readable as it is printed, and parses."""
    Output(json=True).document({"title": "连衣裙"})
    printed = capsys.readouterr().out
    assert "连衣裙" in printed
    assert json.loads(printed) == {"title": "连衣裙"}


def test_plain_progress_is_a_line_now_and_then() -> None:
    """Off a terminal progress is lines, and no more of them than the pause allows."""
    stream = io.StringIO()
    eager = PlainProgress("ingest", 2000, stream, every_s=0.0)
    eager.done(1000)
    PlainProgress("ingest", None, stream, every_s=3600.0).done(5)
    PlainProgress("ingest", None, stream, every_s=0.0).done(1500)
    assert stream.getvalue() == "ingest: 1,000 of 2,000\ningest: 1,500\n"


def test_a_report_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Totals, slices, stages and, where asked, each query stand in the report."""
    queries = [JudgedQuery("q1", "shoe", {"language": "en"}), JudgedQuery("q2", "none")]
    runs = [Run("lexical", (Answer("q1", ("a",), 2.0, {"retrieve": 1.5}),))]
    report = judge(runs, queries=queries, judgments={"q1": {"a": 3}})
    print_report(report, Output(), per_query=True)
    assert capsys.readouterr().out.splitlines() == [
        "1 queries with a product of grade 2 or more; 1 without one are left out",
        "recipe   NDCG@10  MRR@10  recall@100  p50 ms  p95 ms",
        "lexical    1.000   1.000       1.000     2.0     2.0",
        "",
        "NDCG@10 by      queries  lexical",
        "language    en        1    1.000",
        "",
        "mean ms of  retrieve",
        "lexical         1.50",
        "",
        "NDCG@10 of  lexical",
        "q1            1.000",
    ]
