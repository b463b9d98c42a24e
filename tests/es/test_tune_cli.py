"""`es-hybrid tune` and `es-hybrid judge`, on a real Elasticsearch."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from es_hybrid.cli.app import main
from es_hybrid.settings import Settings
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import TextKind
from tests.support.chat_servers import ChatServer, completion
from tests.support.shops import DIMS, shop_products

pytestmark = pytest.mark.es

TITLES = sorted({product["title"].rsplit(" ", 1)[0] for product in shop_products()})
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(es_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; returns exit code, stdout and stderr."""
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(argv))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def judged(tmp_path: Path) -> list[str]:
    """Twelve queries whose vectors know the products and whose words mislead, and their grades."""
    queries, qrels, vectors = tmp_path / "q.csv", tmp_path / "r.csv", tmp_path / "v.npz"
    products = shop_products()[:12]
    wrong = [products[(place + 5) % 12] for place in range(12)]
    texts = [f"{product['brand']} {product['title']}" for product in wrong]
    with queries.open("w") as out:
        table = csv.writer(out)
        table.writerow(["query_id", "query"])
        table.writerows([f"q{place}", text] for place, text in enumerate(texts))
    with qrels.open("w") as out:
        table = csv.writer(out)
        table.writerow(["query_id", "product_id", "grade"])
        table.writerows([f"q{place}", product["id"], 3] for place, product in enumerate(products))
    words = [f"{p['title']} {p['description']}" for p in products]
    made = HashEmbedder(dims=DIMS).embed(words, kind=TextKind.QUERY, timeout_s=10)
    np.savez(vectors, query_ids=np.array([f"q{n}" for n in range(12)]), query_vectors=made)
    return ["--queries", str(queries), "--qrels", str(qrels), "--query-vectors", str(vectors)]


@pytest.fixture
def space(tmp_path: Path) -> list[str]:
    """Little to try, so that it takes little time."""
    path = tmp_path / "space.toml"
    path.write_text(
        'search_fields = [["title"]]\nmatch_types = ["cross_fields"]\nmethods = ["linear"]\n'
        'normalizers = ["robust"]\nlexical_weight = [0.1, 0.5, 1.0]\nwindow = [50]\n'
    )
    return ["--space", str(path), "--folds", "2", "--repeats", "2", "--trials", "10"]


def test_candidates_are_retrieved_once_and_the_result_is_the_same(
    run: Run, products_index: str, judged: list[str], space: list[str], tmp_path: Path
) -> None:
    """The second run takes its candidates from the file, and says the same; the file is loadable."""
    kept, out = tmp_path / "candidates.ndjson", tmp_path / "tuned.toml"
    boosts = tmp_path / "boosts.json"
    boosts.write_text('[{"field": "sales", "scale": 1000, "factor": 1.2}]')
    command = ["tune", products_index, *judged, *space, "--measure", "mrr@10"]
    command += ["--candidates", str(kept), "--out", str(out), "--json"]
    command += ["--boosts", str(boosts)]
    code, text, _ = run(*command)
    first = json.loads(text)
    size = kept.stat().st_size
    assert code == (0 if first["recommended"] else 3)
    assert first["queries"] == 12
    assert first["replayed_alike"] == "10 of 10"
    assert len(first["folds"]) == 4
    assert {row["top"] for row in first["speed"]} == {0}
    again_code, text, _ = run(*command)
    again = json.loads(text)
    assert (again_code, kept.stat().st_size) == (code, size)
    changing = {"made": "", "rankings": 0}
    assert again | changing == first | changing
    settings = Settings.from_file(out)
    if first["recommended"]:
        assert settings.search.lexical_weight == first["settings"]["search"]["lexical_weight"]
    assert "[tuned]" in out.read_text()


def test_what_does_not_beat_the_default_is_not_set(
    run: Run, products_index: str, judged: list[str], space: list[str], tmp_path: Path
) -> None:
    """With nothing to choose from, the exit code is 3 and the file changes nothing."""
    path, out = tmp_path / "space.toml", tmp_path / "tuned.toml"
    path.write_text(path.read_text().replace("[0.1, 0.5, 1.0]", "[0.5]"))
    code, text, err = run("tune", products_index, *judged, *space, "--out", str(out))
    assert code == 3
    assert "keep it" in text
    assert "ranked alike" in err
    assert Settings.from_file(out).search == Settings().search
    code, _, err = run("tune", products_index, *judged, *space, "--folds", "9")
    assert code == 1
    assert "too few for 9 folds" in err


def test_a_pool_is_graded_by_a_model_and_compared_with_people(
    run: Run,
    products_index: str,
    judged: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sample, pool, grade, compare: each step's file is the next one's."""
    log, drawn = tmp_path / "log.ndjson", tmp_path / "drawn.csv"
    log.write_text(
        "".join(json.dumps({"user_query": text}) + "\n" for text in (*TITLES, TITLES[0]))
    )
    assert run("judge", "sample", str(log), "--head", "2", "--out", str(drawn))[0] == 0
    pool, people = tmp_path / "pool.csv", judged[3]
    chosen = ["--recipe", "lexical", "--depth", "2", "--qrels", people]
    made = run("judge", "pool", products_index, *judged[:2], *chosen, "--out", str(pool))
    assert made[0] == 0
    with pool.open() as file:
        items = list(csv.DictReader(file))
    assert 0 < len(items) <= 24
    assert all(item["title"] and item["title"] in item["product"] for item in items)
    judged_by_people = Path(people).read_text()
    assert all(f"{i['query_id']},{i['product_id']}," not in judged_by_people for i in items)
    grades = tmp_path / "grades.csv"
    with ChatServer(lambda *_: (200, completion('{"reason": "x", "grade": 2}'))) as server:
        monkeypatch.setenv("ES_HYBRID_JUDGE__BASE_URL", server.base_url)
        monkeypatch.setenv("ES_HYBRID_JUDGE__MODEL", "judge-model")
        llm = ["judge", "llm", str(pool), "--out", str(grades)]
        prices = ["--prompt-price", "1", "--completion-price", "2", "--json"]
        code, text, _ = run(*llm, "--most", "3", *prices)
        assert (code, json.loads(text)["grades"], len(server.requests)) == (0, 3, 3)
        assert json.loads(text)["cost"] == pytest.approx(3 * 140 / 1e6)
        code, text, _ = run(*llm)
        assert (code, len(server.requests)) == (0, len(items))
        assert f"{len(items) - 3:,} grades" in text
    code, text, _ = run("judge", "agreement", str(grades), str(grades))
    assert code == 0
    assert f"{len(items)} products graded by both: 100% alike, kappa 1.00" in text
