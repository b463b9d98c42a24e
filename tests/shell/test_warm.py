"""`es-hybrid warm`: what shoppers ask most is in Redis before they ask."""

from __future__ import annotations

import gzip
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, WarmQueriesReport
from es_hybrid._sync.models.stack import ModelStack
from es_hybrid.cli.app import main
from es_hybrid.cli.query_log import top_queries
from es_hybrid.cli.warm import product_ids
from es_hybrid.errors import HybridError
from es_hybrid.settings import Settings
from es_hybrid.types import TextKind
from tests.support.model_servers import FakeModelServer
from tests.support.redis_servers import RedisServer

QUERIES = ["red shoe", "tent", "耳机", "steel bottle", "boot"]


def settings_of(server: FakeModelServer, redis_url: str, **embed: Any) -> Settings:
    model = {"base_url": server.base_url, "model": server.model, "batch": 2}
    cache = {"redis_url": redis_url, "redis_timeout_ms": 5000.0}
    return Settings(embed={**model, **embed}, cache=cache)


def warm(settings: Settings, queries: list[str] = QUERIES) -> WarmQueriesReport:
    nowhere = Elasticsearch("http://127.0.0.1:9")
    with nowhere, HybridClient(nowhere, settings=settings) as shop:
        return shop.warm_queries(queries)


def test_a_warm_query_needs_no_model(
    redis_server: RedisServer, embed_server: FakeModelServer
) -> None:
    """Another process finds the vectors without asking the server; a second run computes nothing."""
    settings = settings_of(embed_server, redis_server.url)
    report = warm(settings)
    assert (report.computed, report.remembered, report.failed) == (5, 0, 0)
    asked = len(embed_server.requests)
    assert [len(request.body["input"]) for request in embed_server.requests] == [2, 2, 1]
    assert warm(settings).remembered == 5
    with closing(ModelStack(settings)) as search:
        assert search.queries is not None
        rows = search.queries.embed(QUERIES, kind=TextKind.QUERY, timeout_s=5.0)
    assert rows.shape == (5, 64)
    assert len(embed_server.requests) == asked


def test_a_language_that_searches_do_not_embed_is_left_out(
    redis_server: RedisServer, model_server: Any
) -> None:
    """What the model does not know is searched by words, so its vector would never be used."""
    server = model_server("sglang", model="wordllama-256")
    report = warm(settings_of(server, redis_server.url))
    assert (report.computed, report.left_out) == (4, 1)


def test_a_refused_batch_does_not_stop_the_rest(
    redis_server: RedisServer, embed_server: FakeModelServer
) -> None:
    """One failure is counted with its reason; the same command computes what is missing."""
    settings = settings_of(embed_server, redis_server.url)
    embed_server.fail(status=400, times=1)
    report = warm(settings)
    assert (report.computed, report.failed) == (3, 2)
    assert "400" in report.reason
    assert (warm(settings).computed, warm(settings).remembered) == (2, 5)


def test_a_server_that_is_down_ends_the_run(
    redis_server: RedisServer, embed_server: FakeModelServer
) -> None:
    """Three failed batches in a row are hopeless, and the error says why."""
    embed_server.fail(status=400)
    with pytest.raises(HybridError, match=r"3 batches failed one after the other: .*400"):
        warm(settings_of(embed_server, redis_server.url))


def test_a_redis_that_is_down_is_no_success(embed_server: FakeModelServer) -> None:
    """Vectors that nothing keeps are not counted as computed."""
    report = warm(settings_of(embed_server, "redis://127.0.0.1:9/0"), ["red shoe"])
    assert (report.computed, report.failed) == (0, 1)
    assert "Redis" in report.reason


def test_a_process_keeps_them_for_itself(embed_server: FakeModelServer) -> None:
    """Without a Redis the same client's searches find the vectors, and a task has its own."""
    model = {"base_url": embed_server.base_url, "model": embed_server.model}
    nowhere = Elasticsearch("http://127.0.0.1:9")
    told: list[int] = []
    with nowhere, HybridClient(nowhere, settings=Settings(embed=model)) as shop:
        first = shop.warm_queries(["tent", "tent", " "], on_progress=told.append)
        again = shop.warm_queries(["tent", "boot"])
        gift = shop.warm_queries(["tent"], instruction="gift")
    assert (first.queries, first.computed, told) == (1, 1, [1])
    assert (again.computed, again.remembered, gift.computed) == (1, 1, 1)
    assert "Instruct: Given a person" in embed_server.requests[-1].body["input"][0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ids.txt", "\ufeff7\n\n 8 \n"),
        ("ids", "7\n8\n"),
        ("feed.csv", "sku,title\n7,Tent\n8,Stove\n"),
        ("feed.ndjson", '{"sku": 7}\n{"sku": "8", "title": "Stove"}\n'),
    ],
)
def test_ids_are_read_from_lists_and_feeds(tmp_path: Path, name: str, content: str) -> None:
    """An id a line, or the id field of whatever `ingest` reads."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert list(product_ids(str(tmp_path / name), id_field="sku")) == ["7", "8"]


def test_a_record_without_an_id_is_told(tmp_path: Path) -> None:
    """Nothing is guessed: the line says which record, and which option names the field."""
    (tmp_path / "feed.csv").write_text("sku,title\n7,Tent\n,Stove\n")
    with pytest.raises(HybridError, match="record 2 has no sku"):
        list(product_ids(str(tmp_path / "feed.csv"), id_field="sku"))
    with pytest.raises(HybridError, match="No such file"):
        product_ids(str(tmp_path / "gone.txt"), id_field="id")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.txt", "tent\nred shoe\n\n tent \nred shoe\ntent\nboot\n"),
        ("log.csv", "time,query\n1,tent\n2,red shoe\n3,tent\n4,\n5,red shoe\n6,tent\n7,boot\n"),
        ("log.csv", "\ufeffquery,count\nred shoe,20\nboot,3\ntent,30\nmug,none\n"),
        ("log.csv.gz", "query,searches\ntent,30\nred shoe,20\nboot,3\n"),
    ],
)
def test_the_most_frequent_come_first(tmp_path: Path, name: str, content: str) -> None:
    """Lines, rows and counted rows are read, plain or gzipped; what has no query is left out."""
    file = tmp_path / name
    data = content.encode()
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert top_queries(file, top=2) == ["tent", "red shoe"]
    assert top_queries(file, top=9)[2:] == ["boot"]


def test_a_log_that_is_none_is_told(tmp_path: Path) -> None:
    """A file that is missing, or a table without the column, is a line that says so."""
    with pytest.raises(HybridError, match="No such file"):
        top_queries(tmp_path / "gone.txt", top=1)
    (tmp_path / "log.csv").write_text("words\ntent\n")
    with pytest.raises(HybridError, match="no column query"):
        top_queries(tmp_path / "log.csv", top=1)


def test_without_a_redis_nothing_is_computed(
    embed_server: FakeModelServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command says that nothing would remember, and what to set."""
    monkeypatch.setenv("ES_HYBRID_EMBED__BASE_URL", embed_server.base_url)
    monkeypatch.setenv("ES_HYBRID_EMBED__MODEL", embed_server.model)
    assert main(["warm", "products", "--queries", "log.txt"]) == 1
    assert "ES_HYBRID_CACHE__REDIS_URL" in capsys.readouterr().err
    assert embed_server.requests == []
