"""Runs the lanes in turns, each in a process of its own, and watches its memory."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from elasticsearch import Elasticsearch
from rich.console import Console

from benchmarks.ingesting import lane
from benchmarks.ingesting.material import PEER
from benchmarks.ingesting.report import Round, row
from es_hybrid import HybridClient, Settings
from es_hybrid.local.embedder import EMBEDDER_MODEL
from es_hybrid.types import Json

_ROOT = Path(__file__).resolve().parents[2]
_PEER_PYTHON = _ROOT / ".venv-bench-langchain" / "bin" / "python"
_SAMPLE_S = 0.05


class Bench:
    """All rounds of a run.

    Args:
        es: The node.
        args: Of the command line.
        folder: With the files that the lanes read.
        console: Where progress goes.
    """

    def __init__(
        self, es: Elasticsearch, args: argparse.Namespace, folder: Path, console: Console
    ) -> None:
        self._es, self._args, self._folder, self._console = es, args, folder, console

    def run(self) -> list[Json]:
        """Return one row per lane, in the order asked for."""
        found: dict[str, list[Round]] = defaultdict(list)
        lanes = [name for name in self._args.lane if name != PEER or _PEER_PYTHON.exists()]
        self._one(lanes[0])  # the node compiles its code in its first minute
        for number in range(self._args.rounds):
            for name in random.Random(number).sample(lanes, len(lanes)):
                done = self._one(name)
                found[name].append(done)
                self._console.print(f"{number + 1}: {name}: {done.per_second:,.0f} docs/s")
        reference = found.get(lane.CEILING)
        return [row(name, found[name], reference=reference) for name in lanes]

    def _one(self, name: str) -> Round:
        with self._index(name) as index:
            job = {
                "url": self._args.es_url,
                "index": index,
                "folder": str(self._folder),
                "callers": self._args.callers,
            }
            before_s = self._node_cpu_s()
            answer, memory = _watched(_command(name), json.dumps(job))
            node_cpu_s = self._node_cpu_s() - before_s
            held = self._es.count(index=index)["count"]
        if held != answer["docs"] or held != self._args.docs:
            raise RuntimeError(f"{name}: {held} of {self._args.docs} products are in the index")
        return Round(held, answer["seconds"], answer["cpu_s"], node_cpu_s, memory)

    def _node_cpu_s(self) -> float:
        (node,) = self._es.nodes.stats(metric="process")["nodes"].values()
        return float(node["process"]["cpu"]["total_in_millis"]) / 1000

    @contextmanager
    def _index(self, name: str) -> Iterator[str]:
        """Make the lane's index as a shop would, and delete it."""
        alias = f"benchmark-{uuid.uuid4().hex[:8]}"
        dims, model = self._args.dims, lane.MODEL
        if name == lane.EMBED:
            dims, model = 256, EMBEDDER_MODEL
        shop = HybridClient(self._es, settings=Settings())
        made = shop.create_index(
            alias, dims=dims, model=model, index_options={"type": self._args.index_options}
        )
        if name == lane.QUIET:
            self._es.indices.put_settings(index=made, settings={"refresh_interval": "-1"})
        try:
            yield alias if name != PEER else self._for_peer(made)
        finally:
            self._es.indices.delete(index=f"{made},{made}-peer", ignore_unavailable=True)

    def _for_peer(self, made: str) -> str:
        """Make an index in the layout of vector stores, with the same vector field."""
        fields = self._es.indices.get_mapping(index=made)[made]["mappings"]["properties"]
        self._es.indices.create(
            index=f"{made}-peer",
            settings={"number_of_shards": 1, "number_of_replicas": 0},
            mappings={
                "properties": {
                    "content": {"type": "text"},
                    "metadata": {"type": "object", "enabled": False},
                    "embedding": fields["embedding"],
                }
            },
        )
        return f"{made}-peer"


def _command(name: str) -> list[str]:
    if name == PEER:
        return [
            str(_PEER_PYTHON),
            "-W",
            "ignore",
            str(_ROOT / "benchmarks/peers/langchain_ingest.py"),
        ]
    return [sys.executable, "-m", "benchmarks.ingesting.lane", name]


def _watched(command: list[str], job: str) -> tuple[Mapping[str, float], list[float]]:
    """Run a child; return its answer and megabytes of its own memory over time."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("the child has no pipes")
        child.stdin.write(job + "\n")
        child.stdin.close()
        memory: list[float] = []
        while child.poll() is None:
            memory.append(_anonymous_mb(child.pid))
            time.sleep(_SAMPLE_S)
        line = child.stdout.read()
    if not line.strip():
        raise RuntimeError(f"{command[-1]} failed; see its words above")
    return json.loads(line), memory


def _anonymous_mb(pid: int) -> float:
    """Return memory that is the process's own; what it maps of files is the page cache's."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = {line.split(":")[0]: line.split() for line in lines}
    return int(found["RssAnon"][1]) / 1024 if "RssAnon" in found else 0.0
