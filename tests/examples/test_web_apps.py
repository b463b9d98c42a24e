"""The recipes for FastAPI and Django serve a shop over HTTP, and lose no click when they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent

import httpx
import pytest
from elasticsearch import Elasticsearch

from es_hybrid.logs import read_files
from es_hybrid.logs.history import read_history
from tests.docs.pages import Block, blocks
from tests.examples.conftest import ROOT

pytestmark = pytest.mark.es

PYTHON = [sys.executable, "-W", "error", "-u"]
# Django's development server leaves its own listening socket to the garbage collector.
ITS_SOCKET = ["-W", "ignore:unclosed <socket:ResourceWarning"]
APPS: Mapping[str, tuple[Sequence[str], str, int]] = {
    "fastapi": (
        [*PYTHON, "-m", "uvicorn", "--app-dir", "examples", "--port", "0", "fastapi_shop:app"],
        "running on ",
        signal.SIGTERM,
    ),
    "django": (
        [
            *PYTHON,
            *ITS_SOCKET,
            "examples/django_shop/manage.py",
            "runserver",
            "--noreload",
            "127.0.0.1:0",
        ],
        "development server at ",
        signal.SIGINT,
    ),
}
NOWHERE = "http://127.0.0.1:9"


@contextmanager
def served(name: str, **environment: str) -> Iterator[httpx.Client]:
    """Run an app as its docstring says, on a free port, until the test is over."""
    command, before_the_address, end = APPS[name]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ES_HYBRID_")}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Who was started in the background ignores Ctrl-C, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if before_the_address in line:
                break
        else:
            pytest.fail("".join(said))
        address = line.partition(before_the_address)[2].split()[0]
        with httpx.Client(base_url=address, timeout=60) as client:
            yield client
    finally:
        process.send_signal(end)
        rest, _ = process.communicate(timeout=60)
    assert "Traceback" not in rest, rest


@pytest.fixture
def shoes(es: Elasticsearch, index_name: str) -> str:
    """An index that a shop already has."""
    for number, title in enumerate(("Red trail shoe", "Blue shoe", "Reading lamp"), start=1):
        es.index(index=index_name, id=str(number), document={"title": title})
    es.indices.refresh(index=index_name)
    return index_name


@pytest.mark.parametrize("name", APPS)
def test_a_shop_serves(name: str, es_url: str, shoes: str, tmp_path: Path) -> None:
    """It searches, is ready, refuses what is wrong, and its log holds the click when it has ended."""
    log = {"ES_HYBRID_LOG__TO": "files", "ES_HYBRID_LOG__DIRECTORY": str(tmp_path)}
    with served(name, ES_HYBRID_ES_URL=es_url, SHOP_INDEX=shoes, **log) as shop:
        found = shop.get("/search", params={"q": "red shoe"}).json()
        assert [product["title"] for product in found["products"]] == [
            "Red trail shoe",
            "Blue shoe",
        ]
        assert found["degraded"] == ["embed: no_vector_field"]
        assert shop.get("/health").status_code == shop.get("/ready").status_code == 200
        assert shop.get("/search", params={"q": ""}).status_code in {400, 422}
        click = {"query_id": found["query_id"], "product": "2", "position": 2}
        assert shop.post("/clicks", json=click).status_code == 202
        refused = shop.post("/clicks", json={**click, "position": 0})
        assert (refused.status_code, refused.json()["error"].split(":")[0]) == (400, "event")
    (search,) = read_history(read_files(tmp_path)).searches
    assert search.shown == {1: "1", 2: "2"}
    assert search.deeds.products["2"][0] == 1


@pytest.mark.parametrize("name", APPS)
def test_without_elasticsearch_it_lives_and_is_not_ready(name: str) -> None:
    """A load balancer takes it out, nobody restarts it, and a shopper reads no stack trace."""
    with served(name, ES_HYBRID_ES_URL=NOWHERE) as shop:
        assert shop.get("/health").status_code == 200
        assert shop.get("/ready").status_code == 503
        answer = shop.get("/search", params={"q": "shoe"})
        assert (answer.status_code, list(answer.json())) == (503, ["error"])


@pytest.mark.parametrize("block", blocks(ROOT / "docs" / "web-apps.md", "python"), ids=str)
def test_the_page_shows_what_runs(block: Block) -> None:
    """Each block of the page stands in one of the apps, word for word."""
    files = [
        ROOT / "examples" / "fastapi_shop.py",
        *(ROOT / "examples" / "django_shop").rglob("*.py"),
    ]
    code = block.code.strip()
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert any(code in text or indent(code, "    ") in text for text in texts)
