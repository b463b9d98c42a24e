"""Runs `ingest_with_ray` on a local cluster of two nodes, one of which dies on the way.

python -m tests.support.ray_run ES_URL INDEX RUN FOLDER PRODUCTS; does it twice, and prints what came of
each as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster

from es_hybrid import Settings
from es_hybrid.scale import ingest_with_ray
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import TextKind, Vectors

DIMS = 16


PLACE = {"place": 1.0}
"""What a worker needs: each node has one, the first a second one once the other node is gone."""
HELD = "held"
_PATIENCE_S = 120.0


class MortalEmbedder:
    """Notes each worker it is in; the second node dies of its worker's third call, at once.

    The first node's worker waits for that, or it might have done all of the work by then.
    """

    model = f"hash-{DIMS}"

    def __init__(self, folder: Path, head: str) -> None:
        self._folder = folder
        self._mortal = ray.get_runtime_context().get_node_id() != head
        self._inner = HashEmbedder(dims=DIMS)
        self._calls = 0
        (folder / f"worker-{os.getpid()}").touch()

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        self._calls += 1
        with (self._folder / "calls").open("a") as file:
            file.write(f"{len(texts)}\n")
        killed = self._folder / "killed"
        if self._mortal and self._calls >= 3:  # calls run side by side: the third may see more
            ray.kill(ray.get_actor(HELD))
            killed.touch()
            kill_node()
        if not self._mortal:
            wait_for(killed)
        return self._inner.embed(texts, kind=kind, timeout_s=timeout_s)


class Held:
    """Holds a place on the first node, so that the two workers are on a node each."""


def wait_for(path: Path) -> None:
    ends_s = time.monotonic() + _PATIENCE_S
    while not path.exists() and time.monotonic() < ends_s:
        time.sleep(0.05)


def kill_node() -> None:
    """Kill the node that this worker is of, without a chance to clean up, and the worker with it."""
    raylet = os.getppid()
    name = Path(f"/proc/{raylet}/comm").read_text().strip()
    assert name == "raylet", f"this worker was started by {name}"
    os.kill(raylet, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def product(row: dict[str, Any]) -> dict[str, Any]:
    number = row["id"]
    price = "cheap" if number in {3, 1503} else f"{number}.50"
    return {"id": f"p{number}", "title": f"shoe number {number}", "price": price}


def main() -> None:
    es_url, index, run, folder, count = sys.argv[1:]
    store = {"object_store_memory": 100_000_000}
    noticed_soon = {"health_check_period_ms": 1000, "health_check_failure_threshold": 3}
    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 2,
            "resources": {"place": 2.0},
            "include_dashboard": False,
            "_system_config": noticed_soon,
            **store,
        },
    )
    ray.init(address=cluster.address, configure_logging=False, log_to_driver=False)
    head = ray.get_runtime_context().get_node_id()
    held = ray.remote(num_cpus=0, resources=PLACE)(Held).options(name=HELD).remote()
    ray.get(held.__ray_ready__.remote())
    cluster.add_node(num_cpus=1, resources=PLACE, **store)
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        for _again in (False, True):
            dataset = ray.data.range(int(count), override_num_blocks=8).map(product, num_cpus=0.1)
            report = ingest_with_ray(
                dataset,
                index,
                run=run,
                settings=Settings(es_url=es_url, embed={"batch": 100}),
                workers=2,
                batch=250,
                embedder=partial(MortalEmbedder, Path(folder), head),
                runs=f"{index}-runs",
                dead_letters=f"{index}-dead",
                num_cpus=0.5,
                resources=PLACE,
            )
            calls = len((Path(folder) / "calls").read_text().splitlines())
            print(json.dumps({**asdict(report), "calls": calls}))
    finally:
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    main()
