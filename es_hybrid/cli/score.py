"""Search judged queries with and without a learned model, and say whether the difference is real.

Use judgments that the model was not trained on. QRELS is CSV (query_id,product_id,grade), TREC
qrels, or Quepid's export of a case; boosts and rules are off.
"""

from __future__ import annotations

import argparse

from es_hybrid.cli.comparison import print_comparisons, print_report
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.judged import add_judged_set, read_vectors
from es_hybrid.cli.measure import PAGE, forgetful, measure_each
from es_hybrid.cli.output import Output
from es_hybrid.evaluate import (
    Recipe,
    compare,
    judge,
    judged_queries,
    parse_measures,
    read_judged_set,
)
from es_hybrid.learning import load_model

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "score products model.json --qrels unseen.csv --queries queries.csv"
INTERRUPTED = "nothing was changed"

_RECIPES = (
    Recipe("untrained", {"boosts": [], "rules": False, "learned": False}),
    Recipe("learned", {"boosts": [], "rules": False, "learned": True}),
)
_MEASURES = parse_measures(("ndcg@10", "mrr@10", "judged@10"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `score` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    parser.add_argument("model", metavar="MODEL.json", help="what es-hybrid train wrote")
    add_judged_set(parser)
    parser.add_argument(
        "--worst",
        type=int,
        default=5,
        metavar="N",
        help="losers and winners to show (default: 5)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the resampling (default: 0)"
    )


def run(args: argparse.Namespace) -> int:
    """Search every judged query both ways and print how they compare."""
    out, model = Output.of(args), load_model(args.model)
    found = read_judged_set(args.qrels, queries=args.queries)
    queries = judged_queries(found.queries, found.judgments)
    brought = read_vectors(args.query_vectors, queries, complete=False)
    settings = forgetful(load_settings(args))
    rank = settings.rank.model_copy(update={"model": args.model})
    with open_shop(settings.model_copy(update={"rank": rank})) as shop:
        runs = measure_each(
            shop,
            args.index,
            out,
            task="score",
            recipes=_RECIPES,
            queries=queries,
            vectors=brought,
            warmup=1,
            depth=PAGE,
        )
    report = judge(runs, queries=queries, judgments=found.judgments, measures=_MEASURES)
    comparisons = compare(report, seed=args.seed)
    lacking = sum(any(d.stage == "learned" for d in each.degraded) for each in runs[1].answers)
    if out.json:
        content = {"model": model.version, "validation": dict(model.validation)}
        compared = comparisons[0].to_dict()
        out.document({**content, **report.to_dict(), "lacking": lacking, "comparison": compared})
    else:
        out.line(f"{model.version}; {len(queries)} judged queries")
        out.line()
        print_report(report, out)
        print_comparisons(comparisons, queries, out, each=args.worst)
        out.line()
        out.line(comparisons[0].verdict())
    return 3 if lacking or any(result.faults for result in report.results) else 0
