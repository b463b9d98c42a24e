"""Load made-up products in steps, and measure search and recall at each size.

The products are made up, their vectors are not: the embedded model makes them from the texts, and
they are turned into the wanted dims without changing a distance (see `benchmarks/ingesting`).
What is exact is computed here from the same vectors. The index is deleted at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from elasticsearch import Elasticsearch
from rich.console import Console

from benchmarks.ingesting import products, vectors
from benchmarks.ingesting.lane import MODEL
from benchmarks.ingesting.recall import Searches, print_step
from es_hybrid import HybridClient, Settings
from es_hybrid.local.embedder import WordLlamaEmbedder
from es_hybrid.types import Json


def main(argv: Sequence[str] | None = None) -> int:
    """Load, measure, print; return the exit code."""
    args = _arguments(argv)
    console = Console(width=150 if not sys.stdout.isatty() else None)
    args.folder.mkdir(parents=True, exist_ok=True)
    rows = _vectors(args, console)
    embedder = WordLlamaEmbedder()
    words = [products.made_up_query(number) for number in range(args.queries)]
    wanted = vectors.embedded(words, dims=args.dims, embedder=embedder)
    alias = f"benchmark-scale-{uuid.uuid4().hex[:8]}"
    found: list[Json] = []
    with Elasticsearch(args.es_url, request_timeout=3600) as es:
        shop = HybridClient(es, settings=Settings())
        options = {"type": args.index_options}
        made = shop.create_index(alias, dims=args.dims, model=MODEL, index_options=options)
        try:
            done = 0
            for size in args.sizes:
                step = _load(shop, alias, rows, start=done, end=size)
                step |= _settled(es, made)
                step |= Searches(es, alias, words, wanted).measure(rows[:size])
                done = size
                found.append(step)
                print_step(console, step)
                if args.json:
                    args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            if args.force_merge:
                begun = time.perf_counter()
                es.indices.forcemerge(index=made, max_num_segments=1)
                step = {"products": done, "merge_s": round(time.perf_counter() - begun)}
                step |= _settled(es, made) | Searches(es, alias, words, wanted).measure(rows[:done])
                found.append(step)
                print_step(console, step)
        finally:
            es.indices.delete(index=made)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


class _Rows(dict[str, np.ndarray]):
    """Vectors by product id, read from the mapped array when they are asked for."""

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__()
        self._rows = rows
        self.dims = int(rows.shape[1])

    def get(self, product_id: str, default: object = None) -> np.ndarray:  # noqa: ARG002
        return np.array(self._rows[int(product_id[1:])])

    def __bool__(self) -> bool:
        return True


def _vectors(args: argparse.Namespace, console: Console) -> np.ndarray:
    path = args.folder / f"vectors-{args.dims}.npy"
    if not path.exists() or len(np.load(path, mmap_mode="r")) < args.sizes[-1]:
        begun = time.perf_counter()
        vectors.write_vectors(path, args.sizes[-1], dims=args.dims)
        speed = args.sizes[-1] / (time.perf_counter() - begun)
        console.print(f"made up and embedded {args.sizes[-1]:,} products, {speed:,.0f} a second")
    found: np.ndarray = np.load(path, mmap_mode="r")
    return found


def _load(shop: HybridClient, alias: str, rows: np.ndarray, *, start: int, end: int) -> Json:
    begun, cpu_s = time.perf_counter(), time.process_time()
    report = shop.ingest(
        alias, (products.made_up(number) for number in range(start, end)), vectors=_Rows(rows)
    )
    seconds = time.perf_counter() - begun
    if report.indexed != end - start or report.without_vector:
        raise RuntimeError(str(report))
    return {
        "products": end,
        "docs_per_second": round((end - start) / seconds),
        "own_cpu_us_per_doc": round((time.process_time() - cpu_s) / (end - start) * 1e6),
        "memory_mb": _anonymous_mb(),
        "load": round(os.getloadavg()[0], 1),
    }


def _settled(es: Elasticsearch, index: str) -> Json:
    """Wait until nothing is merged any more, and say what the index has become."""
    begun = time.perf_counter()
    while es.indices.stats(index=index)["_all"]["primaries"]["merges"]["current"]:
        time.sleep(1.0)
    stats = es.indices.stats(index=index)["_all"]["primaries"]
    return {
        "merges_settled_s": round(time.perf_counter() - begun),
        "merge_cpu_s": round(stats["merges"]["total_time_in_millis"] / 1000),
        "segments": stats["segments"]["count"],
        "disk_mb": round(stats["store"]["size_in_bytes"] / 1e6),
        "off_heap_bytes": stats.get("dense_vector", {}).get("off_heap"),
    }


def _anonymous_mb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    add = parser.add_argument
    add("--es-url", default=os.environ.get("ES_HYBRID_ES_URL"), help="plain HTTP, without a key")
    add("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    add("--dims", type=int, default=384, help="256 or more")
    add("--index-options", default="int8_hnsw", help="type of the vector index")
    add("--queries", type=int, default=200)
    add("--force-merge", action="store_true", help="at the end, measure one segment, too")
    add("--folder", type=Path, required=True, help="for the vectors; they are used again")
    add("--json", type=Path, help="write everything here")
    args = parser.parse_args(argv)
    if not args.es_url:
        parser.error("--es-url, or ES_HYBRID_ES_URL, is needed")
    args.sizes = sorted(args.sizes)
    return args


if __name__ == "__main__":
    sys.exit(main())
