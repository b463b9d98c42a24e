"""Judge recipes on queries whose products were graded: NDCG@10, MRR@10, recall@100, latency.

QUERIES has the columns query_id,query and, for slices, language and type;
QRELS has query_id,product_id,grade.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from es_hybrid.cli.arguments import names
from es_hybrid.cli.comparison import print_report
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.measure import forgetful, measure
from es_hybrid.cli.output import Output
from es_hybrid.evaluate import (
    RECIPES,
    JudgedQuery,
    JudgmentError,
    judge,
    judged_queries,
    read_judgments,
    read_queries,
    read_query_vectors,
    select_recipes,
)

__all__ = ["INTERRUPTED", "add_arguments", "run"]

INTERRUPTED = "nothing was changed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `evaluate` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    parser.add_argument("--queries", required=True, metavar="FILE.csv", help="the judged queries")
    parser.add_argument("--qrels", required=True, metavar="FILE.csv", help="the graded products")
    parser.add_argument(
        "--query-vectors",
        metavar="FILE.npz",
        help="vectors made beforehand: query_ids, query_vectors",
    )
    parser.add_argument(
        "--recipe",
        type=names,
        default=tuple(RECIPES),
        metavar="NAMES",
        help=f"what to compare, of {','.join(RECIPES)} (default: all)",
    )
    parser.add_argument(
        "--relevant-from",
        type=int,
        metavar="GRADE",
        help="lowest relevant grade (default: 2, or 1 where no grade is above 1)",
    )
    parser.add_argument(
        "--slice-by",
        type=names,
        default=("language", "type"),
        metavar="COLUMNS",
        help="also by these columns of QUERIES (default: language,type)",
    )
    parser.add_argument(
        "--warmup", type=int, default=10, metavar="N", help="untimed searches first (default: 10)"
    )
    parser.add_argument("--per-query", action="store_true", help="also each query's values")


def run(args: argparse.Namespace) -> int:
    """Search every judged query with every recipe, and print how they compare."""
    out = Output.of(args)
    recipes = select_recipes(args.recipe)
    queries, judgments = read_queries(args.queries), read_judgments(args.qrels)
    counted = judged_queries(queries, judgments, relevant_from=args.relevant_from)
    vectors = _vectors(args.query_vectors, counted)
    runs = []
    with open_shop(forgetful(load_settings(args))) as shop:
        for recipe in recipes:
            with out.progress(f"evaluate {recipe.name}", total=len(counted)) as progress:
                run = measure(
                    shop,
                    args.index,
                    recipe=recipe,
                    queries=counted,
                    vectors=vectors,
                    warmup=args.warmup,
                    done=progress.done,
                )
            runs.append(run)
    report = judge(
        runs,
        queries=queries,
        judgments=judgments,
        relevant_from=args.relevant_from,
        slice_by=args.slice_by,
    )
    if out.json:
        out.document({"index": args.index, **report.to_dict(per_query=args.per_query)})
    else:
        print_report(report, out, per_query=args.per_query)
    return 3 if any(result.faults for result in report.results) else 0


def _vectors(path: str | None, queries: Sequence[JudgedQuery]) -> Mapping[str, Sequence[float]]:
    if path is None:
        return {}
    vectors = read_query_vectors(path)
    missing = [query.id for query in queries if query.id not in vectors]
    if missing:
        raise JudgmentError(
            f"{path} has no vector for {len(missing)} of {len(queries)} judged queries,"
            f" {missing[0]} among them",
            hint="make them with the same query ids",
        )
    return {query.id: vectors[query.id].tolist() for query in queries}
