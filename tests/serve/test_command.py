"""`es-hybrid serve` begins, drains and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import httpx
import pytest

pytestmark = pytest.mark.es


def test_a_signal_ends_readiness_first(es_url: str, products_index: str) -> None:
    """After SIGTERM readiness is gone, searches are answered, and the process ends with 0."""
    command = [sys.executable, "-m", "es_hybrid", "serve", "--port", "0", "--json"]
    environment = {**os.environ, "ES_HYBRID_ES_URL": es_url, "ES_HYBRID_SERVE__DRAIN_S": "600"}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process,
        httpx.Client(timeout=60) as http,
    ):
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            assert http.get(f"{url}/_hybrid/ready").status_code == 200
            process.send_signal(signal.SIGTERM)
            while http.get(f"{url}/_hybrid/ready").status_code == 200:
                assert process.poll() is None
            answer = http.get(f"{url}/{products_index}/_search", params={"q": "shoe"})
            assert answer.json()["hits"]["hits"]
            assert answer.headers["connection"] == "close"
            process.send_signal(signal.SIGTERM)  # the balancer has noticed
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
