"""Elastic's clients in other languages swap the host name, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from es_hybrid import HybridClient

pytestmark = pytest.mark.es

CLIENTS = Path(__file__).parent / "clients"
QUERY = {"multi_match": {"query": "trail shoe", "fields": ["title^2", "description"]}}


def ids(answer: Any) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_elastics_javascript_client_finds_what_ours_finds(
    service: str, products_index: str, open_shop: Callable[..., HybridClient], tmp_path: Path
) -> None:
    """Searches are hybrid, other reads are Elasticsearch's own, errors are the client's own."""
    folder = shutil.copytree(CLIENTS / "node", tmp_path / "node")
    shop = open_shop()
    if shop.info()["version"]["number"].startswith("8."):  # which refuses a client of version 9
        shutil.copytree(CLIENTS / "node8", folder, dirs_exist_ok=True)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder)
    found = json.loads(run(["node", "shop.mjs", service, products_index], folder))
    expected = shop.search(index=products_index, query=QUERY, size=5)
    assert found["search"] == ids(expected)
    assert (found["plan"], found["total"]) == (expected.hybrid.plan, expected.total)
    assert found["msearch"] == [found["search"][:3], found["search"][:2]]
    assert found["version"] == shop.info()["version"]["number"]
    assert [found[name] for name in ("count", "get", "exists", "missing", "pit")] == [
        *(72, "p01"),
        *(True, False, 2),
    ]
    assert found["refused"] == [True, 403, "security_exception"]
    assert found["wrong"] == [400, "parsing_exception"]


def test_elastics_go_client_finds_what_ours_finds(
    service: str, products_index: str, open_shop: Callable[..., HybridClient], tmp_path: Path
) -> None:
    """The same, with bodies that the client packs."""
    folder = shutil.copytree(CLIENTS / "go", tmp_path / "go")
    found = json.loads(run(["go", "run", ".", service, products_index], folder))
    expected = ids(open_shop().search(index=products_index, query=QUERY, size=5))
    assert (found["search"], found["msearch"]) == (expected, [expected, expected])
    assert found["count"] == 72
    assert found["refused"] == [403, "security_exception"]
