"""What compared searches come down to, and when it is safe to switch."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from es_hybrid.cli.app import main
from es_hybrid.errors import ConfigurationError
from es_hybrid.experiments import Page, PageFields, ShadowRecord, ShadowReport, SwitchLimits
from es_hybrid.experiments.shadow import reason_of
from es_hybrid.experiments.shadow_report import at_most
from es_hybrid.record_file import RecordFile, read_records

OLD = Page(("a", "b", "c"), 10.0, price=20.0, in_stock=1.0)
ALIKE = ShadowRecord(OLD, Page(("a", "c", "d"), 30.0, price=21.0, in_stock=1.0), 30.0)
FAILED = ShadowRecord(OLD, None, 2000.0, error="timeout")


def test_a_page_is_read_as_far_as_it_says() -> None:
    """Price and stock come from the fields that were named; without them nothing is guessed."""
    hits = [{"_id": str(n), "_source": {"cost": 10 + n, "left": n}} for n in range(4)]
    page = Page.of(hits, took_ms=1.0, fields=PageFields(k=3, price="cost", stock="left"))
    assert page == Page(("0", "1", "2"), 1.0, price=11.0, in_stock=pytest.approx(2 / 3))
    assert Page.of(hits, took_ms=1.0, fields=PageFields()).price is None
    assert Page.of([{"_id": "1"}], took_ms=1.0, fields=PageFields()) == Page(("1",), 1.0)


def test_a_record_is_a_line_and_back(tmp_path: Path) -> None:
    """What a process wrote is what a command reads, other records passed over."""
    file = RecordFile(tmp_path / "shadow.ndjson")
    for record in (ALIKE, FAILED, replace(ALIKE, degraded=("rerank: timeout",), text="shoe")):
        file(record.to_dict())
    file({"kind": "search", "variant": "treatment"})
    found = list(read_records(tmp_path / "shadow.ndjson", "shadow", ShadowRecord.from_dict))
    assert found == [ALIKE, FAILED, replace(ALIKE, degraded=("rerank: timeout",), text="shoe")]


def test_a_line_that_is_being_written_is_passed_over(tmp_path: Path) -> None:
    """A report of a trial under way does not fail at its newest record, or over what is compressed."""
    path = tmp_path / "shadow.ndjson"
    RecordFile(path)(ALIKE.to_dict())
    packed = tmp_path / "shadow.ndjson.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with path.open("a") as file:
        file.write('{"kind": "sha')
    for each in (path, packed):
        assert list(read_records(each, "shadow", ShadowRecord.from_dict)) == [ALIKE]
    with pytest.raises(ConfigurationError, match="cannot be read"):
        list(read_records(tmp_path / "missing", "shadow", ShadowRecord.from_dict))


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", '{"kind": "shadow"}', '{"kind": "shadow", "old": 1}']
)
def test_what_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    """A broken line is named by its number, and its content is not repeated."""
    path = tmp_path / "x.ndjson"
    path.write_text(f"\n{line}\n")
    with pytest.raises(ConfigurationError, match="line 2"):
        list(read_records(path, "shadow", ShadowRecord.from_dict))


def test_figures() -> None:
    """Overlap, zero results, latency and drift are those of the searches that can be compared."""
    empty = ShadowRecord(OLD, Page((), 5.0), 5.0)
    report = ShadowReport.of([ALIKE, empty, FAILED, replace(ALIKE, new=OLD)], dropped=3)
    assert (report.searches, report.dropped, report.errors) == (4, 3, {"timeout": 1})
    assert report.overlap == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert report.same == pytest.approx(1 / 3)
    assert report.zero_results == (0.0, pytest.approx(1 / 3))
    assert report.lost == 0.25
    assert report.price == pytest.approx((0.05 + 0.0) / 2)
    assert report.new_ms["p95"] > 1000 > report.old_ms["p95"]


@pytest.mark.parametrize(
    ("records", "wrong"),
    [
        ([ALIKE] * 1000, []),
        ([ALIKE] * 999, ["compared searches"]),
        ([ALIKE] * 970 + [FAILED] * 30, ["errors"]),
        ([ALIKE] * 900 + [FAILED] * 100, ["errors", "latency"]),
        ([replace(ALIKE, degraded=("rerank: timeout",))] * 1000, ["degraded searches"]),
        ([ALIKE] * 990 + [ShadowRecord(OLD, Page((), 5.0), 5.0)] * 10, ["lost results"]),
        ([replace(ALIKE, new_ms=900.0)] * 1000, ["latency"]),
        ([replace(ALIKE, new=Page(("x", "y", "z"), 3.0))] * 1000, ["overlap"]),
        ([replace(ALIKE, new=replace(OLD, price=30.0))] * 1000, ["price drift"]),
        ([replace(ALIKE, new=replace(OLD, in_stock=0.9))] * 1000, ["stock drift"]),
        ([replace(ALIKE, new=replace(OLD, price=None, in_stock=None))] * 1000, []),
    ],
)
def test_when_it_is_safe_to_switch(records: list[ShadowRecord], wrong: list[str]) -> None:
    """Each limit alone can hold the switch back, and says so."""
    report = ShadowReport.of(records)
    assert report.safe is (not wrong)
    expected = f"not safe to switch: {', '.join(wrong)}" if wrong else "safe to switch"
    assert report.verdict == expected


def test_few_searches_prove_little() -> None:
    """No error in ten searches is no proof that there are few."""
    assert at_most(0, 10) > 0.2
    assert at_most(0, 10_000) < 0.0005
    assert at_most(50, 100) > 0.5
    report = ShadowReport.of([ALIKE] * 10, limits=SwitchLimits(searches=10))
    assert report.verdict == "not safe to switch: errors, degraded searches, lost results"


def test_the_words_that_changed_most() -> None:
    """Where words were kept, the least alike pages come first, each query once."""
    other = replace(ALIKE, new=Page(("x",), 3.0), text="boot")
    report = ShadowReport.of([replace(ALIKE, text="shoe"), other, other, ALIKE])
    assert [text for text, _ in report.least_alike] == ["boot", "shoe"]


def test_a_reason_tells_no_words() -> None:
    """An error is counted by its name alone."""
    assert reason_of(ValueError("a shopper's words")) == "ValueError"
    assert reason_of(TimeoutError()) == "timeout"


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code says whether it is safe, and the report says why not."""
    path = tmp_path / "shadow.ndjson"
    for _ in range(20):
        RecordFile(path)(ALIKE.to_dict())
    assert main(["experiment", "shadow-report", str(path)]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[-1].startswith("not safe to switch: compared searches, errors")
    generous = ["--searches", "20", "--errors", "20%", "--degraded", "0.2", "--lost", "20%"]
    assert main(["experiment", "shadow-report", str(path), *generous]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "safe to switch"
    assert main(["experiment", "shadow-report", str(path), "--json", *generous]) == 0
    assert json.loads(capsys.readouterr().out)["overlap"] == pytest.approx(2 / 3)
