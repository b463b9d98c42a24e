"""Runs `ingest_with_ray` on a local cluster of two nodes, one of which dies on the way.

python -m tests.support.ray_run ES_URL INDEX RUN FOLDER PRODUCTS; does it twice, and prints what came of
each as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
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


class MortalEmbedder:
    """Notes each worker it is in; the second node dies of its worker's third call, at once."""

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
        if self._mortal and self._calls >= 3:  # calls run side by side: the third may see more
            (self._folder / "killed").touch()
            kill_node()
        return self._inner.embed(texts, kind=kind, timeout_s=timeout_s)


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
            "include_dashboard": False,
            "_system_config": noticed_soon,
            **store,
        },
    )
    cluster.add_node(num_cpus=1, **store)
    ray.init(address=cluster.address, configure_logging=False, log_to_driver=False)
    head = ray.get_runtime_context().get_node_id()
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        for _again in (False, True):
            dataset = ray.data.range(int(count), override_num_blocks=4).map(product, num_cpus=0.1)
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
                scheduling_strategy="SPREAD",
            )
            calls = len((Path(folder) / "calls").read_text().splitlines())
            print(json.dumps({**asdict(report), "calls": calls}))
    finally:
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    main()
