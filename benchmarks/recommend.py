"""Measure recommendations: how good similar products are, what each costs, how long orders take.

Makes an index of its own and deletes it. With judgments, products that are relevant to one query
are taken for related: each in turn is named, and the others have to come. Without, it says how many
of the recommended products are of the named one's own category. Docs: docs/recommendations.md.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan

from es_hybrid import HybridClient, Settings, load_vectors, read_products
from es_hybrid.cli.table import table_lines
from es_hybrid.recommend import bought_together
from es_hybrid.testing import HashEmbedder

PAGE = 10
SEEDS_PER_QUERY = 5
Pick = Callable[[str], list[str]]


def main(argv: Sequence[str] | None = None) -> int:
    """Print one table per measurement."""
    args = _arguments(argv)
    if args.orders:
        _time_orders(args.orders)
    if not args.catalogue:
        return 0
    with _shop(args) as (shop, index, trips):
        ids = _ids(shop, index)
        lanes = _lanes(shop, index, ids)
        if args.judgments:
            related = _related(args.judgments, grade=args.grade, known=set(ids))
            lanes["popular"] = _popular(related)
            _print_hits(lanes, related)
        else:
            _print_categories(shop, index, lanes, ids)
        _print_costs(shop, index, ids, trips)
    return 0


def _lanes(shop: HybridClient, index: str, ids: Sequence[str]) -> dict[str, Pick]:
    random = Random(7)

    def weighed(words: float) -> Pick:
        weights = {"lexical": words, "semantic": 1.0 - words}
        ext = {"hybrid": {"fusion": {"weights": weights}}}
        return lambda seed: [
            hit.id
            for hit in shop.recommend(index, like=seed, size=PAGE, source=False, ext=ext).hits
        ]

    return {
        "similar": lambda seed: [
            hit.id for hit in shop.recommend(index, like=seed, size=PAGE, source=False).hits
        ],
        "titles alone": weighed(1.0),
        "vectors alone": weighed(0.0),
        "random": lambda seed: random.sample([id_ for id_ in ids if id_ != seed], PAGE),
    }


def _popular(related: Sequence[tuple[str, frozenset[str]]]) -> Pick:
    """Return the products that most queries find relevant, whatever is named."""
    counts = Counter(id_ for _, others in related for id_ in others)
    best = [id_ for id_, _ in counts.most_common(PAGE + 1)]
    return lambda seed: [id_ for id_ in best if id_ != seed][:PAGE]


def _print_hits(lanes: Mapping[str, Pick], related: Sequence[tuple[str, frozenset[str]]]) -> None:
    if not related:
        print("no query has two relevant products")
        return
    rows = []
    for name, pick in lanes.items():
        found = [(len(others & set(pick(seed))), len(others)) for seed, others in related]
        hit = sum(bool(count) for count, _ in found) / len(found)
        recall = statistics.fmean(count / min(PAGE, many) for count, many in found)
        rows.append([name, f"{hit:.3f}", f"{recall:.3f}"])
    print("\n".join(table_lines(["recommended", f"hit rate @{PAGE}", f"recall @{PAGE}"], rows)))
    print(f"{len(related)} products named; the others of their query are related")


def _print_categories(
    shop: HybridClient, index: str, lanes: Mapping[str, Pick], ids: Sequence[str]
) -> None:
    found = scan(shop.es, index=index, query={"_source": ["category_path"]})
    category = {hit["_id"]: _leaf(hit["_source"]) for hit in found}
    seeds = Random(3).sample([id_ for id_ in ids if category.get(id_)], 200)

    def complements(seed: str) -> list[str]:
        found = shop.recommend(index, cart=seed, size=PAGE, source=False)
        return [hit.id for hit in found.hits]

    rows = []
    for name, pick in {**lanes, "for the cart": complements}.items():
        same = [
            statistics.fmean(category.get(id_) == category[seed] for id_ in pick(seed))
            for seed in seeds
        ]
        rows.append([name, f"{statistics.fmean(same):.3f}"])
    print("\n".join(table_lines(["recommended", "of the same category"], rows)))


def _print_costs(shop: HybridClient, index: str, ids: Sequence[str], trips: Counter[str]) -> None:
    events = [{"product_id": id_} for id_ in ids[:8]]
    asked: dict[str, Callable[[str], Any]] = {
        "similar": lambda seed: shop.recommend(index, like=seed, size=PAGE),
        "for the cart": lambda seed: shop.recommend(index, cart=seed, size=PAGE),
        "for a shopper": lambda seed: shop.recommend(
            index, user={"events": [*events, {"product_id": seed}]}, size=PAGE
        ),
        "trending": lambda _: shop.recommend(index, size=PAGE),
        "a search": lambda _: shop.search(
            index=index, query={"match": {"title": "set"}}, size=PAGE
        ),
    }
    rows = []
    for name, ask in asked.items():
        ask(ids[0])
        trips.clear()
        cpu, wall = time.process_time(), time.perf_counter()
        for seed in ids[:100]:
            ask(seed)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        rows.append([name, f"{trips.total() / 100:g}", f"{cpu * 10:.2f}", f"{wall * 10:.1f}"])
    print("\n".join(table_lines(["", "requests", "CPU ms here", "wall ms"], rows)))


def _time_orders(count: int) -> None:
    """Say how long made-up orders take: one to five products each, the first ones sold most."""
    random = Random(5)
    names = [f"p{number}" for number in range(50_000)]
    orders = [
        [names[int(50_000 * random.random() ** 3)] for _ in range(random.randint(1, 5))]
        for _ in range(count)
    ]
    cpu = time.process_time()
    rows = bought_together(orders)
    cpu = time.process_time() - cpu
    print(f"{count:,} orders counted in {cpu:.1f} s CPU; {len(rows):,} products have companions")


def _related(judgments: str, *, grade: float, known: set[str]) -> list[tuple[str, frozenset[str]]]:
    relevant: dict[str, list[str]] = {}
    with Path(judgments).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if float(row["grade"]) >= grade and row["product_id"] in known:
                relevant.setdefault(row["query_id"], []).append(row["product_id"])
    random = Random(1)
    return [
        (seed, frozenset(ids) - {seed})
        for ids in relevant.values()
        if len(ids) > 1
        for seed in random.sample(sorted(ids), min(SEEDS_PER_QUERY, len(ids)))
    ]


def _leaf(source: Mapping[str, Any]) -> str | None:
    value = source.get("category_path")
    return value[-1] if isinstance(value, list) and value else value or None


def _ids(shop: HybridClient, index: str) -> list[str]:
    found = scan(shop.es, index=index, query={"_source": False})
    return sorted(hit["_id"] for hit in found)


@contextmanager
def _shop(args: argparse.Namespace) -> Iterator[tuple[HybridClient, str, Counter[str]]]:
    """Open a shop with the catalogue in an index of its own, and count its requests."""
    alias = f"bench-recommend-{uuid.uuid4().hex[:8]}"
    embedder: Any = HashEmbedder(dims=64)
    if args.embedder == "wordllama":
        from es_hybrid.local.embedder import WordLlamaEmbedder  # noqa: PLC0415 - an extra

        embedder = WordLlamaEmbedder()
    vectors = load_vectors(args.vectors) if args.vectors else None
    given: dict[str, Any] = {"vectors": vectors, "model": "given"} if vectors else {}
    trips: Counter[str] = Counter()
    settings = Settings(embed={"base_url": None}, rerank={"url": None})
    with (
        Elasticsearch(args.es_url, request_timeout=60) as es,
        HybridClient(es, settings=settings, embedder=None if vectors else embedder) as shop,
    ):
        dims = len(next(iter(vectors.values()))) if vectors else None
        made = shop.create_index(alias, dims=dims, model="given" if vectors else None)
        perform = es.transport.perform_request

        def counted(method: str, *rest: Any, **options: Any) -> Any:
            trips[method] += 1
            return perform(method, *rest, **options)

        es.transport.perform_request = counted  # type: ignore[method-assign]
        try:
            products = read_products(args.catalogue)
            print(shop.ingest(alias, products, fields=args.map, id_field=args.id_field, **given))
            yield shop, alias, trips
        finally:
            es.indices.delete(index=made)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.recommend", description=__doc__)
    add = parser.add_argument
    add("--es-url", default=os.environ.get("ES_HYBRID_ES_URL"), help="plain HTTP, without a key")
    add("--catalogue", help="products, NDJSON or CSV, plain or gzip")
    add("--map", help="which field is which, such as brand=supplier")
    add("--id-field", default="id")
    add("--vectors", help="vectors by id (.npz), in place of an embedder")
    add("--judgments", help="CSV of query_id, product_id, grade")
    add("--grade", type=float, default=2.0, help="from which products are relevant")
    add("--embedder", choices=("hash", "wordllama"), default="hash")
    add("--orders", type=int, default=0, metavar="N", help="count so many made-up orders, too")
    args = parser.parse_args(argv)
    if args.catalogue and not args.es_url:
        parser.error("--es-url, or ES_HYBRID_ES_URL, is needed")
    return args


if __name__ == "__main__":
    sys.exit(main())
