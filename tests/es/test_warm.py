"""`es-hybrid warm` looks at the index whose searches are to become faster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings
from es_hybrid.cli.app import main
from tests.support.model_servers import FakeModelServer
from tests.support.redis_servers import RedisServer

pytestmark = pytest.mark.es


@pytest.fixture
def log(tmp_path: Path) -> str:
    """What shoppers asked, three queries in all."""
    file = tmp_path / "log.txt"
    file.write_text("tent\nred tent\ntent\nstove\n", encoding="utf-8")
    return str(file)


def environment(
    patch: pytest.MonkeyPatch, es_url: str, server: FakeModelServer, redis: str
) -> None:
    for name, value in {
        "ES_URL": es_url,
        "EMBED__BASE_URL": server.base_url,
        "EMBED__MODEL": server.model,
        "EMBED__TIMEOUT_S": "10",
        "SEARCH__BUDGET_S": "30",
        "CACHE__REDIS_URL": redis,
        "CACHE__REDIS_TIMEOUT_MS": "5000",
    }.items():
        patch.setenv(f"ES_HYBRID_{name}", value)


def test_a_search_for_a_warm_query_asks_no_embedder(
    es: Elasticsearch,
    es_url: str,
    half_embedded_index: str,
    log: str,
    model_server: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the command computed, a search finds; products without a vector are noted."""
    server = model_server("sglang", model="hash-64")
    with RedisServer() as redis:
        environment(monkeypatch, es_url, server, redis.url)
        assert main(["warm", half_embedded_index, "--queries", log, "--top", "2", "--json"]) == 0
        captured = capsys.readouterr()
        assert json.loads(captured.out)["queries"]["computed"] == 2
        assert "36 with a vector" in captured.err
        asked = len(server.requests)
        with HybridClient(es, settings=Settings()) as shop:
            for text, new in (("tent", 0), ("red tent", 0), ("stove", 1)):
                found = shop.search(index=half_embedded_index, query={"match": {"title": text}})
                assert found.hybrid.degraded == ()
                assert len(server.requests) - asked == new, text


def test_products_of_a_promotion(
    es: Elasticsearch,
    es_url: str,
    model_server: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`--ids` computes the vectors of a list, `--products` those of all that lack one."""
    server = model_server("sglang", model="hash-64")
    name = f"test-warm-{uuid4().hex[:8]}"
    ids = tmp_path / "promotion.txt"
    ids.write_text("2\n3\n99\n")
    with HybridClient(es, settings=Settings()) as plain:
        index = plain.create_index(name, dims=64, model="hash-64")
        plain.ingest(name, [{"id": str(n), "title": f"tent {n}"} for n in range(5)])
    environment(monkeypatch, es_url, server, "redis://127.0.0.1:9/0")
    try:
        for option, computed, missing in ((["--ids", str(ids)], 2, 1), (["--products"], 3, 0)):
            assert main(["warm", name, *option, "--json"]) == 0
            report = json.loads(capsys.readouterr().out)["products"]
            assert (report["computed"], report["missing"], report["failed"]) == (
                computed,
                missing,
                0,
            )
        assert es.count(index=name, query={"exists": {"field": "embedding"}})["count"] == 5
    finally:
        es.indices.delete(index=index)


def test_vectors_of_another_model_than_the_index_has_are_refused(
    es_url: str,
    products_index: str,
    log: str,
    embed_server: FakeModelServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Searches would never use them, so none is computed."""
    environment(monkeypatch, es_url, embed_server, "redis://127.0.0.1:9/0")
    assert main(["warm", products_index, "--queries", log]) == 1
    assert "holds vectors of hash-64" in capsys.readouterr().err
    assert embed_server.requests == []
