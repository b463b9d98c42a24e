"""Does a learned order beat the untrained one on judged queries that it has not seen?

The catalogue is indexed, each judged query is searched once, up to the untrained order, and
everything after that is arithmetic: nested cross-validation over queries, in which the way to train
is chosen without the fold that it is judged on. One split of few queries is a matter of luck, so it
is done for several splits, a query's gain is the mean of its gains, and queries are resampled for the
interval (paired bootstrap). Nothing is chosen by the figures that are printed.

    python -m benchmarks.learned --es-url URL --catalogue products.jsonl.gz --queries queries.csv \
        --qrels qrels.csv --vectors vectors.npz --map brand=supplier

The reranker is that of the settings (ES_HYBRID_RERANK__*); without one there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch

from benchmarks.learned_ways import halves, hindsight, ways_rows
from benchmarks.searching.material import MODEL, Catalogue, Material, judged
from es_hybrid import HybridClient, Settings, read_products
from es_hybrid.cli.table import table_lines
from es_hybrid.evaluate import bootstrap_interval, judged_share
from es_hybrid.evaluate.significance import detectable_difference, queries_needed
from es_hybrid.learning import Example, examples_of, ndcg_of, train, validate
from es_hybrid.learning.validation import choose, countable


def main(argv: Sequence[str] | None = None) -> int:
    """Index, search, cross-validate, print; return 1 where the learned order gains nothing."""
    parser = argparse.ArgumentParser(prog="benchmarks.learned", description=__doc__)
    add = parser.add_argument
    add("--es-url", default=os.environ.get("ES_HYBRID_ES_URL"))
    add("--index", help="an index of the catalogue that is there already; otherwise one is made")
    add("--catalogue", type=Path, help="products, NDJSON or CSV, plain or gzip")
    add("--queries", type=Path, required=True, help="query_id,query")
    add("--qrels", type=Path, required=True, help="query_id,product_id,grade")
    add("--vectors", type=Path, required=True, help=".npz of products and queries")
    add("--map", dest="fields", default="", help="field map, such as brand=supplier")
    add("--id-field", default="id")
    add("--folds", type=int, default=5)
    add("--splits", type=int, default=5, help="ways to part the queries into folds")
    add("--json", action="store_true")
    args = parser.parse_args(argv)
    found = _examples(args)
    examples = countable(found)
    report = _report(examples, args)
    print(json.dumps(report, indent=2) if args.json else _told(report))
    return int(report["difference"] <= 0.0)


def _examples(args: argparse.Namespace) -> list[Example]:
    catalogue = Catalogue(
        products=args.catalogue,
        queries=args.queries,
        qrels=args.qrels,
        vectors=args.vectors,
        fields=args.fields,
        id_field=args.id_field,
    )
    material = judged(catalogue)
    # As patient as a reranker on a busy machine needs; a query without its scores would be another.
    patient = Settings(search={"budget_s": 120.0}, rerank={"timeout_s": 60.0})
    with Elasticsearch(args.es_url) as es, HybridClient(es, settings=patient) as shop:
        if args.index:
            return _searched(shop, args.index, material)
        made = shop.create_index(
            f"benchmark-{uuid.uuid4().hex[:8]}", dims=material.dims, model=MODEL
        )
        try:
            shop.ingest(
                made,
                read_products(args.catalogue),
                fields=args.fields,
                id_field=args.id_field,
                vectors=material.product_vectors,
                model=MODEL,
            )
            es.options(request_timeout=600).indices.forcemerge(index=made, max_num_segments=1)
            es.indices.refresh(index=made)
            return _searched(shop, made, material)
        finally:
            es.indices.delete(index=made)


def _searched(shop: HybridClient, index: str, material: Material) -> list[Example]:
    found = []
    for query in material.queries:
        vector = material.vectors[query.text].tolist()
        section = {"text": query.text, "vector": vector, "boosts": [], "rules": False}
        each = shop.ranking_features(index=index, ext={"hybrid": section})
        if each.degraded:
            raise SystemExit(f"query {query.id} went without: {each.degraded}")
        found.append((query.id, each))
    return examples_of(found, material.judgments)


def _report(examples: Sequence[Example], args: argparse.Namespace) -> dict[str, Any]:
    untrained = np.array([ndcg_of(example, None) for example in examples])
    best = [ndcg_of(_ideal(example), None) for example in examples]
    gains, splits, chosen = [], [], Counter[str]()
    of_judged = []
    for seed in range(args.splits):
        validation = validate(examples, folds=args.folds, seed=seed)
        gains.append(validation.trained - validation.untrained)
        if validation.judged_only is not None:
            of_judged.append(validation.judged_only.trained - validation.judged_only.untrained)
        splits.append(validation.to_dict())
        chosen.update(validation.chosen)
        print(f"split {seed + 1}: {validation}", file=sys.stderr)
    mean = np.mean(gains, axis=0)
    judged_mean = np.mean(of_judged, axis=0)
    trained = train(examples, name="all", training=choose(examples, folds=args.folds))
    return {
        "queries": len(examples),
        "candidates_a_query": round(float(np.mean([len(e.ids) for e in examples])), 1),
        "judged_of_candidates": round(
            float(np.mean([(e.grades >= 0).mean() for e in examples])), 3
        ),
        "judged@10_untrained": round(float(np.mean([_judged_share(e) for e in examples])), 3),
        "ndcg@10_untrained": round(float(untrained.mean()), 4),
        "ndcg@10_trained": round(float(untrained.mean() + mean.mean()), 4),
        "ndcg@10_best_order": round(float(np.mean(best)), 4),
        "difference": round(float(mean.mean()), 4),
        "interval_95": _interval(mean),
        "won": int((mean > 1e-9).sum()),
        "lost": int((mean < -1e-9).sum()),
        "judged_only": {
            "ndcg@10_untrained": round(
                float(np.mean([ndcg_of(e, None, judged_only=True) for e in examples])), 4
            ),
            "difference": round(float(judged_mean.mean()), 4),
            "interval_95": _interval(judged_mean),
        },
        "detectable": round(detectable_difference(mean.tolist()), 4),
        "queries_needed": queries_needed(mean.tolist(), difference=float(mean.mean()))
        if mean.mean() > 0.0
        else None,
        "halves": halves(examples),
        "hindsight": hindsight(examples),
        "splits": splits,
        "chosen": dict(chosen.most_common()),
        "ways": ways_rows(examples, folds=args.folds, splits=args.splits),
        "importances": {name: round(share, 3) for name, share in trained.importances.items()},
    }


def _interval(gains: Any) -> list[float]:
    low, high = bootstrap_interval(gains.tolist(), rng=np.random.default_rng(0))
    return [round(low, 4), round(high, 4)]


def _ideal(example: Example) -> Example:
    grades = np.maximum(example.grades, 0).astype(float)
    return Example(
        example.query_id,
        example.ids,
        example.rows,
        grades,
        example.grades,
        example.judged,
        np.zeros(len(grades), dtype=bool),
    )


def _judged_share(example: Example) -> float:
    order = np.argsort(-example.relevance, kind="stable")
    return judged_share([example.ids[place] for place in order], example.judged)


def _told(report: dict[str, Any]) -> str:
    low, high = report["interval_95"]
    verdict = (
        "beyond chance"
        if low > 0
        else "not told apart from chance"
        if report["difference"] > 0
        else "not better"
    )
    lines = [
        (
            f"{report['queries']} queries, {report['candidates_a_query']} candidates each,"
            f" {100 * report['judged_of_candidates']:.0f} % of them judged"
            f" ({100 * report['judged@10_untrained']:.0f} % of the untrained first ten)"
        ),
        (
            f"NDCG@10 untrained {report['ndcg@10_untrained']:.4f}, learned"
            f" {report['ndcg@10_trained']:.4f}, best order of the candidates"
            f" {report['ndcg@10_best_order']:.4f}"
        ),
        (
            f"difference {report['difference']:+.4f} (95 % {low:+.4f} to {high:+.4f}),"
            f" {report['won']} queries won, {report['lost']} lost: {verdict}"
        ),
        f"judged products alone: {_signed(report['judged_only'])}",
        (
            f"so many queries show a difference of {report['detectable']:.4f};"
            f" this one takes {report['queries_needed'] or '-'} queries"
        ),
        (
            f"one half by a model of the other: {report['halves']['mean']:+.4f}"
            f" (middle nine tenths {report['halves']['p5']:+.4f} to {report['halves']['p95']:+.4f}),"
            f" above 0 in {100 * report['halves']['above_0']:.0f} % of the halves"
        ),
        f"the best weights in hindsight, on the same queries: {report['hindsight']:+.4f}",
        "chosen in folds: " + ", ".join(f"{name} ({n})" for name, n in report["chosen"].items()),
        "",
        *table_lines(
            ["way to train, by itself", "unseen queries", "won", "lost", "judged products alone"],
            [
                [row["way"], _signed(row), row["won"], row["lost"], _signed(row["judged_only"])]
                for row in report["ways"]
            ],
        ),
        "",
        *table_lines(
            ["feature", "importance"],
            [[name, f"{share:.3f}"] for name, share in report["importances"].items()],
        ),
    ]
    return "\n".join(lines)


def _signed(found: dict[str, Any]) -> str:
    low, high = found["interval_95"]
    return f"{found['difference']:+.4f} ({low:+.4f} to {high:+.4f})"


if __name__ == "__main__":
    sys.exit(main())
