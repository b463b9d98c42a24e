"""The small examples run as their docstrings say, on a real Elasticsearch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests.examples.conftest import ROOT

pytestmark = pytest.mark.es


def run(script: str, *arguments: str, es_url: str, expect: int = 0) -> str:
    environment = {**os.environ, "ES_HYBRID_ES_URL": es_url, "PYTHONWARNINGS": "error"}
    command = [sys.executable, f"examples/{script}", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def shoes(es: Elasticsearch, index_name: str) -> str:
    """An index that a shop already has, made without es_hybrid."""
    for number, title in enumerate(("Red trail shoe", "Blue shoe", "Reading lamp"), start=1):
        es.index(index=index_name, id=str(number), document={"title": title, "sales_30d": number})
    es.indices.refresh(index=index_name)
    return index_name


def test_swap_answers_three_times(es_url: str, shoes: str) -> None:
    """Both clients find the same products, and what was done without is said."""
    printed = run("swap.py", shoes, "red shoe", "title", es_url=es_url)
    assert printed.count(": 2 products") == 3
    assert printed.count("Red trail shoe") == 3
    assert "did without embed: no_" in printed


def test_async_search_answers_all(es_url: str, shoes: str) -> None:
    """Each search of several at once has its own answer, in the order asked."""
    printed = run("async_search.py", shoes, "shoe", "lamp", es_url=es_url)
    assert printed.index("shoe: 2 products") < printed.index("lamp: 1 products")


def test_ingest_and_search_fills_a_new_index(es_url: str, index_name: str) -> None:
    """From nothing to the first result, without a model server; a second run writes nothing new."""
    arguments = ("examples/products.ndjson", "reading lamp", index_name)
    first = run("ingest_and_search.py", *arguments, es_url=es_url)
    assert f"created {index_name}-" in first
    assert "12 read, 12 indexed" in first
    assert "1. Clip-on reading lamp, warm light" in first
    assert "12 read, 0 indexed, 12 unchanged" in run(
        "ingest_and_search.py", *arguments, es_url=es_url
    )


@pytest.mark.parametrize("script", ["swap.py", "ingest_and_search.py", "async_search.py"])
def test_without_arguments_an_example_says_how(es_url: str, script: str) -> None:
    """The docstring is the help, and the example stays short enough to read at once."""
    assert f"python examples/{script}" in run(script, es_url=es_url, expect=1)
    assert len((Path(ROOT) / "examples" / script).read_text(encoding="utf-8").splitlines()) < 60
