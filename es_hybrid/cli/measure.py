"""Ask every judged query of a recipe, and time it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle, islice
from time import perf_counter
from typing import Any

from es_hybrid import HybridClient
from es_hybrid.cli.output import Output
from es_hybrid.evaluate import Answer, JudgedQuery, Recipe, Run
from es_hybrid.settings import CacheSettings, Settings

__all__ = ["DEPTH", "PAGE", "forgetful", "measure", "measure_each"]

DEPTH = 100
"""Products of a ranking: as deep as recall@100 looks."""

PAGE = 10
"""Products of the search that is timed: a shopper's page, with its documents."""


def forgetful(settings: Settings) -> Settings:
    """Return settings that remember nothing: each recipe pays for its own models.

    Example:
        >>> forgetful(Settings()).cache.vector_bytes
        0
    """
    nothing = CacheSettings(vector_bytes=0, score_bytes=0, results_ttl_s=0.0)
    return settings.model_copy(update={"cache": nothing})


def measure(
    shop: HybridClient,
    index: str,
    *,
    recipe: Recipe,
    queries: Sequence[JudgedQuery],
    vectors: Mapping[str, Sequence[float]],
    warmup: int,
    done: Callable[[int], None],
    depth: int = DEPTH,
) -> Run:
    """Search each query twice: a page, timed, and the ids as deep as the measures look.

    Args:
        shop: An open client.
        index: Index or alias.
        recipe: How to search.
        queries: What to ask.
        vectors: Query vectors by query id, where they were made beforehand.
        warmup: Searches before the first one that is timed.
        done: Is told how many queries are done.
        depth: Products of a ranking.

    Returns:
        One answer per query.
    """
    for query in islice(cycle(queries), warmup):
        _page(shop, index, recipe.section(query.text, vector=vectors.get(query.id)))
    answers = []
    for query in queries:
        section = recipe.section(query.text, vector=vectors.get(query.id))
        answers.append(_answer(shop, index, query.id, section, depth))
        done(len(answers))
    return Run(recipe.name, tuple(answers))


def measure_each(
    shop: HybridClient,
    index: str,
    out: Output,
    *,
    task: str,
    recipes: Iterable[Recipe],
    queries: Sequence[JudgedQuery],
    vectors: Mapping[str, Sequence[float]],
    warmup: int,
    depth: int,
) -> list[Run]:
    """Measure one recipe after the other, each with its progress; otherwise as `measure`.

    Args:
        shop: An open client.
        index: Index or alias.
        out: Where progress goes.
        task: What is done, for the progress.
        recipes: How to search.
        queries: What to ask.
        vectors: Query vectors by query id, where they were made beforehand.
        warmup: Searches of each recipe before the first one that is timed.
        depth: Products of a ranking.
    """
    runs = []
    for recipe in recipes:
        with out.progress(f"{task} {recipe.name}", total=len(queries)) as progress:
            found = measure(
                shop,
                index,
                recipe=recipe,
                queries=queries,
                vectors=vectors,
                warmup=warmup,
                depth=depth,
                done=progress.done,
            )
        runs.append(found)
    return runs


def _answer(
    shop: HybridClient, index: str, query_id: str, section: dict[str, Any], depth: int
) -> Answer:
    start_s = perf_counter()
    page = _page(shop, index, section)
    took_ms = (perf_counter() - start_s) * 1000
    deep = shop.search(index=index, size=depth, source=False, ext=section)
    return Answer(
        query_id=query_id,
        ranking=tuple(hit["_id"] for hit in deep["hits"]["hits"]),
        scores=tuple(hit["_score"] or 0.0 for hit in deep["hits"]["hits"]),
        took_ms=took_ms,
        stages_ms=dict(page.hybrid.timings_ms),
        degraded=(*page.hybrid.degraded, *deep.hybrid.degraded),
    )


def _page(shop: HybridClient, index: str, section: dict[str, Any]) -> Any:
    return shop.search(index=index, size=PAGE, ext=section)
