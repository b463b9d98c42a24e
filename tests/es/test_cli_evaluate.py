"""`es-hybrid evaluate`, on a real Elasticsearch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from es_hybrid.cli.app import main
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import TextKind
from tests.support.shops import DIMS, shop_products

pytestmark = pytest.mark.es

WORDS = {
    "muddy": ("shoes for muddy hills", "trail running shoe"),
    "asphalt": ("asphalt shoe", "road running shoe"),
    "tent": ("Norvik tent", "two person tent"),
    "stove": ("camping stove", "camping stove"),
    "music": ("music without cables", "wireless earphones"),
}


@pytest.fixture
def run(
    es_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """Run the command; returns exit code, stdout and stderr."""
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["evaluate", *argv])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def judged(tmp_path: Path) -> list[str]:
    """Five queries with graded products, and the arguments that name them."""
    queries, qrels = tmp_path / "q.csv", tmp_path / "r.csv"
    queries.write_text(
        "query_id,query\n" + "".join(f"{name},{words}\n" for name, (words, _) in WORDS.items())
    )
    qrels.write_text(
        "query_id,product_id,grade\n"
        + "".join(
            f"{name},{product['id']},{3 if wanted in product['title'] else 0}\n"
            for name, (_, wanted) in WORDS.items()
            for product in shop_products()
        )
    )
    vectors = tmp_path / "v.npz"
    made = HashEmbedder(dims=DIMS).embed(
        [words for words, _ in WORDS.values()], kind=TextKind.QUERY, timeout_s=10
    )
    np.savez(vectors, query_ids=np.array(list(WORDS)), query_vectors=made)
    files = ["--queries", str(queries), "--qrels", str(qrels), "--query-vectors", str(vectors)]
    return [*files, "--warmup", "0"]


def test_recipes_are_compared_with_a_baseline(
    run: Callable[..., Any], products_index: str, judged: list[str]
) -> None:
    """The document holds tests, power, and what changed most with titles and reasons."""
    code, out, _ = run(products_index, *judged, "--recipe", "lexical,semantic,hybrid", "--json")
    document = json.loads(out)
    assert code == 0
    semantic, hybrid = document["comparisons"]
    assert (semantic["recipe"], hybrid["recipe"]) == ("semantic", "hybrid")
    assert semantic["baseline"] == "lexical"
    assert 0 < semantic["p_randomisation"] <= semantic["p_holm"] <= 1
    assert sum(semantic["queries"].values()) == 5
    assert semantic["power"]["queries_to_see_0.01"] > 100
    changed = semantic["changed_most"][0]
    assert changed["query"] == WORDS[changed["query_id"]][0]
    first = changed["after"]["products"][0]
    assert first["title"]
    assert first["why"].startswith("#1")
    kinds = document["recipes"]["lexical"]["slices"]["kind"]
    assert {"brand", "natural language", "keywords"} >= set(kinds)
    assert kinds["brand"]["queries"] == 1


def test_any_measure_at_any_depth(
    run: Callable[..., Any], products_index: str, judged: list[str]
) -> None:
    """Measures are computed as deep as they are asked for, deeper than a usual page too."""
    chosen = ["--recipe", "lexical", "--measure", "err@5,map@3,recall@60,judged@10"]
    code, out, _ = run(products_index, *judged, *chosen, "--json")
    metrics = json.loads(out)["recipes"]["lexical"]["metrics"]
    assert code == 0
    assert list(metrics) == ["err@5", "map@3", "recall@60", "judged@10"]
    assert metrics["judged@10"] == 1.0
    code, _, err = run(products_index, *judged, "--measure", "dcg@10")
    assert code == 2
    assert "write metric@depth" in err


def test_a_gate_ends_in_one(
    run: Callable[..., Any], products_index: str, judged: list[str]
) -> None:
    """A floor that is reached changes nothing; one that is not ends in 1 and says why."""
    recipe = ["--recipe", "lexical"]
    assert run(products_index, *judged, *recipe, "--fail-below", "ndcg@10=0.1")[0] == 0
    code, out, err = run(products_index, *judged, *recipe, "--fail-below", "lexical:map@7=0.999")
    assert code == 1
    assert "gate: lexical: map@7 is 0." in err
    assert "MAP@7" in out
    assert run(products_index, *judged, "--fail-below", "ndcg@10")[0] == 2


def test_a_report_is_written_for_a_browser(
    run: Callable[..., Any], products_index: str, judged: list[str], tmp_path: Path
) -> None:
    """`--html` writes one file with titles, reasons and plots; the tables are printed as well."""
    file = tmp_path / "report.html"
    chosen = ["--recipe", "lexical,semantic", "--html", str(file)]
    code, out, err = run(products_index, *judged, *chosen)
    page = file.read_text(encoding="utf-8")
    assert code == 0
    assert "semantic changed most" in out
    assert "ndcg@10" in err
    assert "meaning match no." in page
    assert page.count("<svg") >= 3


def test_saved_runs_are_judged_again_without_a_search(
    run: Callable[..., Any],
    products_index: str,
    judged: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was saved gives the same figures with no cluster at all, beside another system's run."""
    folder = tmp_path / "runs"
    chosen = ["--recipe", "lexical,hybrid", "--save-runs", str(folder), "--json"]
    _, out, _ = run(products_index, *judged, *chosen)
    before = json.loads(out)
    theirs = tmp_path / "solr.trec"
    theirs.write_text("tent Q0 p36 1 2.0 solr\n")
    monkeypatch.delenv("ES_HYBRID_ES_URL")
    files = [str(folder / "lexical.ndjson"), str(folder / "hybrid.ndjson"), str(theirs)]
    again = [word for file in files for word in ("--run", file)]
    code, out, _ = run("any", *judged, "--no-search", *again, "--json")
    after = json.loads(out)
    assert code == 0
    for recipe in ("lexical", "hybrid"):
        assert after["recipes"][recipe]["metrics"] == before["recipes"][recipe]["metrics"]
    assert list(after["recipes"]) == ["lexical", "hybrid", "solr"]
    assert 0 < after["recipes"]["solr"]["metrics"]["mrr@10"] <= 0.2


def test_another_system_is_what_is_compared_with(
    run: Callable[..., Any], products_index: str, judged: list[str], tmp_path: Path
) -> None:
    """A run that is brought along is the baseline, and a floor means the search in full."""
    theirs = tmp_path / "solr.trec"
    theirs.write_text("tent Q0 p36 1 2.0 solr\n")
    chosen = ["--recipe", "lexical,hybrid", "--run", str(theirs), "--fail-below", "mrr@10=0.3"]
    code, out, _ = run(products_index, *judged, *chosen, "--json")
    document = json.loads(out)
    assert code == 0, document["below_floor"]
    assert [(c["baseline"], c["recipe"]) for c in document["comparisons"]] == [
        ("solr", "lexical"),
        ("solr", "hybrid"),
    ]
    assert document["recipes"]["solr"]["metrics"]["mrr@10"] < 0.3


def test_quepids_export_is_enough(
    run: Callable[..., Any], products_index: str, tmp_path: Path
) -> None:
    """A case exported from Quepid needs no file of queries."""
    file = tmp_path / "case.csv"
    file.write_text("query,docid,rating\ntrail running shoe,p00,3\ntent,p36,2\nnever rated\n")
    code, out, _ = run(products_index, "--qrels", str(file), "--recipe", "lexical", "--json")
    assert code == 0
    assert json.loads(out)["queries"] == {"counted": 2, "left_out": 1}


def test_nothing_to_judge_is_said(run: Callable[..., Any], judged: list[str]) -> None:
    """Without a search and without a run there is nothing to compare."""
    code, _, err = run("any", *judged, "--no-search")
    assert code == 1
    assert "name one with --run" in err


@pytest.mark.parametrize("wrong", [("--baseline", "solr"), ("--fail-below", "solr:ndcg@10=0.5")])
def test_a_name_that_is_not_compared_is_found_before_any_search(
    run: Callable[..., Any], judged: list[str], wrong: tuple[str, str]
) -> None:
    """A slip of the pen does not cost an evaluation."""
    code, _, err = run("no-such-index", *judged, "--recipe", "lexical,hybrid", *wrong)
    assert code == 1
    assert "no recipe 'solr' is compared; of lexical, hybrid" in err
