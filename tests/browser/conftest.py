"""A playground as a shop runs it, and a real Chromium that visits it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch
from playwright.sync_api import Browser, Page, sync_playwright

from demo.catalogue import build_catalogue
from es_hybrid import HybridClient, Settings
from es_hybrid.judging import PoolItem, pool_csv

CHROMIUM = "/usr/bin/chromium"
HOSTILE = "Ridgelope <script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">${document.title='taken'}{{value}} running shoe"
PICTURE = "https://img.example.com/ui-test/picture.png"
ROOT = Path(__file__).parents[2]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say in one line that there is no Chromium; a test that needs it is never skipped."""
    needed = any("page" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and not shutil.which(CHROMIUM):
        raise pytest.UsageError("no Chromium: apt-get install chromium, or run `make test`")


@contextmanager
def running(*command: str, says: str, env: dict[str, str]) -> Iterator[str]:
    """Run a Python program; yield the address in its first line that says so."""
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, env=env, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        line = next((line for line in process.stdout if says in line), None)
        assert line is not None, f"{command} ended with {process.wait()}"
        yield next(word for word in line.split() if word.startswith("http"))
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the judging page writes to."""
    return tmp_path_factory.mktemp("judging") / "grades.csv"


@pytest.fixture(scope="module")
def playground(es: Elasticsearch, es_url: str, grades: Path) -> Iterator[str]:
    """The demo catalogue behind the real command, and a pool of it; the address of its pages."""
    alias = f"demo-shop-{uuid4().hex[:4]}"
    bare = {**os.environ, "PYTHONPATH": str(ROOT), "ES_HYBRID_ES_URL": es_url}
    with running("-m", "es_hybrid.local.server", "--port", "0", says="local", env=bare) as models:
        settings = {
            "ES_HYBRID_EMBED__BASE_URL": f"{models}/v1",
            "ES_HYBRID_EMBED__MODEL": "wordllama-256",
            "ES_HYBRID_EMBED__TIMEOUT_S": "60",
            "ES_HYBRID_RERANK__URL": f"{models}/v1/rerank",
            "ES_HYBRID_RERANK__DIALECT": "vllm",
            "ES_HYBRID_RERANK__MODEL": "wordllama-late-interaction",
            "ES_HYBRID_RERANK__TIMEOUT_S": "60",
            "ES_HYBRID_SEARCH__BUDGET_S": "60",
        }
        told = Settings(
            embed={"base_url": f"{models}/v1", "model": "wordllama-256"},  # type: ignore[arg-type]
        )
        products = [
            dict(product.fields)
            for product in build_catalogue()
            if "shoes" in str(product.fields["image_url"])
        ]
        products[0] = {**products[0], "id": "hostile", "title": HOSTILE, "image_url": PICTURE}
        with HybridClient(es, settings=told) as shop:
            index = shop.create_index(alias)
            shop.ingest(alias, products)
        pooled = grades.with_name("pool.csv")
        pooled.write_text(pool_csv(pool_of(products)), encoding="utf-8")
        try:
            command = (
                *("-m", "es_hybrid", "playground", alias, "--port", "0", "--pool", str(pooled)),
                *("--grades", str(grades), "--judge", "ann"),
            )
            with running(*command, says="playground at", env={**bare, **settings}) as address:
                yield address.rstrip("/")
        finally:
            es.indices.delete(index=index)


def pool_of(products: Sequence[Mapping[str, Any]]) -> list[PoolItem]:
    """Return six products to judge for two queries, one of them gone from the index."""
    english = [product for product in products if product["language"] == "en"]
    chosen = [*english[1:6], {"id": "gone", "title": "A shoe that is sold no more"}]
    return [
        PoolItem(
            f"q{number % 2}",
            ("trail running shoes", "跑鞋")[number % 2],
            str(product["id"]),
            rank=number + 40,
            recipes=("secret-recipe",),
            title=str(product["title"]),
            product="What the pool tells of it.",
        )
        for number, product in enumerate(chosen)
    ]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without what it would ask of the internet."""
    flags = (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(flags))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of this test's own."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    yield context.new_page()
    context.close()
