"""Help for judging: which queries, which products, grades by a language model, and how far judges agree.

All files are CSV in the format that evaluate takes. sample draws queries from a log, pool lists the products to judge
for them, llm has a language model grade a pool, agreement compares two judges. People judge a pool in a spreadsheet or in
the playground. Only llm asks a language model.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from es_hybrid import HybridClient
from es_hybrid.cli.arguments import add_action, add_actions, names
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.files import write_whole
from es_hybrid.cli.judged import add_queries, add_query_vectors, read_vectors
from es_hybrid.cli.measure import forgetful, measure_each
from es_hybrid.cli.output import Output
from es_hybrid.cli.query_log import count_queries
from es_hybrid.evaluate import (
    RECIPES,
    Judgments,
    read_judgments,
    read_queries,
    read_run,
    select_recipes,
)
from es_hybrid.judging import (
    GradeFile,
    JudgingQueue,
    LlmJudge,
    PoolItem,
    Verdict,
    agreement,
    judging_cost,
    pool,
    pool_csv,
    read_pool,
    sample_queries,
    with_texts,
)
from es_hybrid.rank.rerank import product_text

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "judge pool products --queries queries.csv --out pool.csv"
INTERRUPTED = "finished grades are kept; run the same command again to continue"

_POOLED = ("lexical", "hybrid", "rerank")
_MOST_TOKENS = 1_000
_SAMPLED = ("query_id", "query", "count", "type")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `judge` takes."""
    actions = add_actions(parser)
    sample = add_action(
        actions,
        "sample",
        _sample,
        "draw queries from a log: head, torso, tail",
        example="judge sample searches.csv --out queries.csv",
        interrupted="nothing was written",
    )
    _add_sample(sample)
    listed = add_action(
        actions,
        "pool",
        _pool,
        "list the products to judge",
        example="judge pool products --queries queries.csv --out pool.csv",
        interrupted="nothing was written",
    )
    _add_pool(listed)
    llm = add_action(
        actions,
        "llm",
        _llm,
        "have a language model grade a pool",
        example="judge llm pool.csv --out grades.csv --most 100",
        interrupted=INTERRUPTED,
    )
    _add_llm(llm)
    agreed = add_action(
        actions,
        "agreement",
        _agreement,
        "say how far two judges agree",
        example="judge agreement people.csv grades.csv",
        interrupted="nothing was changed",
    )
    _add_agreement(agreed)


def run(args: argparse.Namespace) -> int:
    """Do one action and print what came of it."""
    code: int = args.act(args, Output.of(args))
    return code


def _add_sample(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "log",
        metavar="LOG",
        help="one query per line, CSV with query,count, or NDJSON with query,count or user_query (UBI)",
    )
    for part in ("head", "torso", "tail"):
        add(
            f"--{part}",
            type=int,
            default=20,
            metavar="N",
            help=f"queries from the {part} (default: 20)",
        )
    add("--seed", type=int, default=0, metavar="N", help="seed of the draw (default: 0)")
    _add_out(parser)


def _add_pool(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("index", metavar="INDEX", help="index or alias")
    add_queries(parser, "query_id,query", required=True)
    add("--qrels", metavar="QRELS", help="earlier judgments, to leave out")
    add_query_vectors(parser)
    add(
        "--recipe",
        type=names,
        default=_POOLED,
        metavar="NAMES",
        help=f"whose products, of {','.join(RECIPES)} (default: {','.join(_POOLED)})",
    )
    add(
        "--run",
        dest="run_files",
        action="append",
        default=[],
        metavar="FILE",
        help="also the products of another system's run",
    )
    add("--depth", type=int, default=10, metavar="N", help="products from each (default: 10)")
    add("--title-field", default="title", metavar="FIELD", help="(default: title)")
    _add_out(parser)


def _add_llm(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("pool", metavar="POOL.csv", help="a pool that judge pool wrote")
    add(
        "--out",
        required=True,
        metavar="FILE.csv",
        help="grades; those already in it are not asked for again",
    )
    add("--prompt-price", type=float, metavar="PRICE", help="price of a million tokens read")
    add("--completion-price", type=float, metavar="PRICE", help="price of a million tokens written")
    add("--most", type=int, metavar="N", help="grade at most this many")


def _add_agreement(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="FIRST", help="judgments, such as people's")
    parser.add_argument("second", metavar="SECOND", help="judgments, such as a model's")


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FILE.csv", help="(default: standard output)")


def _sample(args: argparse.Namespace, out: Output) -> int:
    counts = count_queries(args.log)
    drawn = sample_queries(counts, head=args.head, torso=args.torso, tail=args.tail, seed=args.seed)
    rows = [
        dict(zip(_SAMPLED, (query.id, query.text, query.count, query.part), strict=True))
        for query in drawn
    ]
    text = io.StringIO()
    table = csv.DictWriter(text, _SAMPLED, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    _give(args.out, text.getvalue(), out, {"queries": rows})
    out.note(f"{len(drawn)} of {len(counts):,} queries")
    return 0


def _pool(args: argparse.Namespace, out: Output) -> int:
    queries = read_queries(args.queries)
    known: Judgments = read_judgments(args.qrels) if args.qrels else {}
    runs = [read_run(file) for file in args.run_files]
    vectors = read_vectors(args.query_vectors, queries)
    with open_shop(forgetful(load_settings(args))) as shop:
        runs += measure_each(
            shop,
            args.index,
            out,
            task="pool",
            recipes=select_recipes(args.recipe),
            queries=queries,
            vectors=vectors,
            warmup=0,
            depth=args.depth,
        )
        items = pool(runs, queries=queries, judgments=known, depth=args.depth)
        items = with_texts(items, _texts(shop, args, items))
    _give(args.out, pool_csv(items), out, {"products": [asdict(item) for item in items]})
    asked = {item.query_id for item in items}
    out.note(f"{len(items):,} products of {len(asked)} queries are to be judged")
    return 0


def _llm(args: argparse.Namespace, out: Output) -> int:
    settings = load_settings(args)
    grades = GradeFile(args.out)
    left = JudgingQueue(read_pool(args.pool), grades).remaining()[: args.most]
    verdicts: list[Verdict] = []
    with (
        closing(LlmJudge(settings.judge)) as judge,
        out.progress("judge", total=len(left)) as progress,
    ):
        pairs = ((item.query, item.product or item.title) for item in left)
        with closing(judge.grades(pairs)) as answers:
            for item, verdict in zip(left, answers, strict=False):
                grades.save(item.query_id, item.product_id, verdict.grade, judge=judge.name)
                verdicts.append(verdict)
                progress.done(len(verdicts))
        cost = judging_cost(
            verdicts, prompt_price=args.prompt_price, completion_price=args.completion_price
        )
        if out.json:
            out.document({"judge": judge.name, **cost.to_dict()})
            return 0
    out.line(
        f"{cost.grades:,} grades, {cost.prompt_tokens:,} tokens read,"
        f" {cost.completion_tokens:,} written"
    )
    if cost.money is not None:
        out.line(f"cost: {cost.money:.4f}")
    return 0


def _agreement(args: argparse.Namespace, out: Output) -> int:
    found = agreement(read_judgments(args.first), read_judgments(args.second))
    if out.json:
        out.document(found.to_dict())
        return 0
    columns = sorted({grade for pair in found.table for grade in pair})
    out.table(
        ["first \\ second", *map(str, columns)],
        [[str(a), *(found.table.get((a, b), 0) for b in columns)] for a in columns],
    )
    out.line(
        f"{found.pairs:,} products graded by both: {found.equal:.0%} alike, kappa {found.kappa:.2f},"
        f" weighted kappa {found.weighted_kappa:.2f}"
    )
    return 0


def _texts(
    shop: HybridClient, args: argparse.Namespace, items: Sequence[PoolItem]
) -> dict[str, tuple[str, str]]:
    """Return title and text of each product: what a reranker would read."""
    fields = shop.capabilities(args.index).schema.rerank_fields or (args.title_field,)
    ids = list(dict.fromkeys(item.product_id for item in items))
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        answer = shop.es.search(
            index=args.index,
            size=len(some),
            query={"ids": {"values": some}},
            source_includes=[args.title_field, *fields],
        )
        for hit in answer["hits"]["hits"]:
            source: dict[str, Any] = hit["_source"]
            text = product_text(source, fields, max_tokens=_MOST_TOKENS).text
            found[hit["_id"]] = (str(source.get(args.title_field) or ""), text)
    return found


def _give(path: str | None, text: str, out: Output, document: Mapping[str, Any]) -> None:
    """Write a table to its file, or print it: as CSV, or as JSON where that is asked for."""
    if path is not None:
        write_whole(path, text)
    if out.json:
        out.document({**document, "out": path})
    elif path is None:
        sys.stdout.write(text)
