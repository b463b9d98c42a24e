"""One way of writing the products, in a process of its own: `python -m benchmarks.ingesting.lane NAME`.

Reads a job as JSON from standard input and prints what it took as JSON.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from elastic_transport import OrjsonSerializer
from elasticsearch import Elasticsearch, helpers

from benchmarks.ingesting import wire
from es_hybrid import HybridClient, IngestReport, Settings, load_vectors, read_ndjson
from es_hybrid.local.embedder import WordLlamaEmbedder

MODEL = "made-up"
"""Names the model of vectors that are brought along."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the parent sends.

    Attributes:
        url: Elasticsearch.
        index: Made for this lane, empty.
        folder: With `feed.ndjson`, `feed-lists.ndjson`, `feed-packed.ndjson`, `vectors.npy`,
            `vectors.npz`, `bulk-packed.ndjson`, `bulk-lists.ndjson`.
        callers: Sockets of the ceiling.
    """

    url: str
    index: str
    folder: Path
    callers: int = 2


def main() -> int:
    """Run the lane that the command line names."""
    given = json.loads(sys.stdin.readline())
    job = Job(given["url"], given["index"], Path(given["folder"]), given["callers"])
    run = LANES[sys.argv[1]]
    with Elasticsearch(job.url, request_timeout=600) as es:
        es.info()
        cpu_s, begun_s = time.process_time(), time.perf_counter()
        found = run(es, job)
        es.indices.refresh(index=job.index)
        seconds = time.perf_counter() - begun_s
        print(json.dumps({"seconds": seconds, "cpu_s": time.process_time() - cpu_s, **found}))
    return 0


def _ceiling(name: str) -> Callable[[Elasticsearch, Job], dict[str, Any]]:
    def run(_es: Elasticsearch, job: Job) -> dict[str, Any]:
        file = job.folder / name
        return {"docs": wire.send(file, url=job.url, index=job.index, callers=job.callers)}

    return run


def _bulk(
    value: Callable[[Any], Any], **options: Any
) -> Callable[[Elasticsearch, Job], dict[str, Any]]:
    """Write as a shop does by hand: read a line, add its vector, let the helper do the rest."""

    def run(_es: Elasticsearch, job: Job) -> dict[str, Any]:
        rows = np.load(job.folder / "vectors.npy", mmap_mode="r")

        def actions() -> Iterator[dict[str, Any]]:
            with (job.folder / "feed.ndjson").open("rb") as file:
                for line, row in zip(file, rows, strict=True):
                    product = orjson.loads(line)
                    yield {
                        "_index": job.index,
                        "_id": product["id"],
                        **product,
                        "embedding": value(row),
                    }

        with Elasticsearch(job.url, request_timeout=600, **options) as es:
            stored, _ = helpers.bulk(es, actions())
        return {"docs": stored}

    return run


def _packed(row: Any) -> str:
    return base64.b64encode(row.astype(">f4").tobytes()).decode("ascii")


def _shop(
    feed: str, *, archive: str | None = None, embed: bool = False
) -> Callable[[Elasticsearch, Job], dict[str, Any]]:
    """Write with `shop.ingest`, from the file to the refreshed index."""

    def run(es: Elasticsearch, job: Job) -> dict[str, Any]:
        embedder = WordLlamaEmbedder() if embed else None
        with HybridClient(es, settings=Settings(), embedder=embedder) as shop:
            report: IngestReport = shop.ingest(
                job.index,
                read_ndjson(job.folder / feed),
                vectors=load_vectors(job.folder / archive) if archive else None,
            )
        if report.failed or report.without_vector:
            raise RuntimeError(str(report))
        return {"docs": report.indexed}

    return run


CEILING = "bare socket, base64"
QUIET = "bare socket, base64, refreshes off"
LISTS = "bare socket, lists"
NPZ = "shop.ingest, vectors.npz"
IN_FEED = "shop.ingest, lists in the feed"
PACKED_FEED = "shop.ingest, base64 in the feed"
EMBED = "shop.ingest, embedding locally (256 dims)"
BULK = "helpers.bulk"
BULK_ORJSON = "helpers.bulk, orjson"
BULK_PACKED = "helpers.bulk, orjson, base64"

LANES: Mapping[str, Callable[[Elasticsearch, Job], dict[str, Any]]] = {
    CEILING: _ceiling("bulk-packed.ndjson"),
    QUIET: _ceiling("bulk-packed.ndjson"),
    LISTS: _ceiling("bulk-lists.ndjson"),
    NPZ: _shop("feed.ndjson", archive="vectors.npz"),
    PACKED_FEED: _shop("feed-packed.ndjson"),
    IN_FEED: _shop("feed-lists.ndjson"),
    EMBED: _shop("feed.ndjson", embed=True),
    BULK: _bulk(lambda row: row.tolist()),
    BULK_ORJSON: _bulk(lambda row: row.tolist(), serializer=OrjsonSerializer()),
    BULK_PACKED: _bulk(_packed, serializer=OrjsonSerializer()),
}

if __name__ == "__main__":
    sys.exit(main())
