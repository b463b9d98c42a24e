"""Show what each kind of rule does to a catalogue: what moves, what stays, what that changes.

Makes an index of its own, searches every query without rules and with one kind of rule at a time, or
as a shopper, and prints a line a rule. The index is deleted at the end. Docs: docs/rules.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings, read_products
from es_hybrid.cli.query_log import top_queries
from es_hybrid.cli.table import table_lines
from es_hybrid.rules import Simulation, page_change, parse_rules, shown_products
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import Json

PAGE = 24
DEPTH = 200
HEADERS = (
    "rule",
    "pages changed %",
    "moved",
    "stayed",
    "places",
    "furthest",
    "came",
    "in stock %",
    "price",
    "brands",
    "most of one",
    "lost",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; return 1 where a rule lost or doubled a product."""
    args = _arguments(argv)
    with _shop(args) as (shop, index):
        queries = top_queries(args.queries, top=args.top) if args.queries else _leaves(shop, index)
        _let_some_be_new(shop, index, {q: _hits(shop, index, q, rules=False) for q in queries})
        pages = {query: _hits(shop, index, query, rules=False) for query in queries}
        rows = [_row(shop, index, name, rules, pages) for name, rules in _lanes(pages, args)]
        for name, user in _shoppers(pages):
            rows.append(_row(shop, index, name, {}, pages, user=user))
        if args.budget:
            texts = [f"{query} {args.budget}" for query in queries]
            named = {text: _hits(shop, index, text, rules=False) for text in texts}
            rule = {"budget": {"field": "price", "currency": args.currency}}
            rows.append(_row(shop, index, f"budget: {args.budget}", rule, named))
    print("\n".join(table_lines(HEADERS, rows)))
    print(f"{len(pages)} queries, pages of {PAGE}; moved, stayed and came are means of a page")
    return int(any(row[-1] for row in rows))


def _row(
    shop: HybridClient,
    index: str,
    name: str,
    rules: Json,
    before: Mapping[str, Sequence[Json]],
    *,
    user: Json | None = None,
) -> list[object]:
    changes, most, lost = [], [], 0
    checked = parse_rules(rules)
    for query, old in before.items():
        new = _hits(shop, index, query, rules=rules, user=user)
        lost += _lost(rules, old, new)
        pages = [shown_products(page[:PAGE], checked) for page in (old, new)]
        changes.append(page_change(query, *pages))
        most.append(max(Counter(shown.brand for shown in pages[1]).values(), default=0))
    simulation = Simulation(tuple(changes))
    means = simulation.means()
    moved = statistics.fmean(change.moved for change in changes)
    shown = statistics.fmean(min(PAGE, len(page)) for page in before.values())
    return [
        name,
        f"{100 * len(simulation.changed) / len(changes):.0f}",
        f"{moved:.1f}",
        f"{max(shown - moved, 0.0):.1f}",
        f"{statistics.fmean(change.places for change in changes):.1f}",
        max(change.furthest for change in changes),
        f"{statistics.fmean(len(change.entered) for change in changes):.1f}",
        _pair(means["in_stock"], 100.0, 0),
        _pair(means["price"], 1.0, 1),
        _pair(means["brands"], 1.0, 1),
        f"{statistics.fmean(most):.1f}",
        lost,
    ]


def _pair(values: tuple[float | None, float | None], scale: float, digits: int) -> str:
    before, after = values
    if before is None or after is None:
        return "-"
    return f"{before * scale:.{digits}f} to {after * scale:.{digits}f}"


def _lost(rules: Json, old: Sequence[Json], new: Sequence[Json]) -> int:
    """Count products that came twice, or that are gone although no rule leaves them out."""
    twice = len(new) - len({hit["_id"] for hit in new})
    leaves_out = rules.get("excludes") or rules.get("stock", {}).get("action") == "hide"
    if leaves_out or "variants" in rules or DEPTH in {len(old), len(new)}:
        return twice
    return twice + len({hit["_id"] for hit in old} - {hit["_id"] for hit in new})


def _lanes(
    pages: Mapping[str, Sequence[Json]], args: argparse.Namespace
) -> Iterator[tuple[str, Json]]:
    """Yield each kind of rule that the catalogue has fields for."""
    products = [hit["_source"] for page in pages.values() for hit in page]
    popular = {"field": args.popular, "scale": args.scale, "factor": 2.0}
    yield f"boost {args.popular} x2", {"boosts": [popular]}
    yield "the same, 5 places", {"boosts": [popular], "limits": {"places": 5}}
    yield "the same, 10 % of range", {"boosts": [popular], "limits": {"share": 0.1}}
    if any(product.get("stock") is not None for product in products):
        for action in ("keep", "demote", "bury", "hide"):
            yield f"sold out: {action}", {"stock": {"action": action, "missing": "sold_out"}}
        swap = {"action": "substitute", "group": "category_path", "missing": "sold_out"}
        yield "sold out: substitute", {"stock": swap}
    brand = Counter(product.get("brand") for product in products).most_common(1)[0][0]
    for field, most in (("category_path", 6), ("shop", 2)):
        if any(product.get(field) for product in products):
            yield (
                f"cap {most} of a {field} in 12",
                {"caps": [{"field": field, "most": most, "per": 12}]},
            )
    yield "cap 2 of a brand in 12", {"caps": [{"field": "brand", "most": 2, "per": 12}]}
    yield "variety by brand", {"diversity": {"field": "brand", "strength": 0.3}}
    yield "variety by vectors", {"diversity": {"strength": 0.3}}
    ids = [hit["_id"] for hit in next(iter(pages.values()))[:2]]
    yield "pins at 1 and 5", {"pins": [{"ids": ids[:1]}, {"ids": ids[1:], "position": 5}]}
    yield f"without {brand}", {"excludes": [{"field": "brand", "equals": brand}]}
    yield "one of each brand", {"variants": "brand"}
    yield from _seasonal(brand)
    yield "new products: 1 of 24", {"explore": {"slots": 1}}
    yield "new products: 3 of 24", {"explore": {"slots": 3}}
    prior = {"boosts": [{**popular, "prior": args.scale / 2}]}
    yield f"boost {args.popular} x2, prior", prior
    yield (
        "all at once",
        {
            "boosts": [popular],
            "limits": {"places": 10},
            "stock": {"action": "bury"},
            "diversity": {"field": "brand", "strength": 0.2},
            "explore": {"slots": 1},
            "caps": [{"field": "brand", "most": 3, "per": 12}],
            "pins": [{"ids": ids[:1], "position": 3}],
        },
    )


def _let_some_be_new(shop: HybridClient, index: str, pages: Mapping[str, Sequence[Json]]) -> None:
    """Give one product in twenty of those that were found today's date, and no other any."""
    found = sorted({hit["_id"] for page in pages.values() for hit in page})
    today = datetime.now(UTC).isoformat(timespec="seconds")
    new = [{"id": id_, "created_at": today} for id_ in found[::20]]
    shop.update_fields(index, new)
    # Updated products leave their old versions in the statistics until segments are merged; were
    # that to happen between two searches, their difference would not be the rule's.
    shop.es.options(request_timeout=600).indices.forcemerge(index=index, max_num_segments=1)
    shop.es.indices.refresh(index=index)
    print(f"{len(new)} of {len(found)} products are taken for new")


def _shoppers(pages: Mapping[str, Sequence[Json]]) -> Iterator[tuple[str, Json]]:
    """Yield a shopper who bought three products of the most frequent brand, by ids and by brand."""
    products = {hit["_id"]: hit["_source"].get("brand") for page in pages.values() for hit in page}
    brand = Counter(filter(None, products.values())).most_common(1)[0][0]
    bought = [id_ for id_, own in products.items() if own == brand][:3]
    events = [{"event": "purchase", "product_id": id_} for id_ in bought]
    yield "shopper: 3 products, x1.25", {"events": events}
    yield "shopper: 3 products, x1.5", {"events": events, "factor": 1.5}
    yield f"shopper: likes {brand}, x1.25", {"brands": [brand]}
    yield "shopper who opted out", {"events": events, "opt_out": True}


def _seasonal(brand: object) -> Iterator[tuple[str, Json]]:
    """Yield a boost in its season and out of it."""
    raised = {"field": "brand", "equals": brand, "factor": 1.5}
    now = datetime.now(UTC).month
    for name, months in (("in season", [now]), ("out of season", [now % 12 + 1])):
        yield f"boost {brand} {name}", {"boosts": [{**raised, "when": {"months": months}}]}


def _hits(
    shop: HybridClient, index: str, query: str, *, rules: object, user: Json | None = None
) -> Sequence[Json]:
    hybrid = {"text": query, "rules": rules, "window": 100, **({"user": user} if user else {})}
    found = shop.search(index=index, size=DEPTH, ext={"hybrid": hybrid})
    hits: Sequence[Json] = found["hits"]["hits"]
    return hits


def _leaves(shop: HybridClient, index: str) -> list[str]:
    """Return the most frequent last parts of category paths, as queries."""
    answer = shop.es.search(
        index=index, size=0, aggs={"paths": {"terms": {"field": "category_path", "size": 60}}}
    )
    paths = [bucket["key"] for bucket in answer["aggregations"]["paths"]["buckets"]]
    return list(dict.fromkeys(path.rpartition(">")[2].strip() for path in paths))


@contextmanager
def _shop(args: argparse.Namespace) -> Iterator[tuple[HybridClient, str]]:
    """Open a shop with the catalogue in an index of its own."""
    alias = f"bench-policies-{uuid.uuid4().hex[:8]}"
    embedder: Any = HashEmbedder(dims=64)
    if args.embedder == "wordllama":
        from es_hybrid.local.embedder import WordLlamaEmbedder  # noqa: PLC0415 - an extra

        embedder = WordLlamaEmbedder()
    with (
        Elasticsearch(args.es_url, request_timeout=60) as es,
        HybridClient(es, settings=Settings(), embedder=embedder) as shop,
    ):
        made = shop.create_index(alias)
        try:
            report = shop.ingest(
                alias, read_products(args.catalogue), fields=args.map, id_field=args.id_field
            )
            print(report)
            if report.failed:
                raise SystemExit(f"{report.failed:,} products were refused; see --id-field, --map")
            yield shop, alias
        finally:
            es.indices.delete(index=made)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.policies", description=__doc__)
    add = parser.add_argument
    add("--es-url", default=os.environ.get("ES_HYBRID_ES_URL"), help="plain HTTP, without a key")
    add("--catalogue", required=True, help="products, NDJSON or CSV, plain or gzip")
    add("--map", help="which field is which, such as brand=supplier")
    add("--id-field", default="id")
    add("--queries", help="a query a line (default: the catalogue's categories)")
    add("--top", type=int, default=60)
    add("--popular", default="review_count", help="field that is boosted")
    add("--scale", type=float, default=100.0, help="its value at which the boost is full")
    add("--budget", help="words that name one, added to every query, such as 'under £15'")
    add("--currency", help="of the prices, such as GBP")
    add("--embedder", choices=("hash", "wordllama"), default="hash")
    args = parser.parse_args(argv)
    if not args.es_url:
        parser.error("--es-url, or ES_HYBRID_ES_URL, is needed")
    return args


if __name__ == "__main__":
    sys.exit(main())
