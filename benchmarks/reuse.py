"""Replay a shop's daily feeds, and count which texts are embedded.

    python -m benchmarks.reuse SNAPSHOTS.csv.gz --map title=title,brand=shop [--es-url URL] [--json FILE]

SNAPSHOTS has a row a product and day, with its date in the column `update_time` (`--day-field`).
Three shops take the same feeds: one writes every day into the same index, one builds an index a day
and takes vectors from the one before, and one does so with an index of hash → vector. The embedder
makes vectors of words' hashes: what is counted is how often it is asked, not what a model knows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from elasticsearch import Elasticsearch

from es_hybrid import FieldMap, HybridClient, IngestReport, Settings, read_products
from es_hybrid.indexing.dates import as_date
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.sources import Record
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import TextKind, Vectors

DIMS = 64
WAYS = ("one index", "previous index", "index of hashes")

Feed = list[Mapping[str, Any]]


class Counting:
    """Makes vectors and remembers the texts that it was asked for."""

    model = f"hash-{DIMS}"

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._inner = HashEmbedder(DIMS)

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return vectors; the probe for the dims is not counted."""
        self.texts += [text for text in texts if text != "product"]
        return self._inner.embed(texts, kind=kind, timeout_s=timeout_s)


@dataclass(frozen=True, slots=True)
class Day:
    """What a day's feed cost.

    Attributes:
        day: Its date.
        records: Rows of the feed.
        new_texts: Distinct texts that no feed had before.
        embedded: Texts that the embedder was asked for.
        again: Those of them that it had been asked for before.
        reused: Products that got a known vector.
        written: Products written.
        unchanged: Products not written.
        seconds: Of the ingest.
    """

    day: str
    records: int
    new_texts: int
    embedded: int
    again: int
    reused: int
    written: int
    unchanged: int
    seconds: float


def days_of(path: str, *, day_field: str) -> list[tuple[str, Feed]]:
    """Return the feeds of a file, by day."""
    found: defaultdict[str, Feed] = defaultdict(list)
    for item in read_products(path):
        if isinstance(item, Record):
            row = dict(item.product)
            day = as_date(row.pop(day_field)) or ""
            found[day[:10]].append(row)
    return sorted(found.items())


def texts_of(feed: Feed, fields: FieldMap) -> set[str]:
    """Return the distinct texts of a feed."""
    text = BudgetedText(ProductText())
    return {text(fields.document(product)) for product in feed} - {""}


def replay(
    es: Elasticsearch, days: Sequence[tuple[str, Feed]], *, way: str, fields: FieldMap
) -> Iterator[Day]:
    """Ingest the days one after the other in one of the ways."""
    alias, hashes = f"bench-reuse-{uuid4().hex[:8]}", f"bench-hashes-{uuid4().hex[:8]}"
    counting = Counting()
    sources = {"previous index": "previous", "index of hashes": f"index:{hashes}"}
    seen: set[str] = set()
    asked: set[str] = set()
    try:
        with HybridClient(es, settings=Settings(), embedder=counting) as shop:
            index = shop.create_index(alias)
            for number, (day, feed) in enumerate(days):
                if number and way != "one index":
                    es.indices.delete_alias(index=index, name=alias)
                    index = shop.create_index(alias)
                counting.texts.clear()
                known = way == "index of hashes" or (number and way == "previous index")
                started_s = time.perf_counter()
                report: IngestReport = shop.ingest(
                    alias, feed, fields=fields, vectors_from=sources[way] if known else None
                )
                took_s = time.perf_counter() - started_s
                if report.failed or report.without_vector:
                    raise SystemExit(f"{report}; {report.warnings}")
                texts = texts_of(feed, fields)
                again = len(counting.texts) - len(set(counting.texts) - asked)
                yield Day(
                    day,
                    report.read,
                    len(texts - seen),
                    report.embedded,
                    again,
                    report.reused,
                    report.indexed,
                    report.unchanged,
                    round(took_s, 1),
                )
                seen |= texts
                asked.update(counting.texts)
    finally:
        for name in es.indices.get(index=f"{alias}*,{hashes}*").body:
            es.indices.delete(index=name)


def main(argv: Sequence[str] | None = None) -> int:
    """Replay, print, write JSON; 1 where a text was embedded twice in spite of a store."""
    parser = argparse.ArgumentParser(description="Count embedded texts over daily feeds.")
    parser.add_argument(
        "snapshots", metavar="SNAPSHOTS", help="NDJSON, CSV or TSV, perhaps gzipped"
    )
    parser.add_argument("--map", default="", metavar="OURS=YOURS,…", help="which field is which")
    parser.add_argument(
        "--day-field", default="update_time", metavar="NAME", help="the date's field"
    )
    parser.add_argument(
        "--es-url",
        default=os.environ.get("ES_HYBRID_ES_URL", "http://localhost:9200"),
        help="Elasticsearch",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers")
    args = parser.parse_args(argv)
    days = days_of(args.snapshots, day_field=args.day_field)
    fields = FieldMap.parse(args.map)
    distinct = len(set[str]().union(*(texts_of(feed, fields) for _, feed in days)))
    print(f"{len(days)} days, {sum(len(feed) for _, feed in days):,} records, {distinct:,} texts")
    found: dict[str, list[dict[str, Any]]] = {}
    with Elasticsearch(args.es_url, request_timeout=60) as es:
        for way in WAYS:
            print(f"\n{way}", flush=True)
            found[way] = []
            for day in replay(es, days, way=way, fields=fields):
                found[way].append(asdict(day))
                print("  " + "  ".join(f"{k}={v}" for k, v in asdict(day).items()), flush=True)
            total = {k: sum(row[k] for row in found[way]) for k in ("embedded", "again", "reused")}
            print("  " + "  ".join(f"{k}={v:,}" for k, v in total.items()))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    stored = found["index of hashes"]
    return int(any(row["again"] or row["embedded"] != row["new_texts"] for row in stored))


if __name__ == "__main__":
    sys.exit(main())
