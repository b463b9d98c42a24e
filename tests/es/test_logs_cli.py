"""`es-hybrid logs` and what doctor says of the log, on a real cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings
from es_hybrid.cli.app import main
from tests.support.logs import SALT, STREAMS, TestLog

pytestmark = pytest.mark.es

Run = Callable[..., tuple[int, str, str]]
WORDS = {"match": {"title": "running shoe"}}


@pytest.fixture
def run(es_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the test's streams; returns exit code, stdout and stderr."""

    def call(*argv: str, **log: str) -> tuple[int, str, str]:
        told = {"to": "elasticsearch", "streams": STREAMS, **log}
        monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)
        for name, value in told.items():
            monkeypatch.setenv(f"ES_HYBRID_LOG__{name.upper()}", value)
        capsys.readouterr()
        code = main(argv)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def application(es: Elasticsearch, products_index: str, test_log: TestLog) -> str:
    """The name of a log with three searches by two variants, one of them clicked and bought."""
    log = test_log.settings(text="hash", ids="hash", salt=SALT)
    with HybridClient(es, settings=Settings(log=log)) as shop:
        for number, variant in enumerate("aab"):
            told = {"session": f"s{number}", "experiment": {"name": "trial", "variant": variant}}
            response = shop.search(
                index=products_index,
                query=WORDS,
                ext={"hybrid": {"plan": "lexical_only", "log": told}},
            )
        bought = response["hits"]["hits"][1]["_id"]
        for action, revenue in (("click", None), ("purchase", 60.0)):
            shop.log_event(
                action, query_id=response.hybrid.query_id, object_id=bought, revenue=revenue
            )
    assert shop.log_stats.written == 5
    es.indices.refresh(index=f"{STREAMS}_*")
    return test_log.application


def test_setup_is_harmless_twice(run: Run) -> None:
    """The templates are put, put again, and shown without being put."""
    for _ in range(2):
        code, out, _ = run("logs", "setup")
        assert (code, out.count("put index template")) == (0, 2)
    shown = json.loads(run("logs", "setup", "--dry-run", "--keep", "30d")[1])
    template = shown[f"es-hybrid-{STREAMS}_queries"]
    assert template["template"]["lifecycle"] == {"data_retention": "30d"}
    assert template["index_patterns"] == [f"{STREAMS}_queries"]


def test_a_report_of_the_streams(run: Run, application: str) -> None:
    """Searches and events are read back from the cluster and joined, by variant."""
    code, out, _ = run("logs", "report", "--application", application, "--since", "1h", "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["total"]["searches"], report["events"], report["unmatched"]) == (3, 2, 0)
    assert report["by_variant"]["trial: a"]["conversion"] == 0.0
    assert report["by_variant"]["trial: b"]["revenue_per_search"] == 60.0
    assert "plan" in report["total"]["latency_ms"]
    code, out, _ = run("logs", "report", "--application", application)
    assert code == 0
    assert "trial: b" in out


def test_preferences_and_estimates_of_the_streams(
    run: Run, application: str, tmp_path: Path
) -> None:
    """A ranking given by its words is found again among the hashes of the log."""
    asked = ("--application", application, "--json")
    code, out, _ = run("logs", "clicks", *asked, "--model", "dependent")
    liked = json.loads(out)["attraction"]
    best = max(liked, key=lambda one: one["attraction"])["product"]
    assert code == 0
    (tmp_path / "run.ndjson").write_text(json.dumps({"query_id": "q1", "ranking": [best]}) + "\n")
    (tmp_path / "queries.csv").write_text("query_id,query\nq1,Running  shoe\n")
    files = ("--run", str(tmp_path / "run.ndjson"), "--queries", str(tmp_path / "queries.csv"))
    code, out, _ = run("logs", "estimate", *files, *asked, text="hash", salt=SALT)
    change = json.loads(out)
    assert code == 0
    assert (change["searches"], change["known"]) == (3, 1.0)
    assert change["changed"]["value"] > change["logged"] > 0
    code, _, err = run("logs", "estimate", *files, *asked, text="hash", salt=SALT[::-1])
    assert (code, "answers none" in err) == (1, True)


def test_an_empty_log_is_said_to_be(run: Run, test_log: TestLog, tmp_path: Path) -> None:
    """Nothing in it, no stream at all, and no file are told in one line each."""
    code, _, err = run("logs", "report", "--application", "nobody")
    assert (code, "no searches in this log" in err) == (1, True)
    code, _, err = run("logs", "report", streams="test-none")
    assert (code, "no data stream test-none_queries" in err) == (1, True)
    code, _, err = run("logs", "report", "--from", str(tmp_path / "none.ndjson"))
    assert (code, "cannot be read" in err) == (1, True)


def checks_of(run: Run, **log: str) -> list[dict[str, Any]]:
    found = json.loads(run("doctor", "--json", **log)[1])["checks"]
    return [check for check in found if check["name"] == "log"]


def test_doctor_looks_at_the_log(run: Run, application: str, index_name: str) -> None:
    """Sound streams are named; a missing template, and an index in the way, say what to do."""
    assert [check["status"] for check in checks_of(run)] == ["ok", "ok"]
    lacking = checks_of(run, streams=index_name)
    assert [check["status"] for check in lacking] == ["problem", "problem"]
    assert "es-hybrid logs setup" in lacking[0]["hint"]
    assert checks_of(run, to="off") == []


def test_doctor_finds_an_index_in_the_way(run: Run, es: Elasticsearch, index_name: str) -> None:
    """An ordinary index of a stream's name is a problem that says so."""
    es.indices.create(index=f"{index_name}_events")
    events = checks_of(run, streams=index_name)[1]
    assert (events["status"], "no data stream" in events["detail"]) == ("problem", True)
