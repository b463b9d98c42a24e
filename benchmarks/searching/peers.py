"""Other libraries, each a child process in an environment of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.searching.material import Indices, Material
from benchmarks.searching.rounds import Round

_ROOT = Path(__file__).resolve().parents[2]
_SCRIPTS = {
    "langchain-elasticsearch": ("langchain", "langchain_store.py"),
    "haystack": ("haystack", "haystack_pipeline.py"),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A child that answers one line for each it is sent.

    Attributes:
        name: Of the library.
        process: Running.
        lanes: What it can search.
    """

    name: str
    process: subprocess.Popen[str]
    lanes: tuple[str, ...]

    def run(self, lane: str, *, callers: int = 1, way: str = "direct") -> Round:
        """Let it search every query once."""
        answer = self.ask({"lane": lane, "callers": callers, "way": way})
        return Round(answer["ms"], answer["cpu_ms"], answer["per_second"], answer["pages"])

    def ask(self, question: Any) -> Any:
        """Send a line and return its answer.

        Raises:
            RuntimeError: The child ended; what it said is on stderr.
        """
        return _ask(self.name, self.process, question)


def missing() -> list[str]:
    """Return the environments that `make bench` makes and that are not here."""
    return [str(_python(short)) for short, _ in _SCRIPTS.values() if not _python(short).exists()]


@contextmanager
def running(
    material: Material,
    *,
    url: str,
    counted_url: str,
    indices: Indices,
    source: Sequence[str],
    folder: Path,
) -> Iterator[list[Peer]]:
    """Start every peer whose environment is here, and end it.

    Args:
        material: Queries and their vectors.
        url: Elasticsearch.
        counted_url: The proxy that counts bytes.
        indices: The shop's own, and the one in the peers' layout.
        source: Fields of a page.
        folder: For the file that the children read.
    """
    file = folder / f"queries-{material.dims}.npz"
    rows = np.stack([material.vectors[text] for text in material.texts])
    np.savez(file, texts=np.array(material.texts), query_vectors=rows)
    setup = {
        "direct": url,
        "counted": counted_url,
        "index": indices.peers,
        "own": indices.own,
        "source": list(source),
        "vectors": str(file),
    }
    with ExitStack() as stack:
        yield [
            stack.enter_context(_peer(name, _python(short), script, setup))
            for name, (short, script) in _SCRIPTS.items()
            if _python(short).exists()
        ]


@contextmanager
def _peer(name: str, python: Path, script: str, setup: Mapping[str, Any]) -> Iterator[Peer]:
    command = [str(python), "-W", "ignore", str(_ROOT / "benchmarks" / "peers" / script)]
    environment = {"HAYSTACK_TELEMETRY_ENABLED": "False", "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield Peer(name, process, tuple(_ask(name, process, setup)))
            if process.stdin:
                process.stdin.write("null\n")
                process.stdin.flush()
                process.wait(timeout=10)
        finally:
            process.kill()


def _ask(name: str, process: subprocess.Popen[str], question: Any) -> Any:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError(f"{name} has no pipes")
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{name} ended; see its words above")
    return json.loads(line)


def _python(short: str) -> Path:
    return _ROOT / f".venv-bench-{short}" / "bin" / "python"
