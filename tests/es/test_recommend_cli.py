"""`es-hybrid recommend`, on a real Elasticsearch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from es_hybrid.cli.app import main

pytestmark = pytest.mark.es

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(es_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as a shop whose fields have names of their own."""
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)
    monkeypatch.setenv("ES_HYBRID_RECOMMEND__CATEGORY_FIELD", "category")
    monkeypatch.setenv("ES_HYBRID_RECOMMEND__COUNTERS", "sales")

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(argv)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_products_like_one(run: Run, products_index: str) -> None:
    """A table with reasons, or the whole answer as JSON."""
    arguments = ("recommend", products_index, "--like", "p00", "--size", "3", "--explain")
    code, out, err = run(*arguments)
    assert code == 0
    assert "shoe" in out
    assert "nearest to them" in out
    assert "3 products, similar" in err
    code, out, _ = run(*arguments, "--language", "zh", "--filter", "brand=Ostara", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["ext"]["hybrid"]["recommendation"]["made"] == "similar"
    assert "最相近" in answer["ext"]["hybrid"]["explain"][0]["why"]
    assert {hit["_source"]["brand"] for hit in answer["hits"]["hits"]} == {"Ostara"}


def test_the_other_ways_to_ask(run: Run, products_index: str, tmp_path: Path) -> None:
    """A cart, a shopper by file or by JSON, and what sells; what is missing is told."""
    code, out, err = run("recommend", products_index, "--cart", "p00", "p36", "--seen", "p54")
    assert code == 0
    assert "complements" in err
    assert "bought with the cart" in err
    assert "p54" not in out
    user = json.dumps({"brands": ["Norvik"]})
    (tmp_path / "user.json").write_text(user, encoding="utf-8")
    by_file = run("recommend", products_index, "--user", str(tmp_path / "user.json"))
    assert by_file[:2] == run("recommend", products_index, "--user", user)[:2]
    assert "Norvik" in by_file[1]
    code, out, err = run("recommend", products_index, "--trending", "--size", "2")
    assert (code, len(out.splitlines())) == (0, 3)
    assert "popular" in err


def test_wrong_usage(run: Run, products_index: str, tmp_path: Path) -> None:
    """One recommendation at a time; what a shopper did is not repeated in an error."""
    assert run("recommend", products_index)[0] == 2
    assert run("recommend", products_index, "--like", "p00", "--trending")[0] == 2
    code, _, err = run("recommend", products_index, "--user", '{"brands": ["Secret"')
    assert code == 1
    assert "Secret" not in err
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    assert run("recommend", products_index, "--user", str(tmp_path / "list.json"))[0] == 1
    assert run("recommend", "test-not-there", "--like", "p00")[0] == 1
