"""Measure how fast products get into an index, beside the same requests built beforehand.

Every lane writes the same made-up products with the same vectors into an empty index on the same
node, each in a process of its own, in turns; the index is deleted afterwards. Read
docs/performance.md for what the columns mean.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from elasticsearch import Elasticsearch
from rich.console import Console

from benchmarks.ingesting import report
from benchmarks.ingesting.encode import encode_speed
from benchmarks.ingesting.lane import LANES
from benchmarks.ingesting.material import PEER, prepare
from benchmarks.ingesting.rounds import Bench
from es_hybrid.types import Json


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print a table, write JSON; return the exit code."""
    args = _arguments(argv)
    console = Console(width=150 if not sys.stdout.isatty() else None)
    with (
        tempfile.TemporaryDirectory(prefix="es-hybrid-bench-", dir=args.folder) as folder,
        Elasticsearch(args.es_url, request_timeout=600) as es,
    ):
        files = Path(folder)
        prepare(files, count=args.docs, dims=args.dims, lanes=args.lane)
        rows = Bench(es, args, files, console).run()
        speeds = encode_speed(files, dims=args.dims)
        machine = _machine(es, args)
    report.print_table(console, f"{args.docs:,} products, {args.dims} dims", rows)
    report.print_speeds(console, speeds)
    console.print(json.dumps(machine))
    if args.json:
        found = {"machine": machine, "lanes": rows, "encode": speeds}
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _machine(es: Elasticsearch, args: argparse.Namespace) -> Json:
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "elasticsearch": es.info()["version"]["number"],
        "client": version("elasticsearch"),
        "rounds": args.rounds,
        "index_options": args.index_options,
        "load": [round(load, 1) for load in os.getloadavg()],
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.ingest", description=__doc__)
    add = parser.add_argument
    add("--es-url", default=os.environ.get("ES_HYBRID_ES_URL"), help="plain HTTP, without a key")
    add("--docs", type=int, default=20_000)
    add("--dims", type=int, default=384, help="256 or more")
    add("--rounds", type=int, default=3)
    add("--lane", action="append", choices=[*LANES, PEER], help="only this one; may be repeated")
    add("--index-options", default="int8_hnsw", help="type of the vector index")
    add("--callers", type=int, default=2, help="sockets of the ceiling")
    add("--folder", type=Path, help="for the files, which take 40 bytes a dim and product")
    add("--json", type=Path, help="write everything here")
    args = parser.parse_args(argv)
    if not args.es_url:
        parser.error("--es-url, or ES_HYBRID_ES_URL, is needed")
    args.lane = args.lane or [*LANES, PEER]
    return args


if __name__ == "__main__":
    sys.exit(main())
