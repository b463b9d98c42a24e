"""The command line, on a real Elasticsearch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from elasticsearch import Elasticsearch
from pyarrow import parquet

from es_hybrid.cli.app import main
from tests.support.model_servers import FakeModelServer
from tests.support.postgres_servers import PASSWORD, PostgresServer

pytestmark = pytest.mark.es

PRODUCTS = [
    {"sku": "A1", "name": "red trail shoe", "maker": "Fellgate", "cost": 90},
    {"sku": "A2", "name": "blue road shoe", "maker": "Norvik", "cost": 70},
    {"sku": "A3", "name": "轻薄透气 夏季 连衣裙", "maker": "Ostara", "cost": 50},
]
MAP = "title=name,brand=maker,price=cost"


@pytest.fixture
def run(
    es_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command against the cluster; returns exit code, stdout and stderr."""
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(argv)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """A shop's export, one line of it broken."""
    lines = [json.dumps(product, ensure_ascii=False) for product in PRODUCTS]
    file = tmp_path / "products.ndjson"
    file.write_text("\n".join([*lines[:2], "{broken", lines[2]]) + "\n", encoding="utf-8")
    return file


def test_from_an_export_to_a_search(
    run: Callable[..., Any], index_name: str, feed: Path, tmp_path: Path
) -> None:
    """Three commands make an index, fill it and search it; a broken line ends in 3 and a file."""
    code, created, _ = run("create-index", index_name, "--dims", "64", "--model", "m", "--json")
    assert code == 0
    assert json.loads(created)["index"].startswith(f"{index_name}-")

    letters = tmp_path / "failed.ndjson"
    options = ["--map", MAP, "--id-field", "sku", "--dead-letter", str(letters)]
    code, out, err = run("ingest", index_name, str(feed), *options)
    assert code == 3
    assert out.startswith("4 read, 3 indexed, 0 unchanged, 1 failed")
    assert "line 3" in err
    assert "{broken" in letters.read_text(encoding="utf-8")

    code, out, err = run("ingest", index_name, str(feed), *options, "--json")
    report = json.loads(out)
    assert (code, report["read"], report["unchanged"], report["failed"]) == (3, 4, 3, 1)

    code, out, _ = run("search", index_name, "连衣裙")
    assert code == 0
    assert out.splitlines()[1].split()[2] == "A3"


def test_vectors_brought_along_are_stored(
    run: Callable[..., Any], es: Elasticsearch, index_name: str, feed: Path, tmp_path: Path
) -> None:
    """`--vectors` stores each product's vector; those without one are counted."""
    file = tmp_path / "v.npz"
    np.savez(file, product_ids=np.array(["A1", "A2"]), product_vectors=np.eye(2, 8, dtype="f4"))
    assert run("create-index", index_name, "--dims", "8", "--model", "m")[0] == 0
    options = ["--map", MAP, "--id-field", "sku", "--vectors", str(file), "--model", "m"]
    code, out, _ = run("ingest", index_name, str(feed), *options, "--json")
    assert (code, json.loads(out)["without_vector"]) == (3, 1)
    assert es.count(index=index_name, query={"exists": {"field": "embedding"}})["count"] == 2


def test_a_page_says_rank_score_title_and_why(run: Callable[..., Any], products_index: str) -> None:
    """A page is one line per product, numbered over pages, with a sentence where asked."""
    code, out, err = run(
        "search", products_index, "trail shoe", "--size", "2", "--from", "2", "--explain"
    )
    header, first, second = out.splitlines()
    assert code == 0
    assert header.split() == ["#", "score", "id", "title", "price", "why"]
    assert first.split()[0] == "3"
    assert "trail running shoe" in first
    assert "text match no." in second
    assert "2 of " in err
    assert "without embed" in err


def test_json_is_the_response_with_its_diagnostics(
    run: Callable[..., Any], products_index: str
) -> None:
    """`--json` prints Elasticsearch's shape and what es_hybrid did, and nothing else."""
    code, out, _ = run("search", products_index, "trail shoe", "--size", "2", "--json")
    document = json.loads(out)
    assert code == 0
    assert len(document["hits"]["hits"]) == 2
    assert document["ext"]["hybrid"]["plan"] == "lexical_only"
    assert document["ext"]["hybrid"]["degraded"][0]["reason"] == "no_embedder"


def test_filters_bind_and_the_words_still_rank(
    run: Callable[..., Any], products_index: str
) -> None:
    """With filters the words are still searched: only tents, only those of two brands."""
    filters = ["--filter", "brand=Norvik", "--filter", "brand=Ostara", "--filter", "price<80"]
    code, out, _ = run("search", products_index, "tent", *filters, "--size", "50", "--json")
    hits = json.loads(out)["hits"]["hits"]
    assert code == 0
    assert hits
    assert all("tent" in hit["_source"]["title"] for hit in hits)
    assert {hit["_source"]["brand"] for hit in hits} == {"Norvik", "Ostara"}
    assert all(hit["_source"]["price"] < 80 for hit in hits)


def test_a_boost_lifts_what_it_names(run: Callable[..., Any], products_index: str) -> None:
    """A boosted colour stands before the same product in other colours."""
    _, out, _ = run(
        "search", products_index, "tent", "--boost", "colour=black:1.9", "--size", "3", "--json"
    )
    colours = [hit["_source"]["colour"] for hit in json.loads(out)["hits"]["hits"]]
    assert colours == ["black"] * 3


def test_a_plan_is_shown_and_not_sent(run: Callable[..., Any], products_index: str) -> None:
    """`--plan` prints a request that Kibana's Dev Tools take, or the same as JSON."""
    code, out, _ = run("search", products_index, "trail shoe", "--plan")
    assert code == 0
    assert f"POST /{products_index}/" in out
    assert "trail shoe" in out
    _, out, _ = run("search", products_index, "trail shoe", "--plan", "--json")
    assert json.loads(out)["plan"] == "lexical_only"


@pytest.fixture
def judged(tmp_path: Path) -> tuple[str, str, str, str]:
    """Two queries of two languages, and the arguments that name them."""
    queries, qrels = tmp_path / "q.csv", tmp_path / "r.csv"
    queries.write_text("query_id,query,language\na,trail shoe,en\nb,tent,de\nc,none,en\n")
    qrels.write_text("query_id,product_id,grade\na,p00,3\na,p01,2\nb,p36,3\nc,p02,1\n")
    return ("--queries", str(queries), "--qrels", str(qrels))


def test_recipes_are_compared(
    run: Callable[..., Any],
    products_index: str,
    judged: tuple[str, ...],
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every recipe has its figures, by language too, and each went the way its name says."""
    monkeypatch.setenv("ES_HYBRID_EMBED__BASE_URL", embed_server.base_url)
    monkeypatch.setenv("ES_HYBRID_EMBED__MODEL", embed_server.model)
    monkeypatch.setenv("ES_HYBRID_RERANK__URL", rerank_server.rerank_url)
    monkeypatch.setenv("ES_HYBRID_RERANK__MODEL", rerank_server.model)
    code, out, _ = run("evaluate", products_index, *judged, "--json", "--warmup", "1")
    document = json.loads(out)
    assert document["queries"] == {"counted": 2, "left_out": 1}
    assert list(document["recipes"]) == ["lexical", "semantic", "fusion", "hybrid", "rerank"]
    for figures in document["recipes"].values():
        assert 0 <= figures["metrics"]["ndcg@10"] <= 1
        assert figures["latency_ms"]["p95"] >= figures["latency_ms"]["p50"] > 0
        assert list(figures["slices"]["language"]) == ["de", "en"]
    assert "embed" not in document["recipes"]["lexical"]["stages_ms"]
    assert "rerank" in document["recipes"]["rerank"]["stages_ms"]
    assert code == (3 if any(r["faults"] for r in document["recipes"].values()) else 0)


def test_evaluation_without_models_says_what_it_went_without(
    run: Callable[..., Any], products_index: str, judged: tuple[str, ...]
) -> None:
    """Without an embedder hybrid is lexical, and the report says so; that is no failure."""
    code, out, err = run("evaluate", products_index, *judged, "--recipe", "lexical,hybrid")
    assert code == 0
    assert out.startswith("2 queries with a product of grade 2 or more; 1 without one")
    assert "hybrid went without embed: no_embedder: 2 of 2" in err


def test_query_vectors_made_beforehand_are_used(
    run: Callable[..., Any], products_index: str, judged: tuple[str, ...], tmp_path: Path
) -> None:
    """`--query-vectors` needs no embedder; a query without a vector is named."""
    file = tmp_path / "v.npz"
    vectors = np.eye(2, 64, dtype=np.float32)
    np.savez(file, query_ids=np.array(["a", "b"]), query_vectors=vectors)
    chosen = ["--recipe", "hybrid", "--query-vectors", str(file)]
    code, out, _ = run("evaluate", products_index, *judged, *chosen, "--json")
    assert code == 0
    assert json.loads(out)["recipes"]["hybrid"]["degraded"] == {}
    np.savez(file, query_ids=np.array(["a"]), query_vectors=vectors[:1])
    code, _, err = run("evaluate", products_index, *judged, *chosen)
    assert code == 1
    assert "no vector for 1 of 2 judged queries, b among them" in err


def test_doctor_finds_a_healthy_set_up(
    run: Callable[..., Any],
    half_embedded_index: str,
    embed_server: FakeModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cluster, licence, models, index and plug-ins are looked at; products without vector noted."""
    monkeypatch.setenv("ES_HYBRID_EMBED__BASE_URL", embed_server.base_url)
    monkeypatch.setenv("ES_HYBRID_EMBED__MODEL", embed_server.model)
    code, out, _ = run("doctor", half_embedded_index, "--json")
    document = json.loads(out)
    checks = {check["name"]: check for check in document["checks"]}
    assert checks["elasticsearch"]["status"] == "ok"
    assert checks["licence"]["status"] == "ok"
    assert checks["vectors"]["status"] == "ok"
    assert "64 dims" in checks["embedder"]["detail"]
    assert "72 in " in checks["products"]["detail"]
    assert "36 with a vector" in checks["products"]["detail"]
    # The index says hash-64, the settings another model: vectors that must never be mixed.
    assert checks["model"]["status"] == "problem"
    assert (code, document["ok"]) == (1, False)


def test_doctor_says_what_to_change(
    run: Callable[..., Any], index_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model server that is down and an index that is not there are problems with a hint."""
    monkeypatch.setenv("ES_HYBRID_EMBED__BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("ES_HYBRID_EMBED__MODEL", "m")
    code, out, _ = run("doctor", index_name)
    assert code == 1
    assert "PROBLEM  embedder" in out
    assert "correct ES_HYBRID_EMBED__BASE_URL" in out
    assert f"PROBLEM  index: Elasticsearch answered 404: no such index [{index_name}]" in out


def test_doctor_looks_at_each_replica(
    run: Callable[..., Any],
    embed_server: FakeModelServer,
    model_server: Callable[..., FakeModelServer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A replica that is down is not hidden by one that works; the prompt's other side is tried."""
    monkeypatch.setenv("ES_HYBRID_EMBED__BASE_URL", embed_server.base_url)
    monkeypatch.setenv("ES_HYBRID_EMBED__MODEL", embed_server.model)
    monkeypatch.setenv("ES_HYBRID_EMBED__REPLICAS", "http://127.0.0.1:9/v1")
    reranker = model_server("vllm", template="client")
    monkeypatch.setenv("ES_HYBRID_RERANK__URL", reranker.rerank_url)
    monkeypatch.setenv("ES_HYBRID_RERANK__TEMPLATE", "server")
    code, out, _ = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert code == 1
    assert checks[f"embedder at {embed_server.base_url}"]["status"] == "ok"
    assert checks["embedder at http://127.0.0.1:9/v1"]["status"] == "problem"
    assert "set ES_HYBRID_RERANK__TEMPLATE=client" in checks["reranker"]["hint"]


def test_an_index_that_is_not_there_is_a_line(run: Callable[..., Any], index_name: str) -> None:
    """Elasticsearch's own reason is printed, with the command that helps."""
    code, out, err = run("search", index_name, "shoe")
    assert (code, out) == (1, "")
    assert f"no such index [{index_name}]; es-hybrid create-index makes it" in err


def test_a_process_of_its_own_prints_plain_lines(es_url: str, products_index: str) -> None:
    """On a pipe no escape code is printed, and notes stay off stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "es_hybrid", "search", products_index, "tent", "--es-url", es_url],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert b"\x1b" not in done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 10


def test_products_come_from_a_database_another_index_and_parquet(
    run: Callable[..., Any],
    es: Elasticsearch,
    index_name: str,
    postgres: PostgresServer,
    sql: psycopg.Connection,
    tmp_path: Path,
) -> None:
    """Each source fills an index; parts of a feed on several machines are the whole feed."""
    assert run("create-index", index_name, "--dims", "8", "--model", "m")[0] == 0
    sql.execute(
        "CREATE TABLE goods AS SELECT n AS sku, 'tent ' || n AS t FROM generate_series(1, 40) n"
    )
    source = ("--sql", postgres.url, "--table", "goods", "--id-field", "sku", "--map", "title=t")
    read = 0
    for part in ("1/3", "2/3", "3/3"):
        code, out, _ = run("ingest", index_name, *source, "--shard", part, "--json")
        report = json.loads(out)
        assert (code, report["unchanged"], report["failed"]) == (0, 0, 0)
        read += report["read"]
    assert (read, es.count(index=index_name)["count"]) == (40, 40)

    copy = f"{index_name}-copy"
    assert run("create-index", copy, "--dims", "8", "--model", "m")[0] == 0
    code, out, _ = run("ingest", copy, "--from-index", index_name, "--json")
    assert (code, json.loads(out)["indexed"]) == (0, 40)

    file = tmp_path / "p.parquet"
    parquet.write_table(pa.table({"id": [41], "title": ["stove"]}), file)
    code, out, _ = run("ingest", copy, str(file), "--json")
    assert (code, json.loads(out)["indexed"]) == (0, 1)

    code, _, err = run("ingest", copy, str(file), "--from-index", index_name)
    assert (code, "name one source of products" in err) == (2, True)
    code, _, err = run("ingest", copy, "--sql", postgres.url, "--table", "nothing")
    assert (code, PASSWORD in err, 'relation "nothing" does not exist' in err) == (1, False, True)
