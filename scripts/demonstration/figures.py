"""Quality and latency of each recipe, over all queries; languages apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from statistics import fmean

from es_hybrid import HybridClient
from es_hybrid.cli.output import Output
from es_hybrid.evaluate import Answer, JudgedQuery, Recipe, Run, judged_queries, ndcg, percentile
from es_hybrid.types import Stage
from scripts.demonstration.comparison import ask
from scripts.demonstration.showcase import Showcase

__all__ = ["figure_rows", "measure", "print_figures"]

_WARM_UP = 10
_STAGES = (Stage.EMBED, Stage.RETRIEVE, Stage.RERANK, Stage.FETCH)


def measure(
    shop: HybridClient, showcase: Showcase, out: Output, *, recipes: Sequence[Recipe]
) -> list[Run]:
    """Ask every query that counts with every recipe, one page each, after a few untimed searches."""
    queries = _counted(showcase)
    for query, recipe in islice(zip(cycle(queries), cycle(recipes), strict=False), _WARM_UP):
        ask(shop, showcase, query, recipe, explain=False)
    runs: list[Run] = []
    with out.progress("measuring", total=len(queries) * len(recipes)) as progress:
        for recipe in recipes:
            answers: list[Answer] = []
            for query in queries:
                answers.append(_answer(shop, showcase, query, recipe))
                progress.done(len(runs) * len(queries) + len(answers))
            runs.append(Run(recipe.name, tuple(answers)))
    return runs


def print_figures(runs: Sequence[Run], showcase: Showcase, out: Output) -> None:
    """Print one table: a row a recipe, a block a language."""
    quality = ["NDCG@10"] if showcase.judgments else []
    stages = [str(stage) for stage in _STAGES]
    out.table(["queries", "recipe", *quality, *stages, "total"], figure_rows(runs, showcase))
    left_out = len(showcase.queries) - len(_counted(showcase))
    if left_out:
        out.line(f"{left_out} queries without a relevant product are left out.")


def figure_rows(runs: Sequence[Run], showcase: Showcase) -> list[list[object]]:
    """Return the rows of the table: group, recipe, NDCG@10 where judged, p50 ms a stage, in all.

    Args:
        runs: One a recipe, with an answer to each query.
        showcase: The queries and their judgments.
    """
    groups: dict[str, list[JudgedQuery]] = {}
    for query in _counted(showcase):
        groups.setdefault(showcase.group_of(query), []).append(query)
    rows: list[list[object]] = []
    for group, queries in groups.items():
        for number, run in enumerate(runs):
            answers = {answer.query_id: answer for answer in run.answers}
            label = "" if number else f"{group}, {len(queries)}"
            found = [answers[query.id] for query in queries]
            rows.append([label, run.recipe, *_quality(found, showcase), *_latencies(found)])
    return rows


def _counted(showcase: Showcase) -> tuple[JudgedQuery, ...]:
    """Return the queries with a relevant product; all of them, where nobody judged."""
    if not showcase.judgments:
        return showcase.queries
    return judged_queries(showcase.queries, showcase.judgments)


def _answer(shop: HybridClient, showcase: Showcase, query: JudgedQuery, recipe: Recipe) -> Answer:
    response, took_ms = ask(shop, showcase, query, recipe, explain=False)
    return Answer(
        query_id=query.id,
        ranking=tuple(hit.id for hit in response.hits),
        took_ms=took_ms,
        stages_ms={str(stage): ms for stage, ms in response.hybrid.timings_ms.items()},
        degraded=response.hybrid.degraded,
    )


def _quality(answers: Sequence[Answer], showcase: Showcase) -> list[str]:
    if not showcase.judgments:
        return []
    grades = showcase.judgments
    return [f"{fmean(ndcg(answer.ranking, grades[answer.query_id]) for answer in answers):.3f}"]


def _latencies(answers: Sequence[Answer]) -> list[str]:
    spent: Mapping[str, list[float]] = {
        str(stage): [a.stages_ms[stage] for a in answers if stage in a.stages_ms]
        for stage in _STAGES
    }
    medians = [f"{percentile(values, 50):.1f}" if values else "-" for values in spent.values()]
    return [*medians, f"{percentile([answer.took_ms for answer in answers], 50):.1f}"]
