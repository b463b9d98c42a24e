"""What one core does without a network: reading, preparing and encoding products."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from benchmarks.ingesting.lane import MODEL
from es_hybrid import load_vectors, read_ndjson
from es_hybrid.indexing.actions import VectorFields, index_action
from es_hybrid.indexing.feed import Feed
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.sources import Preparation

_MOST = 5000


def encode_speed(folder: Path, *, dims: int) -> dict[str, float]:
    """Return documents a second of one core, by stage; the best of five tries."""
    vectors = load_vectors(folder / "vectors.npz")
    prepare = Preparation(
        FieldMap(), text=BudgetedText(ProductText()), model=MODEL, dims=dims, vectors=vectors
    )
    items = list(islice(read_ndjson(folder / "feed.ndjson"), _MOST))
    (chunk,) = Feed(items, prepare=prepare, batch=len(items), max_bytes=1 << 40).segment()
    products = chunk.products
    vector = VectorFields("embedding", MODEL, packed=True)

    def read() -> None:
        for _ in islice(read_ndjson(folder / "feed.ndjson"), _MOST):
            pass

    def prepared() -> None:
        for position, item in enumerate(items):
            prepare(item, position=position)

    def encode() -> None:
        for product in products:
            if product.vector is not None:
                index_action(product, vector.of(product.vector, text_hash=product.text_hash))

    stages = {"read": read, "prepare": prepared, "encode": encode}
    return {name: len(products) / _best(run) for name, run in stages.items()}


def _best(run: Callable[[], None]) -> float:
    times = []
    for _ in range(5):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return min(times)
