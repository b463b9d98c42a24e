"""Evaluate recipes on queries whose products were graded, and say which differences are real.

QRELS is CSV (query_id,product_id,grade), TREC qrels, or Quepid's export of a case. QUERIES has the
columns query_id,query and, for slices, others such as language and type; Quepid's export needs none.
Recipes are compared with a baseline by paired tests. --html writes a report for people, --json one
for machines; --fail-below is a gate for CI, and exits with 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from es_hybrid.cli.comparison import print_comparisons, print_report
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.evaluate_arguments import add_arguments
from es_hybrid.cli.evidence import Explainer, brands_of, collect
from es_hybrid.cli.files import write_whole
from es_hybrid.cli.judged import read_vectors
from es_hybrid.cli.measure import PAGE, forgetful, measure_each
from es_hybrid.cli.output import Output
from es_hybrid.evaluate import (
    RECIPES,
    Comparison,
    EvaluationReport,
    JudgedQuery,
    JudgedSet,
    JudgmentError,
    Measure,
    QueryEvidence,
    Run,
    Shortfall,
    compare,
    judge,
    judged_queries,
    read_judged_set,
    read_run,
    render_html,
    run_lines,
    select_recipes,
    with_kinds,
)

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "evaluate products --qrels qrels.csv --queries queries.csv --html report.html"
INTERRUPTED = "nothing was changed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one evaluation found."""

    queries: Sequence[JudgedQuery]
    runs: Sequence[Run]
    report: EvaluationReport
    comparisons: Sequence[Comparison]
    evidence: Mapping[str, Sequence[QueryEvidence]]
    shortfalls: Sequence[Shortfall]


def run(args: argparse.Namespace) -> int:
    """Search every judged query with every recipe, and say how they compare."""
    out = Output.of(args)
    recipes = () if args.no_search else select_recipes(args.recipe)
    found = read_judged_set(args.qrels, queries=args.queries)
    counted = judged_queries(found.queries, found.judgments, relevant_from=args.relevant_from)
    brought = [read_run(file).filled(query.id for query in counted) for file in args.run_files]
    _check_names(args, [*(run.recipe for run in brought), *(recipe.name for recipe in recipes)])
    if not recipes:
        outcome = _judged(args, found, brought)
    else:
        vectors = read_vectors(args.query_vectors, counted)
        with open_shop(forgetful(load_settings(args))) as shop:
            asked = measure_each(
                shop,
                args.index,
                out,
                task="evaluate",
                recipes=recipes,
                queries=counted,
                vectors=vectors,
                warmup=args.warmup,
                depth=max(PAGE, *(wanted.depth for wanted in _measures(args))),
            )
            explainer = Explainer(
                shop, args.index, recipes=recipes, vectors=vectors, title=args.title_field
            )
            outcome = _judged(
                args,
                found,
                [*brought, *asked],
                brands=brands_of(shop, args.index, args.brand_field),
                explainer=explainer if args.json or args.html else None,
            )
    _write(args, outcome)
    _print(args, outcome, out)
    if outcome.shortfalls:
        return 1
    return 3 if any(result.faults for result in outcome.report.results) else 0


def _check_names(args: argparse.Namespace, known: Sequence[str]) -> None:
    """Refuse a name that is not there, or is there twice, before a search is made in vain."""
    if not known:
        raise JudgmentError("there is no run to judge", hint="name one with --run")
    if len(set(known)) < len(known):
        raise JudgmentError(f"two runs have one name: {', '.join(known)}", hint="rename one")
    floors = [floor.recipe for floor in args.fail_below]
    for name in (args.baseline, *floors):
        if name is not None and name not in known:
            raise JudgmentError(f"no recipe {name!r} is compared", hint=f"of {', '.join(known)}")


def _judged(
    args: argparse.Namespace,
    found: JudgedSet,
    runs: Sequence[Run],
    *,
    brands: frozenset[str] = frozenset(),
    explainer: Explainer | None = None,
) -> Outcome:
    queries = with_kinds(found.queries, brands=brands)
    report = judge(
        runs,
        queries=queries,
        judgments=found.judgments,
        measures=_measures(args),
        relevant_from=args.relevant_from,
        slice_by=args.slice_by,
    )
    comparisons = compare(report, baseline=args.baseline, seed=args.seed)
    evidence = collect(
        comparisons,
        runs=runs,
        judged=replace(found, queries=queries),
        relevant_from=report.relevant_from,
        each=args.worst,
        explainer=explainer,
    )
    lacks = [floor.shortfall(report) for floor in args.fail_below]
    return Outcome(
        queries, runs, report, comparisons, evidence, [lack for lack in lacks if lack is not None]
    )


def _measures(args: argparse.Namespace) -> tuple[Measure, ...]:
    """Return what is computed: what was asked for, and what a floor stands under."""
    return tuple(dict.fromkeys((*args.measure, *(floor.measure for floor in args.fail_below))))


def _write(args: argparse.Namespace, outcome: Outcome) -> None:
    if args.save_runs:
        folder = Path(args.save_runs)
        folder.mkdir(parents=True, exist_ok=True)
        # A run that was brought is a file already, and its name is a stranger's.
        for one in [run for run in outcome.runs if run.recipe in RECIPES]:
            file = folder / f"{one.recipe}.ndjson"
            write_whole(file, "".join(run_lines(one)))
    if args.html:
        page = render_html(
            outcome.report,
            comparisons=outcome.comparisons,
            evidence=outcome.evidence,
            queries=outcome.queries,
            shortfalls=outcome.shortfalls,
            title=f"How searches of {args.index} compare",
            facts=(
                f"{len(outcome.report.query_ids)} judged queries",
                f"judgments of {Path(args.qrels).name}",
                f"seed {args.seed}",
            ),
        )
        write_whole(args.html, page)


def _print(args: argparse.Namespace, outcome: Outcome, out: Output) -> None:
    if out.json:
        out.document(_document(args, outcome))
    else:
        print_report(outcome.report, out, per_query=args.per_query)
        print_comparisons(outcome.comparisons, outcome.queries, out, each=args.worst)
    for lack in outcome.shortfalls:
        out.problem(f"gate: {lack}")


def _document(args: argparse.Namespace, outcome: Outcome) -> dict[str, object]:
    comparisons = [
        {
            **comparison.to_dict(),
            "changed_most": [one.to_dict() for one in outcome.evidence[comparison.recipe]],
        }
        for comparison in outcome.comparisons
    ]
    return {
        "index": args.index,
        **outcome.report.to_dict(per_query=args.per_query),
        "comparisons": comparisons,
        "below_floor": [str(lack) for lack in outcome.shortfalls],
    }
