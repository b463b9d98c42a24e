"""On a Ray cluster a node may die: what its worker was doing is done again, and nothing twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient
from es_hybrid.scale import read_dead_letters
from es_hybrid.testing import HashEmbedder

pytestmark = pytest.mark.es

COUNT = 2000


def test_a_node_that_is_killed_costs_time_only(
    es: Elasticsearch,
    es_url: str,
    open_shop: Callable[..., HybridClient],
    index_name: str,
    tmp_path: Path,
) -> None:
    """Every product is stored once with its vector, the bad ones are kept, the numbers add up."""
    shop = open_shop(embedder=HashEmbedder(dims=16))
    shop.create_index(index_name)

    command = [sys.executable, "-m", "tests.support.ray_run", es_url, index_name, "night"]
    done = subprocess.run(
        [*command, str(tmp_path), str(COUNT)],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path), "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"read"')]
    first, again = map(json.loads, lines)  # Ray prints there, too
    assert (tmp_path / "killed").exists()
    assert len(list(tmp_path.glob("worker-*"))) >= 3
    assert (first["read"], first["failed"], first["without_vector"]) == (COUNT, 2, 0)
    assert first["indexed"] + first["unchanged"] == COUNT - 2
    exists = {"exists": {"field": "embedding"}}
    assert es.count(index=index_name, query=exists)["count"] == COUNT - 2

    assert again["warnings"] == ["8 batches were done before, under the name night"]
    numbers = ("read", "failed", "without_vector", "calls")
    assert [again[name] for name in numbers] == [first[name] for name in numbers]

    letters = list(read_dead_letters(es, "night", dead_letters=f"{index_name}-dead"))
    assert sorted(item.product["id"] for item in letters) == ["p1503", "p3"]
    mended = [{**item.product, "price": 1} for item in letters]
    assert shop.ingest(index_name, mended).indexed == 2
