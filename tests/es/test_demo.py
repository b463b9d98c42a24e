"""The demo, on a real Elasticsearch."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from scripts.demonstration.command import main
from tests.support.model_servers import FakeModelServer

pytestmark = pytest.mark.es

Run = Callable[..., tuple[int, str, str]]

KINDS = ("trail shoe", "road shoe", "rain jacket", "wool scarf", "desk lamp")
MAP = "title=name,brand=maker,price=cost,stock=left,rating=stars"


@pytest.fixture
def run(
    es_url: str,
    es: Elasticsearch,
    index_name: str,
    tmp_path: Path,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the demo with both models; returns exit code, stdout and stderr."""
    for name, value in {
        "ES_URL": es_url,
        "EMBED__BASE_URL": embed_server.base_url,
        "EMBED__MODEL": embed_server.model,
        "RERANK__URL": rerank_server.rerank_url,
        "RERANK__MODEL": rerank_server.model,
        "EMBED__TIMEOUT_S": "60",
        "RERANK__TIMEOUT_S": "60",
        "SEARCH__BUDGET_S": "60",
    }.items():
        monkeypatch.setenv(f"ES_HYBRID_{name}", value)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["--alias", index_name, "--folder", str(tmp_path / "demo"), *argv])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A shop's export of forty products, gzipped CSV."""
    rows = [
        f"P{n},Norvik {colour} {kind} {n},Norvik,{n}.50,{n % 3},{4 + n % 2}"
        for n, (kind, colour) in enumerate((k, c) for k in KINDS for c in "abcdefgh")
    ]
    file = tmp_path / "products.csv.gz"
    file.write_bytes(gzip.compress("\n".join(["sku,name,maker,cost,left,stars", *rows]).encode()))
    return file


def index_behind(es: Elasticsearch, alias: str) -> str:
    (name,) = es.indices.get_alias(name=alias).body
    return str(name)


def test_the_demo_from_end_to_end_and_again(run: Run, es: Elasticsearch, index_name: str) -> None:
    """It shows a dozen comparisons and figures by language; a second run uses the index again."""
    code, out, err = run()
    assert code == 0, err
    assert "1,572 read, 1,572 indexed" in out
    assert out.count("BM25 · NDCG@10") == 12
    assert "does not know" not in out.partition("Milliseconds are medians")[0]
    assert "hybrid, reranked, boosted" in out
    assert "text match no. 1" in out
    for words in ("sales_30d", "Chinese, 30", "English, 31", "across languages, 10", "NDCG@10"):
        assert words in out
    assert "One hand wrote the catalogue" in out
    assert f"search {index_name}" in out
    for title in ("A promotion", "A sell-out", "A new arrival", "A returning shopper"):
        assert f"\n{title}\n" in out
    day = out.partition("A day in the shop")[2]
    assert day.count("before    ") == day.count("│ after") == 4
    for words in (
        "is boosted by 1.5; no product moves by more than 5 places",
        "×1.50",
        "sold out.",
        "with its head start and its place: no. ",
        "said to evaluation: explored = [",
        "after 500 impressions: ",
        "shopper.",
        "after opting out: the page of everybody",
    ):
        assert words in day
    assert list(es.indices.get(index=f"{index_name}-day*", expand_wildcards="all").body) == []

    made = index_behind(es, index_name)
    code, out, _ = run("--quiet")
    assert code == 0
    assert "nothing has changed" in out
    assert index_behind(es, index_name) == made


def test_a_shops_export_without_queries(run: Run, export: Path) -> None:
    """Queries are taken from titles, and without judgments there is no NDCG."""
    code, out, err = run("--catalog", str(export), "--map", MAP, "--id-field", "sku")
    assert code == 0, err
    assert "40 read, 40 indexed" in out
    assert "phrases from its titles" in out
    assert "\ndesk lamp\n" in out
    assert "NDCG" not in out
    assert "retrieve" in out
    assert "MAP=title=name" in out


def test_a_shops_own_queries_and_judgments(run: Run, export: Path, tmp_path: Path) -> None:
    """Its queries are asked as they are, and what nobody judged is left out and said."""
    queries, qrels = tmp_path / "q.csv", tmp_path / "r.csv"
    queries.write_text("query_id,query\n1,desk lamp\n2,wool scarf\n")
    qrels.write_text("query_id,product_id,grade\n1,P32,3\n")
    options = ["--map", MAP, "--id-field", "sku", "--queries", str(queries), "--qrels", str(qrels)]
    code, out, err = run("--catalog", str(export), *options)
    assert code == 0, err
    assert "English, 1" in out
    assert "NDCG@10" in out
    assert "1 queries without a relevant product are left out" in out


def test_a_few_unlike_products_are_ingested_all_the_same(run: Run, tmp_path: Path) -> None:
    """Where titles share nothing there is nothing to ask, which is said and is no failure."""
    file = tmp_path / "p.csv"
    file.write_text("id,title\n1,shoe\n2,lamp\n")
    code, out, _ = run("--catalog", str(file))
    assert code == 0
    assert "2 read, 2 indexed" in out
    assert "Bring some with --queries" in out


def test_another_map_makes_the_index_anew(
    run: Run, es: Elasticsearch, index_name: str, export: Path
) -> None:
    """What the index was made of has changed, so it is replaced and the old one is gone."""
    options = ["--catalog", str(export), "--id-field", "sku", "--map"]
    assert run(*options, "title=name")[0] == 0
    first = index_behind(es, index_name)
    assert run(*options, MAP)[0] == 0
    assert index_behind(es, index_name) != first
    assert not es.indices.exists(index=first)


def test_an_unfinished_index_is_filled_up(
    run: Run, es: Elasticsearch, index_name: str, export: Path
) -> None:
    """A run that was stopped while ingesting is gone on with, not taken for a finished one."""
    options = ["--catalog", str(export), "--id-field", "sku", "--map", MAP]
    run(*options)
    name = index_behind(es, index_name)
    meta = es.indices.get_mapping(index=name).body[name]["mappings"]["_meta"]
    del meta["es_hybrid_demo"]["failed"]
    es.indices.put_mapping(index=name, meta=meta)
    es.delete(index=name, id="P3", refresh=True)
    code, out, _ = run(*options)
    assert code == 0
    assert "40 read, 1 indexed, 39 unchanged" in out
    assert index_behind(es, index_name) == name


def test_somebody_elses_alias_is_left_alone(
    run: Run, es: Elasticsearch, index_name: str, export: Path
) -> None:
    """An alias that the demo did not make stays as it is, and the message says how to go on."""
    es.indices.create(index=f"{index_name}-1", aliases={index_name: {}})
    es.index(index=index_name, document={"title": "kept"}, refresh=True)
    code, _, err = run("--catalog", str(export), "--map", MAP, "--id-field", "sku")
    assert code == 1
    assert "the demo did not make it" in err
    assert "--alias" in err
    assert es.count(index=index_name)["count"] == 1


def test_unreadable_lines_are_said_and_end_in_3(run: Run, tmp_path: Path) -> None:
    """The rest is shown; the lines are kept, and a second run says so again."""
    file = tmp_path / "p.ndjson"
    lines = [json.dumps({"id": n, "title": f"red trail shoe {n}"}) for n in range(5)]
    file.write_text("\n".join([*lines, "{broken"]))
    for _ in range(2):
        code, out, err = run("--catalog", str(file))
        assert code == 3
        assert "trail shoe" in out
        assert "1 records are not in the index" in err
    assert "{broken" in next((tmp_path / "demo").glob("*.failed.ndjson")).read_text()


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--catalog", "no-such-file.csv"], 1, "no-such-file.csv"),
        (["--map", "title=name"], 2, "go with --catalog"),
        (["--catalog", "p.csv", "--qrels", "r.csv"], 2, "--qrels needs --queries"),
        (["--catalogue", "p.csv"], 2, "did you mean --catalog"),
    ],
)
def test_mistakes_are_said_in_one_line(run: Run, options: list[str], code: int, says: str) -> None:
    """A wrong file is 1, a wrong call is 2, and neither shows a traceback."""
    found, _, err = run(*options)
    assert found == code
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_a_map_that_does_not_fit_leaves_the_index_as_it_was(
    run: Run, es: Elasticsearch, index_name: str, export: Path
) -> None:
    """The mistake is found before anything is deleted."""
    options = ["--catalog", str(export), "--id-field", "sku", "--map"]
    run(*options, MAP)
    before = index_behind(es, index_name)
    code, _, err = run(*options, "title=naem")
    assert code == 1
    assert "sku, name, maker" in err
    assert index_behind(es, index_name) == before
