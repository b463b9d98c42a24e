"""Print the memory and disk that the vectors of an index want, by Elastic's formulas.

Memory is the page cache that a search wants warm, beside the heap; disk is for one copy. Source: the
guidance behind Elastic's vector sizing calculator (elastic/docs-builder,
`docs/syntax/vector-sizing-calculator.md`). What was measured beside it: docs/scaling.md.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

TYPES = ("hnsw", "int8_hnsw", "int4_hnsw", "bbq_hnsw", "bbq_disk")
_LINKS = 16  # `m`, the default
_PER_CLUSTER = 384  # of bbq_disk, the default
_CORRECTION = 16


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes that the vectors of an index want.

    Attributes:
        memory: Page cache.
        disk: One copy, without the products' words.
    """

    memory: int
    disk: int


def sizes(kind: str, *, count: int, dims: int, postings: float = 0.1) -> Sizes:
    """Return what so many float vectors want in an index of a kind.

    Args:
        kind: Type of the vector field's `index_options`.
        count: Vectors.
        dims: Length of a vector.
        postings: Share of the clusters of `bbq_disk` that is kept in memory; Elastic found 0.05 to
            0.1 to be enough.

    Example:
        >>> sizes("int8_hnsw", count=1_000_000, dims=384)
        Sizes(memory=464000000, disk=2000000000)
    """
    raw = count * dims * 4
    if kind == "bbq_disk":
        centroids = math.ceil(count / _PER_CLUSTER) * (dims + _CORRECTION)
        code = math.ceil(dims / 8) if dims >= 384 else math.ceil(dims / 2)
        clusters = count * 2 * (code + _CORRECTION)
        return Sizes(round(centroids + postings * clusters), raw + centroids + clusters)
    graph = count * 4 * _LINKS
    quantised = {
        "hnsw": 0,
        "int8_hnsw": dims + _CORRECTION,
        "int4_hnsw": math.ceil(dims / 2) + _CORRECTION,
        "bbq_hnsw": math.ceil(dims / 64) * 8 + 14,
    }[kind]
    return Sizes((count * quantised or raw) + graph, raw + count * quantised + graph)


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.sizing", description=__doc__)
    parser.add_argument("--dims", type=int, nargs="+", default=[384, 1024, 2560])
    parser.add_argument(
        "--products", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000]
    )
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    rows = [
        {"kind": kind, "dims": dims, "products": count, "memory": found.memory, "disk": found.disk}
        for dims in args.dims
        for kind in TYPES
        for count in args.products
        for found in [sizes(kind, count=count, dims=dims)]
    ]
    if args.json:
        print(json.dumps(rows))
        return 0
    table = Table("dims", "type", box=box.SIMPLE, title="GB of memory / of disk, one copy")
    for count in args.products:
        table.add_column(f"{count:,} products", justify="right")
    for at in range(0, len(rows), len(args.products)):
        line = rows[at : at + len(args.products)]
        cells = [f"{_gb(row['memory'])} / {_gb(row['disk'])}" for row in line]
        table.add_row(str(line[0]["dims"]), str(line[0]["kind"]), *cells)
    Console(width=120).print(table)
    return 0


def _gb(size: object) -> str:
    value = float(str(size)) / 1e9
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
