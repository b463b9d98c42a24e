"""Search times, and how many of the exact nearest a search finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.ingesting.lane import MODEL
from es_hybrid import HybridClient, Settings
from es_hybrid.types import Json, TextKind, Vectors

_K = 100
_CANDIDATES = (150, 300, 1000)
_BLOCK = 50_000


class _Known:
    """Looks query vectors up, so that no model is timed."""

    model = MODEL

    def __init__(self, words: Sequence[str], rows: Vectors) -> None:
        self._rows = dict(zip(words, rows, strict=True))

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:  # noqa: ARG002
        return np.stack([self._rows[text] for text in texts])


class Searches:
    """Queries with their vectors, against one index.

    Args:
        es: The node.
        index: Alias.
        words: The queries, each once.
        vectors: A row each.
    """

    def __init__(
        self, es: Elasticsearch, index: str, words: Sequence[str], vectors: Vectors
    ) -> None:
        self._es, self._index, self._words, self._vectors = es, index, words, vectors

    def measure(self, rows: NDArray[np.float32]) -> Json:
        """Return times and recall of the kNN search and times of the whole hybrid search.

        Args:
            rows: The stored vectors; product `n` has row `n`.
        """
        exact = nearest(rows, self._vectors, count=_K)
        found: Json = {}
        for candidates in _CANDIDATES:
            times, pages = self._timed(self._knn(candidates))
            hits = sum(len(set(page) & set(best)) for page, best in zip(pages, exact, strict=True))
            found[f"knn {candidates}"] = _row(times) | {
                "recall_at_100": round(hits / (len(pages) * _K), 4)
            }
        embedder = _Known(self._words, self._vectors)
        shop = HybridClient(self._es, settings=Settings(), embedder=embedder)
        times, _ = self._timed(lambda at: shop.search(index=self._index, **_words(self._words[at])))
        found["shop.search"] = _row(times)
        times, _ = self._timed(
            lambda at: self._es.search(index=self._index, **_words(self._words[at]))
        )
        found["bm25"] = _row(times)
        return found

    def _knn(self, candidates: int) -> Callable[[int], Any]:
        lists = [row.tolist() for row in self._vectors]
        return lambda at: self._es.search(
            index=self._index,
            size=_K,
            source=False,
            knn={
                "field": "embedding",
                "query_vector": lists[at],
                "k": _K,
                "num_candidates": candidates,
            },
        )

    def _timed(self, search: Callable[[int], Any]) -> tuple[list[float], list[list[int]]]:
        """Search every query twice and keep the second time: the first one warms the page cache."""
        times, pages = [], []
        for timed in (False, True):
            for at in range(len(self._words)):
                begun = time.perf_counter()
                answer = search(at)
                if timed:
                    times.append((time.perf_counter() - begun) * 1000)
                    pages.append([int(hit["_id"][1:]) for hit in answer["hits"]["hits"]])
        return times, pages


def nearest(
    rows: NDArray[np.float32], queries: NDArray[np.float32], *, count: int
) -> list[list[int]]:
    """Return the places of the `count` rows with the largest product with each query, by blocks.

    Example:
        >>> nearest(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[:1], count=1)
        [[0]]
    """
    scores = np.empty((len(queries), 0), dtype=np.float32)
    places = np.empty((len(queries), 0), dtype=np.int64)
    for start in range(0, len(rows), _BLOCK):
        block = queries @ np.asarray(rows[start : start + _BLOCK]).T
        here = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        scores = np.hstack([scores, block])
        places = np.hstack([places, here])
        best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        scores = np.take_along_axis(scores, best, axis=1)
        places = np.take_along_axis(places, best, axis=1)
    return [found.tolist() for found in places]


def print_step(console: Console, step: Json) -> None:
    """Print what one size gave."""
    console.print(", ".join(f"{n}: {v}" for n, v in step.items() if not isinstance(v, dict)))
    for name, values in step.items():
        if isinstance(values, dict):
            console.print(f"  {name}: " + ", ".join(f"{n} {v}" for n, v in values.items()))


def _words(text: str) -> dict[str, Any]:
    fields = ["title^3", "brand.text^2", "description"]
    words = {"query": text, "type": "cross_fields", "fields": fields}
    return {"query": {"multi_match": words}, "size": 10, "source": ["title", "brand", "price"]}


def _row(times: Sequence[float]) -> Json:
    p50, p95 = np.percentile(times, [50, 95])
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}
