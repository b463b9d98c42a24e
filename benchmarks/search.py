"""Measure a hybrid search beside the bare client and the libraries a shop might pick.

All lanes search the same products with the same queries and vectors on the same node, in one run,
taking turns. The index is made for the run and deleted. What the columns mean: docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.searching import peers
from benchmarks.searching.material import Catalogue, judged, synthetic
from benchmarks.searching.section import Section, client
from es_hybrid.types import Json

_BOOSTS = (
    '[{"field": "created_at", "half_life_days": 365, "factor": 1.02},'
    ' {"field": "price", "scale": 1000, "factor": 1.02}]'
)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print tables, write JSON; return the exit code."""
    args = _arguments(argv)
    console = Console(width=180 if not sys.stdout.isatty() else None)
    lacking = peers.missing()
    if lacking and not args.no_peers:
        console.print(f"without peers: {', '.join(lacking)} missing; `make bench` makes them")
    catalogue = Catalogue(
        args.catalogue, args.queries, args.qrels, args.vectors, args.map, args.id_field
    )
    parts = [judged(catalogue)]
    if args.dims:
        parts.append(synthetic(catalogue, dims=args.dims, most=args.docs))
    sections = [Section(args, catalogue, part, console).run() for part in parts]
    result = {"machine": _machine(args), "sections": sections}
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    console.print(json.dumps(result["machine"]))
    return 0


def _machine(args: argparse.Namespace) -> Json:
    with client(args) as es:
        node = es.info()["version"]["number"]
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "elasticsearch": node,
        "client": version("elasticsearch"),
        "serializer": args.serializer,
        "numpy": np.__version__,
        "rounds": args.rounds,
        "load": os.getloadavg()[0],
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.search", description=__doc__)
    add = parser.add_argument
    add("--es-url", default=os.environ.get("ES_HYBRID_ES_URL"), help="plain HTTP, without a key")
    add("--catalogue", type=Path, required=True, help="products, NDJSON or CSV, plain or gzip")
    add("--queries", type=Path, required=True, help="query_id,query")
    add("--qrels", type=Path, help="query_id,product_id,grade")
    add("--vectors", type=Path, required=True, help=".npz with vectors of products and queries")
    add("--map", default="", help="which field is which, such as brand=supplier")
    add("--id-field", default="id")
    add("--fields", default="title^3,brand.text^2,description", help="of the text query")
    add("--source", default="title,brand,price", help="fields of the page's documents")
    add("--boosts", default=_BOOSTS, help="ext.hybrid.boosts, as JSON")
    add("--dims", type=int, default=2560, help="a second part with drawn vectors; 0 leaves it out")
    add("--docs", type=int, default=5000, help="products of the second part, at most")
    add("--rounds", type=int, default=15)
    add("--serializer", choices=("json", "orjson"), default="json", help="of the caller's client")
    add("--no-peers", action="store_true")
    add("--json", type=Path, help="write everything here")
    args = parser.parse_args(argv)
    if not args.es_url:
        parser.error("--es-url, or ES_HYBRID_ES_URL, is needed")
    for file in (args.catalogue, args.queries, args.vectors):
        if not file.exists():
            parser.error(f"{file} is missing")
    return args


if __name__ == "__main__":
    sys.exit(main())
