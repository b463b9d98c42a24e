"""The ceiling: bulk requests that were built beforehand, over bare sockets."""

from __future__ import annotations

import http.client
import json
import mmap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from es_hybrid.indexing.actions import VectorFields, index_action
from es_hybrid.indexing.feed import Feed
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.sources import Preparation
from es_hybrid.readers import read_ndjson
from es_hybrid.vector_files import load_vectors

_BATCH, _BYTES = 1000, 8_000_000


def build(path: Path, *, feed: Path, archive: Path, dims: int, packed: bool) -> None:
    """Write the very requests that an ingest sends, and where each begins."""
    prepare = Preparation(
        FieldMap(),
        text=BudgetedText(ProductText()),
        model="made-up",
        dims=dims,
        vectors=load_vectors(archive),
    )
    vector = VectorFields("embedding", "made-up", packed=packed)
    places = [0]
    with path.open("wb") as file:
        chunks = Feed(read_ndjson(feed), prepare=prepare, batch=_BATCH, max_bytes=_BYTES)
        for chunk in chunks.segment():
            actions = [
                index_action(product, vector.of(product.vector, text_hash=product.text_hash))
                for product in chunk.products
                if product.vector is not None
            ]
            file.writelines(action.lines for action in actions)
            places.append(file.tell())
    path.with_suffix(".places").write_text(json.dumps(places))


def send(path: Path, *, url: str, index: str, callers: int) -> int:
    """Send the requests, so many at once, and return how many products were stored."""
    places = json.loads(path.with_suffix(".places").read_text())
    parts = list(pairwise(places))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        view = memoryview(content)
        with ThreadPoolExecutor(callers) as pool:
            shares = [parts[start::callers] for start in range(callers)]
            done = [pool.submit(_send, view, share, url, index) for share in shares]
            stored = sum(share.result() for share in done)
        view.release()
        return stored


def _send(view: memoryview, parts: Sequence[tuple[int, int]], url: str, index: str) -> int:
    place = urlsplit(url)
    link = http.client.HTTPConnection(place.hostname or "", place.port or 9200)
    path = f"/{index}/_bulk?filter_path=errors,items.*.status"
    stored = 0
    with closing(link):
        for start, end in parts:
            link.request("POST", path, view[start:end], {"Content-Type": "application/x-ndjson"})
            answer = json.loads(link.getresponse().read())
            if answer["errors"]:
                raise RuntimeError("a product was rejected")
            stored += len(answer["items"])
    return stored
