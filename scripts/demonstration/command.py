"""The demo from its first line to its last, and its exit codes: those of `es-hybrid`."""

from __future__ import annotations

import argparse
import io
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from es_hybrid import FieldMap, HybridClient, Settings
from es_hybrid.cli.arguments import Parser
from es_hybrid.cli.connect import open_shop
from es_hybrid.cli.failures import sentence
from es_hybrid.cli.measure import forgetful
from es_hybrid.cli.output import Output
from es_hybrid.evaluate import RECIPES, Recipe, Run
from es_hybrid.ui.app import create_app
from es_hybrid.ui.boosts import choose_boosts, index_numbers
from es_hybrid.ui.playground import open_playground
from es_hybrid.ui.server import serve
from scripts.demonstration.boosts import boost_rows
from scripts.demonstration.comparison import compare, terminal_width
from scripts.demonstration.figures import measure, print_figures
from scripts.demonstration.index import Prepared, prepare_index
from scripts.demonstration.judging import open_judging
from scripts.demonstration.layout import wrapped
from scripts.demonstration.shop_day import shop_day
from scripts.demonstration.showcase import (
    Showcase,
    demo_showcase,
    shop_showcase,
    with_sampled_queries,
)
from scripts.demonstration.survey import Survey, survey
from scripts.dev.node.places import DEV_DIR

__all__ = ["main"]

_ALIAS = "es-hybrid-demo"
_FAILURES_SHOWN = 10
_RECIPES = (
    "lexical: BM25 · semantic: vectors alone · hybrid: both · rerank: reranked · boosted: with boosts",
    "Milliseconds are medians: of each stage where it ran, and of a whole search.",
)
_EPILOG = "exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with failures, 130 stopped"


def main(argv: Sequence[str] | None = None, *, purpose: str | None = None) -> int:
    """Run the demo and return its exit code; never raises, never shows a traceback unasked.

    Example:
        `main(["--catalog", "products.csv.gz", "--map", "title=name,brand=supplier"])`
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        args = _parsed(argv, purpose)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    out = Output(quiet=args.quiet)
    try:
        code = _run(args, out)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        out.problem("stopped; the same command goes on with what is written")
        return 130
    except BrokenPipeError:
        # The reader of a pipe, such as head, has left; Python would complain when flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the one place where everything becomes a line
        if args.traceback:
            traceback.print_exc()
        out.problem(f"error: {sentence(error)}")
        return 1


def _parsed(argv: Sequence[str] | None, purpose: str | None) -> argparse.Namespace:
    parser = Parser(prog="run_demo.py", description=purpose, epilog=_EPILOG)
    add = parser.add_argument
    add("--catalog", metavar="FILE", type=Path, help="your products: NDJSON, CSV or TSV, or gzip")
    add("--map", dest="fields", default="", metavar="OURS=YOURS,…", help="which field is which")
    add("--id-field", default="id", metavar="NAME", help="your id field (default: id)")
    add("--queries", metavar="FILE.csv", help="query_id,query; else they are taken from titles")
    add("--qrels", metavar="FILE.csv", help="query_id,product_id,grade")
    add("--alias", metavar="NAME", help=f"default: {_ALIAS}, with --catalog {_ALIAS}-catalog")
    add("--folder", type=Path, default=DEV_DIR / "demo", metavar="DIR", help="for what it writes")
    add("--es-url", metavar="URL", help="Elasticsearch (default: ES_HYBRID_ES_URL)")
    add("--playground", action="store_true", help="open pages to search it in a browser")
    add("--quiet", action="store_true", help="no progress and no notes on stderr")
    add("--traceback", action="store_true", help="show where in the code it failed")
    args = parser.parse_args(argv)
    if args.catalog is None and (args.fields or args.queries or args.qrels):
        parser.error("--map, --queries and --qrels go with --catalog")
    if args.qrels and not args.queries:
        parser.error("--qrels needs --queries: grades are of queries")
    return args


def _run(args: argparse.Namespace, out: Output) -> int:
    settings = Settings(es_url=args.es_url) if args.es_url else Settings()
    args.folder.mkdir(parents=True, exist_ok=True)
    showcase = _showcase(args)
    with open_shop(forgetful(settings)) as shop:
        found = _surveyed(showcase, out)
        prepared = prepare_index(shop, showcase, out, folder=args.folder, records=found.records)
        _say_prepared(prepared, showcase, args, out)
        if args.playground:
            showcase = with_sampled_queries(showcase, found.products)
            return _play(shop, showcase, out, folder=args.folder)
        if not showcase.queries:
            showcase = with_sampled_queries(showcase, found.products)
            _say(out, "The queries below are phrases from its titles; --queries takes your own.")
        if showcase.queries:
            _show(shop, showcase, out)
            if args.catalog is None:
                shop_day(shop, showcase, out)
        else:
            _say(
                out, "There are none: no phrase stands in three titles. Bring some with --queries."
            )
    _say_how_to_go_on(showcase, args, out)
    return 3 if prepared.failed else 0


def _play(shop: HybridClient, showcase: Showcase, out: Output, *, folder: Path) -> int:
    """Serve the playground until it is stopped."""
    playground = open_playground(shop, showcase.alias)
    judging = open_judging(shop, showcase, playground, folder=folder) if showcase.queries else None
    app = create_app(playground, judging=judging)

    def ready(address: str) -> None:
        out.line(f"playground at {address} (Ctrl-C ends it)")

    serve(app, host="127.0.0.1", port=0, ready=ready)
    return 0


def _showcase(args: argparse.Namespace) -> Showcase:
    if args.catalog is None:
        return demo_showcase(args.folder, alias=args.alias or _ALIAS)
    return shop_showcase(
        args.catalog,
        alias=args.alias or f"{_ALIAS}-catalog",
        fields=args.fields,
        id_field=args.id_field,
        queries=args.queries,
        qrels=args.qrels,
    )


def _surveyed(showcase: Showcase, out: Output) -> Survey:
    fields = FieldMap.parse(showcase.fields, id_field=showcase.id_field)
    with out.progress(f"reading {showcase.file.name}") as progress:
        return survey(showcase.file, fields, done=progress.done)


def _show(shop: HybridClient, showcase: Showcase, out: Output) -> None:
    boosts = choose_boosts(index_numbers(shop, showcase.alias))
    recipes = list(RECIPES.values())
    if boosts:
        recipes.append(Recipe("boosted", {"boosts": boosts}))
        clamp = f"{shop.settings.search.boost_min:g} to {shop.settings.search.boost_max:g}"
        out.line(f"\nBusiness boosts multiply relevance; together they stay within {clamp}:")
        out.table(["field", "what it does"], boost_rows(boosts))
    out.line("\nOn the left BM25 alone, on the right all stages. * is not among BM25's first five.")
    if showcase.judgments:
        out.line("[3] is judged to be just what was asked for, [0] not relevant.")
    compare(shop, showcase, out, before=RECIPES["lexical"], after=recipes[-1])
    runs = measure(shop, showcase, out, recipes=recipes)
    out.line()
    for explanation in _RECIPES:
        _say(out, explanation)
    print_figures(runs, showcase, out)
    for note in (*_lacks(runs, showcase), *showcase.notes):
        _say(out, note, lead="- ")


def _say(out: Output, text: str, *, lead: str = "") -> None:
    """Print a sentence, broken between words where the terminal is narrow."""
    first, *more = wrapped(text, width=terminal_width() - len(lead))
    out.line(lead + first)
    for line in more:
        out.line(" " * len(lead) + line)


def _lacks(runs: Sequence[Run], showcase: Showcase) -> list[str]:
    """Say what searches went without, by language and not by search."""
    groups = {query.id: showcase.group_of(query) for query in showcase.queries}
    lacks: dict[tuple[str, str], set[str]] = {}
    for run in runs:
        for answer in run.answers:
            for lack in answer.degraded:
                place = (
                    groups[answer.query_id],
                    f"without {lack.stage}: {lack.detail or lack.reason}",
                )
                lacks.setdefault(place, set()).add(answer.query_id)
    return [f"{group}: {len(ids)} of the queries {what}." for (group, what), ids in lacks.items()]


def _say_prepared(
    prepared: Prepared, showcase: Showcase, args: argparse.Namespace, out: Output
) -> None:
    if prepared.report is None:
        out.line(f"{showcase.alias}: as it was, nothing has changed ({prepared.name})")
    else:
        out.line(f"{showcase.alias}: {prepared.report}")
        for warning in prepared.report.warnings:
            out.note(warning)
        for failure in prepared.report.failures[:_FAILURES_SHOWN]:
            place = f"line {failure.line}, " if failure.line else ""
            out.problem(f"{place}id {failure.id}: {failure.reason}")
    if prepared.failed:
        letters = args.folder / f"{showcase.alias}.failed.ndjson"
        out.problem(f"{prepared.failed:,} records are not in the index; they are in {letters}")


def _say_how_to_go_on(showcase: Showcase, args: argparse.Namespace, out: Output) -> None:
    command = os.path.relpath(Path(sys.executable).with_name("es-hybrid"))
    asked = showcase.shown_queries() or showcase.queries
    words = shlex.quote(asked[0].text) if asked else "WORDS"
    out.line(
        f"""
To go on by hand; after `make up` everything keeps running, and the index stays:
  make up && {_make_demo(args)}
  . .dev/env
  {command} search {showcase.alias} {words} --explain
  {command} search {showcase.alias} {words} --plan
  make down"""
    )


def _make_demo(args: argparse.Namespace) -> str:
    given = {
        "CATALOG": args.catalog,
        "MAP": args.fields,
        "ID": args.id_field if args.id_field != "id" else None,
        "QUERIES": args.queries,
        "QRELS": args.qrels,
    }
    words = [f"{name}={shlex.quote(str(value))}" for name, value in given.items() if value]
    return " ".join(["make demo", *words])
