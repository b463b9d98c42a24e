"""What a run counted is stored, whoever dies: the process, the node."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import Checkpoint, HybridClient, IngestError, IngestReport, Settings, read_ndjson
from es_hybrid.settings import IngestSettings
from scripts.dev.node.boot import NodeRequest
from scripts.dev.node.lifecycle import start, stop
from scripts.dev.node.process import kill
from scripts.dev.node.state import NodeState
from tests.support.bulk_proxy import bulk_proxy
from tests.support.waiting import WITHIN_S, until

pytestmark = pytest.mark.es

COUNT = 4000
BROKEN = (7, 1400, 3999)


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """A feed of some thousand lines, three of them broken."""
    path = tmp_path / "feed.ndjson"
    lines = [json.dumps({"id": f"p{n}", "title": f"shoe {n}"}) for n in range(1, COUNT + 1)]
    for number in BROKEN:
        lines[number - 1] = "{broken"
    path.write_text("\n".join(lines) + "\n")
    return path


def letters_of(path: Path) -> list[int]:
    return [json.loads(line)["dead_letter"]["line"] for line in path.read_text().splitlines()]


def taken(place: Path) -> int:
    return int(json.loads(place.read_text())["taken"]) if place.exists() else 0


def test_a_killed_process_loses_nothing(
    es: Elasticsearch, es_url: str, index_name: str, feed: Path
) -> None:
    """After `kill -9` everything before the checkpoint is there, and the same command goes on."""
    with HybridClient(es, settings=Settings()) as shop:
        shop.create_index(index_name)
    place, dead = feed.with_name("place"), feed.with_name("dead.ndjson")
    command = [sys.executable, "-m", "es_hybrid", "ingest", index_name, str(feed), "--json"]
    command += ["--resume", str(place), "--dead-letter", str(dead), "--es-url"]
    environ = os.environ | {"ES_HYBRID_INGEST__BATCH": "20"}
    with bulk_proxy(es_url) as proxy:
        killed = threading.Event()

        def hold() -> None:
            if len(proxy.bulks) >= 10:  # enough for a checkpoint, and far from all
                killed.wait(WITHIN_S)

        proxy.on_bulk = hold
        running = subprocess.Popen([*command, proxy.url], env=environ, stdout=subprocess.DEVNULL)
        until(lambda: taken(place) > 60)
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
        proxy.statuses.extend([0] * 100)  # what was held is never passed on
        killed.set()

    held = json.loads(place.read_text())
    assert 60 < held["taken"] < COUNT
    es.indices.refresh(index=index_name)
    before = [n for n in range(1, held["taken"] + 1) if n not in BROKEN]
    found = es.mget(index=index_name, ids=[f"p{n}" for n in before], source=False)
    assert all(doc["found"] for doc in found["docs"])
    counts = held["counts"]
    assert counts["indexed"] == len(before)
    assert counts["failed"] == held["taken"] - len(before)
    assert not dead.exists()

    done = subprocess.run(
        [*command, es_url], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert report["read"] == COUNT
    assert report["indexed"] + report["unchanged"] == COUNT - len(BROKEN)
    assert es.count(index=index_name)["count"] == COUNT - len(BROKEN)
    assert letters_of(dead) == list(BROKEN)
    assert not place.exists()


class Crashing:
    """A node of this test's own that can be killed and started again with its data."""

    def __init__(self, folder: Path) -> None:
        self._request = NodeRequest(name="crashing", dev_dir=folder)
        self.known: NodeState = start(self._request)

    def kill(self) -> None:
        """End it at once, as a lack of memory or power would."""
        assert kill(self.known.process)

    def start_again(self) -> None:
        """Start it with what it had on disk."""
        self.known = start(self._request)

    def purge(self) -> None:
        """Stop it and remove its data."""
        stop("crashing", dev_dir=self._request.dev_dir, purge=True)


@pytest.fixture
def crashing(tmp_path: Path) -> Iterator[Crashing]:
    """A node to be killed."""
    node = Crashing(tmp_path / "state")
    try:
        yield node
    finally:
        node.purge()


@pytest.mark.node
def test_a_killed_node_loses_nothing_that_was_counted(crashing: Crashing, feed: Path) -> None:
    """Products counted as stored are there after a crash of the node, and the run goes on."""
    settings = Settings(ingest=IngestSettings(batch=20, max_attempts=1))
    place, dead = feed.with_name("place"), feed.with_name("dead.ndjson")
    arguments: dict[str, Any] = {"dead_letter": dead}

    def kill_at_600(report: IngestReport) -> None:
        if report.read == 600:
            crashing.kill()

    with (
        Elasticsearch(crashing.known.url, request_timeout=90) as es,
        HybridClient(es, settings=settings) as shop,
    ):
        shop.create_index("products")
        checkpoint = Checkpoint(place, sources=[feed])
        with pytest.raises(IngestError) as caught:
            shop.ingest(
                "products",
                read_ndjson(feed),
                checkpoint=checkpoint,
                on_progress=kill_at_600,
                **arguments,
            )
    counted: IngestReport = caught.value.report
    assert counted.read == counted.indexed + counted.unchanged + counted.stale + counted.failed
    assert 600 <= counted.read < COUNT

    crashing.start_again()
    with (
        Elasticsearch(crashing.known.url, request_timeout=90) as es,
        HybridClient(es, settings=settings) as shop,
    ):
        es.cluster.health(index="products", wait_for_status="yellow", timeout="60s")
        before = [f"p{n}" for n in range(1, taken(place) + 1) if n not in BROKEN]
        assert counted.indexed == len(before)
        found = es.mget(index="products", ids=before, source=False)
        assert all(doc["found"] for doc in found["docs"])
        checkpoint = Checkpoint(place, sources=[feed])
        report = shop.ingest("products", read_ndjson(feed), checkpoint=checkpoint, **arguments)
        assert (report.read, report.failed) == (COUNT, len(BROKEN))
        assert es.count(index="products")["count"] == COUNT - len(BROKEN)
    assert letters_of(dead) == list(BROKEN)
