"""A first load that is killed or interrupted leaves nothing behind that has to be guessed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings

pytestmark = pytest.mark.es

_LOADING = """
import signal, sys
from elasticsearch import Elasticsearch
from es_hybrid import HybridClient, Settings
from es_hybrid.settings import IngestSettings

# as a shell's foreground job has it, whatever the parent was told
signal.signal(signal.SIGINT, signal.default_int_handler)

held = []

def told(report):
    if report.indexed >= 50 and not held:
        held.append(True)  # what was under way is still told of after an interrupt
        print("loading", flush=True)
        sys.stdin.readline()  # until this process is killed or interrupted

limits = IngestSettings(batch=10, first_load_after=10)
products = ({"id": f"p{n}", "title": f"shoe number {n}"} for n in range(100_000))
with Elasticsearch(sys.argv[1]) as es, HybridClient(es, settings=Settings(ingest=limits)) as shop:
    shop.ingest(sys.argv[2], products, on_progress=told)
"""


@contextmanager
def loading(url: str, index: str) -> Iterator[subprocess.Popen[str]]:
    """Run a first load in a process of its own, and hold it in the middle."""
    command = [sys.executable, "-c", _LOADING, url, index]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "loading\n"
            yield process
        finally:
            process.kill()


def settings_of(es: Elasticsearch, name: str) -> tuple[Any, Any, Any]:
    found = es.indices.get_settings(index=name)[name]["settings"]["index"]
    names = ("refresh_interval", "auto_expand_replicas", "number_of_replicas")
    return tuple(found.get(each) for each in names)  # type: ignore[return-value]


def doctor(url: str, index: str) -> tuple[int, list[dict[str, str]]]:
    """Return the exit code and what doctor says of first loads."""
    command = [sys.executable, "-m", "es_hybrid", "doctor", index, "--json", "--es-url", url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_clean())
    checks = json.loads(done.stdout)["checks"]
    return done.returncode, [check for check in checks if check["name"] == "first load"]


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "ES_HYBRID" not in name}


def test_after_a_kill_the_next_ingest_restores_and_doctor_reports_until_then(
    es: Elasticsearch, es_url: str, index_name: str
) -> None:
    """A `kill -9` leaves refreshes off; doctor says so, and the next ingest brings all back."""
    with HybridClient(es, settings=Settings()) as shop:
        name = shop.create_index(index_name)
        before = settings_of(es, name)
        with loading(es_url, index_name) as process:
            assert settings_of(es, name) == ("-1", "false", "0")
            process.kill()
            process.wait()
        assert settings_of(es, name) == ("-1", "false", "0")
        code, (found,) = doctor(es_url, index_name)
        assert (code, found["status"]) == (1, "problem")
        assert "the next ingest, update or backfill restores them" in found["hint"]
        report = shop.ingest(index_name, [{"id": "p0", "title": "shoe number 0"}])
        assert report.unchanged == 1
        assert settings_of(es, name) == before
        assert es.count(index=name)["count"] >= 50
    assert doctor(es_url, index_name)[1] == []


def test_ctrl_c_restores_at_once(es: Elasticsearch, es_url: str, index_name: str) -> None:
    """An interrupted load leaves the index as it was meant to be, with what was written."""
    with HybridClient(es, settings=Settings()) as shop:
        name = shop.create_index(index_name)
        before = settings_of(es, name)
        with loading(es_url, index_name) as process:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
        assert settings_of(es, name) == before
    assert es.count(index=name)["count"] >= 50
    assert doctor(es_url, index_name)[1] == []
