"""What the pages take for granted: model servers in the environment, files, an index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings, read_ndjson
from tests.docs.runner import write_files
from tests.support.model_servers import FakeModelServer


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index_name: str) -> Iterator[Path]:
    """A reader's folder, with the pages' files in it and model servers in the environment."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    with FakeModelServer("sglang") as embed, FakeModelServer("vllm") as rerank:
        for name, value in {
            "EMBED__BASE_URL": embed.base_url,
            "EMBED__MODEL": embed.model,
            "EMBED__TIMEOUT_S": "10",
            "RERANK__URL": rerank.rerank_url,
            "RERANK__MODEL": rerank.model,
            "RERANK__TIMEOUT_S": "10",
            "SEARCH__BUDGET_S": "30",
            "RULES__INDEX": f"{index_name}-rules",
            "RULES__TIMEOUT_S": "10",
            "EXPERIMENT__INDEX": f"{index_name}-experiments",
            "EXPERIMENT__TIMEOUT_S": "10",
            "SHOPPERS__TIMEOUT_MS": "10000",
            "SHOPPERS__INDEX": f"{index_name}-shoppers",
        }.items():
            monkeypatch.setenv(f"ES_HYBRID_{name}", value)
        yield tmp_path


@pytest.fixture
def names(reader: Path, es: Elasticsearch, index_name: str) -> Iterator[dict[str, Any]]:
    """What a page takes for granted: the reader's clients, and an index with products."""
    with HybridClient(es, settings=Settings()) as shop:
        shop.create_index(index_name)
        report = shop.ingest(index_name, read_ndjson("products.ndjson"))
        assert (report.failed, report.without_vector) == (0, 0), report
        found = shop.search(index=index_name, query={"match": {"title": "shoe"}})
        assert found.hybrid.reranked, "the pages show whole searches"
        assert found.hybrid.degraded == ()
        yield {"es": es, "shop": shop}
