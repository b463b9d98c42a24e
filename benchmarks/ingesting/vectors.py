"""Vectors of the made-up products: really embedded, and turned into any number of dims.

The embedded model gives 256 numbers. An orthonormal turn into a larger space changes no distance
between any two, so that an index of 384 or 2560 dims has the neighbours of the model and the cost
of its dims. Vectors drawn at random would have no neighbours worth the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.ingesting import products
from es_hybrid.local.embedder import WordLlamaEmbedder
from es_hybrid.types import TextKind, Vectors

_BLOCK = 5000


def embedded(texts: Sequence[str], *, dims: int, embedder: WordLlamaEmbedder) -> Vectors:
    """Return unit rows of `dims` numbers, as far from each other as the model's."""
    rows = embedder.embed(texts, kind=TextKind.DOCUMENT, timeout_s=60)
    if dims == embedder.dims:
        return rows
    return rows @ _turn(embedder.dims, dims)


def write_vectors(path: Path, count: int, *, dims: int) -> None:
    """Write the vectors of the first `count` products as an array that can be mapped."""
    embedder = WordLlamaEmbedder()
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, dims))
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        texts = list(products.texts(size, start=start))
        rows[start : start + size] = embedded(texts, dims=dims, embedder=embedder)
    rows.flush()


def write_archive(path: Path, rows: NDArray[np.float32]) -> None:
    """Write vectors as `es-hybrid ingest --vectors` reads them."""
    ids = np.array([f"P{number:08d}" for number in range(len(rows))])
    np.savez(path, product_ids=ids, product_vectors=rows)


def _turn(narrow: int, wide: int) -> NDArray[np.float32]:
    """Return orthonormal rows, the same ones each time."""
    drawn = np.random.default_rng(narrow * 10_000 + wide).standard_normal((wide, narrow))
    columns, _ = np.linalg.qr(drawn)
    return np.ascontiguousarray(columns.T, dtype=np.float32)
