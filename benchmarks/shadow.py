"""Measure what shadow mode adds to the served search while the new side hangs.

A local server answers every served search at once; another one takes the new side's requests and
never answers. Each served search is made twice, bare and with a shadow, in turns; what is printed is
the difference of each pair: wall-clock and the CPU time of the serving thread. Docs: docs/live.md.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings, ShadowClient
from es_hybrid.cli.table import table_lines
from tests.support.stubborn_servers import HangingServer

_QUERY = {"multi_match": {"query": "trail running shoe", "fields": ["title^3", "brand"]}}
_HITS = [
    {
        "_index": "products",
        "_id": str(number),
        "_score": 1.0,
        "_source": {"title": f"shoe {number}", "price": 10.0 + number, "stock": number},
    }
    for number in range(24)
]
_BODY = json.dumps({"took": 1, "timed_out": False, "hits": {"hits": _HITS}}).encode()
_WARM_UP = 10
_MOST = 100
"""Shadows under way at once: as many as a ShadowClient takes."""


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-type", "application/vnd.elasticsearch+json;compatible-with=9")
        self.send_header("content-length", str(len(_BODY)))
        self.end_headers()
        self.wfile.write(_BODY)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; return 1 where the median addition is above a millisecond."""
    parser = argparse.ArgumentParser(prog="benchmarks.shadow", description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    args = parser.parse_args(argv)
    rows: list[list[Any]] = []
    with _served() as url, Elasticsearch(url) as es:
        for name, at_once, block in (
            ("each search starts a shadow, which hangs", _MOST, _MOST - _WARM_UP),
            ("4 shadows hang, the others are left out", 4, args.pairs),
        ):
            wall: list[float] = []
            cpu: list[float] = []
            dropped = 0
            while len(wall) < args.pairs:
                dropped += _block(es, wall, cpu, pairs=block, at_once=at_once)
            rows.append([name, *_spread(wall), statistics.median(cpu), len(wall), dropped])
    headers = ["new side", "p50 ms", "low", "high", "p95 ms", "CPU p50 ms", "pairs", "left out"]
    cells = [[f"{cell:.3f}" if isinstance(cell, float) else cell for cell in row] for row in rows]
    print("\n".join(table_lines(headers, cells)))
    print("low and high: 95 % bootstrap interval of the median difference")
    return int(any(row[3] >= 1.0 for row in rows))


def _block(
    es: Elasticsearch, wall: list[float], cpu: list[float], *, pairs: int, at_once: int
) -> int:
    """Add the differences of some pairs; return how many shadows were left out."""
    with (
        HangingServer() as hanging,
        Elasticsearch(hanging.url, connections_per_node=_MOST) as other,
        HybridClient(other, settings=Settings()) as new,
        ShadowClient(es, new, sample=1.0, at_once=at_once, timeout_s=3600.0) as shop,
    ):
        for took, busy in _paired(es, shop, pairs):
            wall.append(took)
            cpu.append(busy)
        left_out = shop.report().dropped
        hanging.let_go()  # ends the threads that wait there
    return left_out


def _paired(es: Elasticsearch, shop: ShadowClient, pairs: int) -> Iterator[tuple[float, float]]:
    """Yield what a shadow added to each pair of searches, in milliseconds of wall and CPU."""
    dice = random.Random(1)
    for pair in range(pairs + _WARM_UP):
        lanes: list[tuple[int, Callable[..., object]]] = [(0, es.search), (1, shop.search)]
        dice.shuffle(lanes)
        took = [(0.0, 0.0), (0.0, 0.0)]
        for lane, search in lanes:
            began, began_cpu = time.perf_counter(), time.thread_time()
            search(index="products", query=_QUERY, size=24)
            took[lane] = (time.perf_counter() - began, time.thread_time() - began_cpu)
        if pair >= _WARM_UP:
            yield 1000.0 * (took[1][0] - took[0][0]), 1000.0 * (took[1][1] - took[0][1])


def _spread(values: Sequence[float]) -> tuple[float, float, float, float]:
    drawn = np.random.default_rng(1).choice(np.array(values), (1000, len(values)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return statistics.median(values), float(low), float(high), float(np.percentile(values, 95))


@contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    sys.exit(main())
