"""Ingests that run at the same time, in threads, against one index."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, IngestReport, Settings
from es_hybrid.settings import IngestSettings
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import TextKind

pytestmark = pytest.mark.es

DIMS = 16
PRODUCTS = 80
SETTINGS = Settings(ingest=IngestSettings(batch=7, max_attempts=10))


def feed_of(chance: random.Random, *, share: float) -> list[dict[str, Any]]:
    """Return some of the products, with few different titles and prices, in any order."""
    feed = [
        {"id": f"p{n}", "title": f"shoe {chance.randrange(4)}", "price": chance.randrange(3)}
        for n in range(PRODUCTS)
        if chance.random() < share
    ]
    chance.shuffle(feed)
    return feed


def stored_in(es: Elasticsearch, index: str) -> dict[str, dict[str, Any]]:
    answer = es.search(index=index, size=1000, fields=["embedding"])
    return {
        hit["_id"]: {**hit["_source"], "embedding": hit.get("fields", {}).get("embedding")}
        for hit in answer["hits"]["hits"]
    }


@pytest.mark.parametrize("seed", range(3))
def test_whatever_order_feeds_come_in_the_newest_wins(
    es: Elasticsearch, index_name: str, seed: int
) -> None:
    """Five feeds at once, each with its time: every product ends as its newest feed has it."""
    chance = random.Random(seed)
    feeds = [(f"2026-11-2{day}", feed_of(chance, share=0.7)) for day in range(5)]
    newest = {product["id"]: product for _, feed in feeds for product in feed}
    chance.shuffle(feeds)
    embedder = HashEmbedder(DIMS)
    with HybridClient(es, settings=SETTINGS, embedder=embedder) as shop:
        shop.create_index(index_name)

        def ingest(timed: tuple[str, list[dict[str, Any]]]) -> IngestReport:
            report: IngestReport = shop.ingest(index_name, timed[1], feed_time=timed[0])
            return report

        with ThreadPoolExecutor(len(feeds)) as pool:
            reports = list(pool.map(ingest, feeds))
        for (_, feed), report in zip(feeds, reports, strict=True):
            assert report.read == report.indexed + report.unchanged + report.stale == len(feed)
        stored = stored_in(es, index_name)
        assert stored.keys() == newest.keys()
        for product_id, product in newest.items():
            found = stored[product_id]
            assert (found["title"], found["price"]) == (product["title"], product["price"])
            if found["embedding"] is not None:  # a vector may be dropped, but is never another's
                right = embedder.embed([found["title"]], kind=TextKind.DOCUMENT, timeout_s=1)[0]
                assert np.allclose(found["embedding"], right, atol=1e-5)
        last = max(feeds)
        report = shop.ingest(index_name, last[1], feed_time=last[0])
        assert (report.stale, report.failed, report.without_vector) == (0, 0, 0)
        vectors = stored_in(es, index_name)
        assert all(vectors[product["id"]]["embedding"] for product in last[1])


def test_updates_and_a_feed_at_once_lose_no_field(es: Elasticsearch, index_name: str) -> None:
    """A full feed and price files that meet leave whole products with vectors that are theirs."""
    chance = random.Random(1)
    embedder = HashEmbedder(DIMS)
    feed = feed_of(chance, share=1.0)
    with HybridClient(es, settings=SETTINGS, embedder=embedder) as shop:
        shop.create_index(index_name)
        shop.ingest(index_name, feed)
        prices = [[{"id": p["id"], "stock": n} for p in feed] for n in range(1, 4)]
        with ThreadPoolExecutor(4) as pool:
            updates = [pool.submit(shop.update_fields, index_name, rows) for rows in prices]
            full = pool.submit(shop.ingest, index_name, [{**p, "price": 99} for p in feed])
            reports: list[IngestReport] = [call.result() for call in [*updates, full]]
        assert [report.failed for report in reports] == [0] * 4
        assert [report.read for report in reports] == [PRODUCTS] * 4
        for product in feed:
            found = stored_in(es, index_name)[product["id"]]
            assert (found["title"], found["price"]) == (product["title"], 99)
            assert found.get("stock") in (None, 1, 2, 3)
            assert found["embedding"]
        final = [{**p, "price": 99, "stock": 7} for p in feed]
        shop.ingest(index_name, final)
        again = shop.ingest(index_name, final)
        assert (again.unchanged, again.indexed) == (PRODUCTS, 0)
        assert {found["stock"] for found in stored_in(es, index_name).values()} == {7}
