"""langchain-elasticsearch writing products whose vectors are known, as its documentation has it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from langchain_elasticsearch import DenseVectorStrategy, ElasticsearchStore

_AT_ONCE = 5000  # it keeps what it is given in memory


def main() -> int:
    """Write the feed and print what it took."""
    job = json.loads(sys.stdin.readline())
    folder = Path(job["folder"])
    rows = np.load(folder / "vectors.npy", mmap_mode="r")
    with Elasticsearch(job["url"], request_timeout=600) as es:
        store = ElasticsearchStore(
            index_name=job["index"],
            client=es,
            query_field="content",
            vector_query_field="embedding",
            strategy=DenseVectorStrategy(),
        )
        cpu_s, begun_s = time.process_time(), time.perf_counter()
        with (folder / "feed.ndjson").open("rb") as file:
            products = []
            for number, line in enumerate(file):
                products.append((json.loads(line), rows[number].tolist()))
                if len(products) == _AT_ONCE:
                    _add(store, products)
                    products = []
            _add(store, products)
        es.indices.refresh(index=job["index"])
        seconds = time.perf_counter() - begun_s
    print(json.dumps({"seconds": seconds, "cpu_s": time.process_time() - cpu_s, "docs": len(rows)}))
    return 0


def _add(store: ElasticsearchStore, products: list[tuple[dict[str, Any], list[float]]]) -> None:
    if not products:
        return
    store.add_embeddings(
        [(f"{p['title']}. {p['brand']}. {p['description']}", vector) for p, vector in products],
        metadatas=[
            {name: p[name] for name in ("id", "title", "brand", "price")} for p, _ in products
        ],
        ids=[p["id"] for p, _ in products],
        refresh_indices=False,
    )


if __name__ == "__main__":
    sys.exit(main())
