"""Show what a rule set would change for the queries of a log, before it is put in force.

Every query is searched twice, with the rules in force and with those of FILE, and the first pages are compared:
products moved, NDCG@10 where products were judged, what can be bought, prices, revenue and brands.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from es_hybrid import HybridClient, HybridError
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.measure import forgetful
from es_hybrid.cli.output import Output
from es_hybrid.cli.query_log import top_queries
from es_hybrid.cli.rules_file import read_rules
from es_hybrid.evaluate import FAULTS, JudgedQuery, read_judgments, read_queries
from es_hybrid.rules import PageChange, Simulation, page_change, parse_rules, shown_products
from es_hybrid.types import Degradation

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "simulate products --rules rules.json --queries searches.csv.gz"
INTERRUPTED = "nothing was changed"

_SHOWN = 10
_TOP = 100
_FIGURES = {
    "ndcg": ("NDCG@10", 3),
    "in_stock": ("share in stock", 3),
    "price": ("mean price", 2),
    "revenue": ("revenue", 2),
    "brands": ("brands", 2),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `simulate` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    parser.add_argument(
        "--rules", required=True, metavar="FILE", help="rules as JSON or TOML; - is standard input"
    )
    parser.add_argument(
        "--queries",
        required=True,
        metavar="LOG",
        help="text file with one query per line, or CSV with a column query; may be gzipped",
    )
    parser.add_argument(
        "--judgments",
        metavar="QRELS.csv",
        help="query_id,product_id,grade; LOG must then have a column query_id",
    )
    parser.add_argument(
        "--against",
        choices=("current", "none"),
        default="current",
        help="compare with the rules in force, or with none (default: current)",
    )
    parser.add_argument(
        "--top",
        type=int,
        default=_TOP,
        metavar="N",
        help=f"most frequent queries (default: {_TOP})",
    )
    parser.add_argument(
        "--size", type=int, default=24, metavar="N", help="products per page (default: 24)"
    )
    parser.add_argument(
        "--price", default="price", metavar="FIELD", help="price field (default: price)"
    )
    parser.add_argument(
        "--brand", default="brand", metavar="FIELD", help="brand field (default: brand)"
    )
    parser.add_argument(
        "--stock", metavar="FIELD", help="stock field (default: that of the rules, or stock)"
    )


def run(args: argparse.Namespace) -> int:
    """Search every query both ways and print how the pages differ."""
    out = Output.of(args)
    content = read_rules(args.rules)
    rules = parse_rules(content)
    queries, grades = _queries(args)
    changes: list[PageChange] = []
    degraded: Counter[Degradation] = Counter()
    with (
        open_shop(forgetful(load_settings(args))) as shop,
        out.progress("simulate", total=len(queries)) as progress,
    ):
        for query in queries:
            old = _page(shop, args, query.text, False if args.against == "none" else None, degraded)
            new = _page(shop, args, query.text, content, degraded)
            shown = [
                shown_products(page, rules, price=args.price, brand=args.brand, stock=args.stock)
                for page in (old, new)
            ]
            changes.append(page_change(query.text, *shown, grades=grades.get(query.id)))
            progress.done(len(changes))
    named: Counter[str] = Counter()
    for lack, count in degraded.items():
        named[f"{lack.stage}: {lack.reason}"] += count
    simulation = Simulation(tuple(changes), dict(named))
    if out.json:
        out.document(simulation.to_dict())
    else:
        _print(simulation, out)
    return 3 if any(lack.reason in FAULTS for lack in degraded) else 0


def _queries(
    args: argparse.Namespace,
) -> tuple[Sequence[JudgedQuery], Mapping[str, Mapping[str, int]]]:
    if args.judgments is None:
        texts = top_queries(args.queries, top=args.top)
        return [JudgedQuery(text, text) for text in texts], {}
    queries = read_queries(args.queries)
    if not queries:
        raise HybridError(f"{args.queries} holds no queries")
    return queries, read_judgments(args.judgments)


def _page(
    shop: HybridClient,
    args: argparse.Namespace,
    text: str,
    rules: Any,
    degraded: Counter[Degradation],
) -> Sequence[Mapping[str, Any]]:
    section: dict[str, Any] = {"text": text}
    if rules is not None:
        section["rules"] = rules
    response = shop.search(index=args.index, size=args.size, ext={"hybrid": section})
    degraded.update(set(response.hybrid.degraded))
    hits: Sequence[Mapping[str, Any]] = response["hits"]["hits"]
    return hits


def _print(simulation: Simulation, out: Output) -> None:
    changes, changed = simulation.changes, simulation.changed
    moved = fmean(change.moved for change in changes) if changes else 0.0
    furthest = max((change.furthest for change in changes), default=0)
    out.line(
        f"{len(changed)} of {len(changes)} pages change; {moved:.1f} products of a page move,"
        f" at most {furthest} places"
    )
    rows = []
    for name, (before, after) in simulation.means().items():
        if before is not None and after is not None:
            label, digits = _FIGURES[name]
            change = f"{100.0 * (after / before - 1.0):+.1f} %" if before else "-"
            rows.append([label, f"{before:.{digits}f}", f"{after:.{digits}f}", change])
    out.line()
    out.table(["mean of a page", "before", "after", "change"], rows)
    if changed:
        out.line()
        out.table(
            ["query", "moved", "furthest", "came", "went"],
            [[c.query, c.moved, c.furthest, len(c.entered), len(c.left)] for c in changed[:_SHOWN]],
        )
    for what, count in simulation.degraded.items():
        out.note(f"searches went without {what}: {count} of {2 * len(changes)}")
