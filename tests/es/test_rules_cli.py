"""`es-hybrid rules` and `es-hybrid simulate`, on a real Elasticsearch."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from es_hybrid.cli.app import main

pytestmark = pytest.mark.es

Run = Callable[..., tuple[int, str, str]]
BURY = {"stock": {"field": "in_stock", "equals": True, "action": "bury"}}


@pytest.fixture
def run(
    es: Elasticsearch,
    es_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Run a command with a rules index of this test's own."""
    index = f"test-rules-{uuid4().hex[:12]}"
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)
    monkeypatch.setenv("ES_HYBRID_RULES__INDEX", index)

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(argv)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    yield call
    es.indices.delete(index=index, ignore_unavailable=True)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Rule sets, and a query log with judgments."""
    (tmp_path / "bury.json").write_text(json.dumps(BURY), encoding="utf-8")
    (tmp_path / "pin.toml").write_text('[[pins]]\nids = ["p70"]\n', encoding="utf-8")
    (tmp_path / "wrong.json").write_text('{"stock": {"action": "burry"}}', encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    (tmp_path / "log.txt").write_text("tent\nrunning shoe\ntent\n", encoding="utf-8")
    (tmp_path / "log.csv").write_text("query_id,query\nq1,running shoe\n", encoding="utf-8")
    qrels = "query_id,product_id,grade\nq1,p00,3\nq1,p01,3\n"
    (tmp_path / "qrels.csv").write_text(qrels, encoding="utf-8")
    return tmp_path


def test_a_day_of_a_merchandiser(run: Run, files: Path) -> None:
    """Save, look, compare, save again, go back: each step says what is in force."""
    assert run("rules", "list") == (0, "", "")
    code, out, err = run("rules", "put", "default", str(files / "bury.json"), "--comment", "sale")
    assert (code, out) == (0, "default@1 is in force\n")
    assert "ES_HYBRID_RULES__NAME=default" in err
    assert json.loads(run("rules", "get", "default")[1]) == BURY
    code, out, _ = run("rules", "diff", "default", str(files / "pin.toml"))
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["added", "pins"],
        ["removed", "stock"],
    ]
    assert run("rules", "put", "default", str(files / "pin.toml"), "--base", "1")[0] == 0
    code, _, err = run("rules", "put", "default", str(files / "bury.json"), "--base", "1")
    assert (code, "version 2 of default is in force, not 1" in err) == (1, True)
    assert run("rules", "rollback", "default")[1] == "default@1 is in force\n"
    assert run("rules", "list")[1] == "default\n"
    log = json.loads(run("rules", "log", "default", "--json")[1])
    assert [(each["version"], each["current"]) for each in log] == [(2, False), (1, True)]
    assert json.loads(run("rules", "get", "default", "2", "--json")[1])["rules"] == {
        "pins": [{"ids": ["p70"]}]
    }
    assert "sale" in run("rules", "log", "default")[1]
    assert run("rules", "diff", "default", "--from", "1", "--to", "1")[2] == "no difference\n"


def test_rules_from_a_pipe(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program's output can be saved without a file."""
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(BURY)))
    assert run("rules", "put", "default", "-", "--quiet") == (0, "default@1 is in force\n", "")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("wrong.json", "rules.stock.action"),
        ("list.json", "holds no object"),
        ("log.txt", "is not JSON"),
        ("gone.json", "cannot be read"),
    ],
)
def test_what_is_refused(run: Run, files: Path, file: str, said: str) -> None:
    """A file that is no rule set is refused with what is wrong, and nothing is saved."""
    code, _, err = run("rules", "put", "default", str(files / file))
    assert (code, said in err) == (1, True)
    assert run("rules", "get", "default")[0] == 1


@pytest.mark.parametrize("command", ["get", "log", "diff", "rollback"])
def test_rules_that_are_not_there(run: Run, command: str) -> None:
    """The line says what is not there, where, and which command shows or makes it."""
    code, _, err = run("rules", command, "default")
    assert code == 1
    assert err.startswith("error: there is no rule set default in test-rules-")
    assert "es-hybrid rules list" in err
    assert "es-hybrid rules put default FILE" in err


def test_what_a_rule_set_would_change(run: Run, files: Path, products_index: str) -> None:
    """The table says how many pages change, and what that does to stock, price and judgments."""
    files_of = ["--rules", str(files / "bury.json"), "--size", "5"]
    log = ["--queries", str(files / "log.txt"), "--stock", "in_stock"]
    code, out, err = run("simulate", products_index, *files_of, *log)
    assert code == 0
    assert out.startswith("2 of 2 pages change; ")
    share = next(line.split() for line in out.splitlines() if line.startswith("share in stock"))
    assert float(share[3]) < float(share[4]) == 1.0
    assert "embed: no_embedder" in err

    judged = ["--queries", str(files / "log.csv"), "--judgments", str(files / "qrels.csv")]
    code, out, _ = run("simulate", products_index, *files_of, *judged, "--json")
    found = json.loads(out)
    assert (code, found["queries"], found["changed"]) == (0, 1, 1)
    ndcg = found["means"]["ndcg"]
    assert 0.0 < ndcg["after"] < ndcg["before"]  # p00 is relevant, and sold out
    assert found["by_query"][0]["furthest"] > 0


def test_compared_with_the_rules_in_force(
    run: Run, files: Path, products_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rules as those in force change nothing; against none they do."""
    run("rules", "put", "default", str(files / "bury.json"))
    monkeypatch.setenv("ES_HYBRID_RULES__NAME", "default")
    monkeypatch.setenv("ES_HYBRID_RULES__TIMEOUT_S", "10")
    command = ["simulate", products_index, "--rules", str(files / "bury.json")]
    command += ["--queries", str(files / "log.txt")]
    assert run(*command)[1].startswith("0 of 2 pages change")
    assert run(*command, "--against", "none")[1].startswith("2 of 2 pages change")


def test_a_log_without_queries(run: Run, files: Path, products_index: str) -> None:
    """An empty log is no error, and says that there was nothing to compare."""
    (files / "empty.txt").write_text("", encoding="utf-8")
    options: list[Any] = [
        "--rules",
        str(files / "bury.json"),
        "--queries",
        str(files / "empty.txt"),
    ]
    code, out, _ = run("simulate", products_index, *options)
    assert (code, out.splitlines()[0][:22]) == (0, "0 of 0 pages change; 0")


def test_doctor_says_which_rules_are_in_force(
    run: Run, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules that searches ask for and do not find are a problem; rules that nobody asks for are named."""

    def rules() -> tuple[int, str, str]:
        code, out, _ = run("doctor", "--json")
        (check,) = [found for found in json.loads(out)["checks"] if found["name"] == "rules"]
        return code, check["status"], check["detail"]

    code, status, detail = rules()
    assert (code, status, detail) == (0, "ok", "none are asked for")
    monkeypatch.setenv("ES_HYBRID_RULES__NAME", "default")
    code, status, detail = rules()
    assert (code, status) == (1, "problem")
    assert "there is no rule set default" in detail
    run("rules", "put", "default", str(files / "bury.json"))
    code, status, detail = rules()
    assert (code, status) == (0, "ok")
    assert detail.startswith("default@1 of test-rules-")
    monkeypatch.delenv("ES_HYBRID_RULES__NAME")
    assert "holds default, and no search asks" in rules()[2]
