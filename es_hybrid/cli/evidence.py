"""Ask again the queries that changed most, with explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import elasticsearch

from es_hybrid import HybridClient
from es_hybrid.evaluate import (
    Comparison,
    Detail,
    JudgedQuery,
    JudgedSet,
    QueryEvidence,
    Recipe,
    Run,
    gather,
    most_changed,
)

__all__ = ["Explainer", "brands_of", "collect"]

_TOP = 10
_MOST_BRANDS = 10_000


class Explainer:
    """Tells the title of each product of a page, and why it stands there; each page is asked once.

    Args:
        shop: An open client.
        index: Index or alias.
        recipes: Those that can be asked; a run that was read from a file cannot.
        vectors: Query vectors by query id, where they were made beforehand.
        title: The field of the title.
    """

    def __init__(
        self,
        shop: HybridClient,
        index: str,
        *,
        recipes: Sequence[Recipe],
        vectors: Mapping[str, Sequence[float]],
        title: str,
    ) -> None:
        self._shop = shop
        self._index = index
        self._recipes = {recipe.name: recipe for recipe in recipes}
        self._vectors = vectors
        self._title = title
        self._known: dict[tuple[str, str], Mapping[tuple[str, str], Detail]] = {}

    def details(self, query: JudgedQuery, recipes: Sequence[str]) -> dict[tuple[str, str], Detail]:
        """Return what is told of a query's products, by recipe and product."""
        found: dict[tuple[str, str], Detail] = {}
        for name in recipes:
            if name in self._recipes:
                key = (name, query.id)
                if key not in self._known:
                    self._known[key] = self._ask(self._recipes[name], query)
                found |= self._known[key]
        return found

    def _ask(self, recipe: Recipe, query: JudgedQuery) -> dict[tuple[str, str], Detail]:
        section = recipe.section(query.text, vector=self._vectors.get(query.id))
        section["hybrid"]["explain"] = True
        answer = self._shop.search(
            index=self._index, size=_TOP, source_includes=[self._title], ext=section
        )
        found = {}
        for hit in answer["hits"]["hits"]:
            parts = answer.hybrid.parts.get((hit["_index"], hit["_id"]))
            title = str((hit.get("_source") or {}).get(self._title) or "")
            found[recipe.name, hit["_id"]] = Detail(title, parts.why if parts else "")
        return found


def collect(
    comparisons: Sequence[Comparison],
    *,
    runs: Sequence[Run],
    judged: JudgedSet,
    relevant_from: int,
    each: int,
    explainer: Explainer | None,
) -> dict[str, list[QueryEvidence]]:
    """Return, by recipe, the worst losers and the best winners as shoppers saw them.

    Args:
        comparisons: With the baseline.
        runs: All runs of the report.
        judged: Their queries and grades.
        relevant_from: The lowest relevant grade.
        each: Losers, and winners, of each recipe.
        explainer: Asks again; `None` shows ids and grades only.
    """
    by_name = {run.recipe: run for run in runs}
    words = {query.id: query for query in judged.queries}

    def shown(comparison: Comparison) -> Iterator[QueryEvidence]:
        names = (comparison.baseline, comparison.recipe)
        for change in most_changed(comparison, each=each):
            query = words[change.query_id]
            yield gather(
                change,
                query=query,
                judgments=judged.judgments,
                before=by_name[comparison.baseline],
                after=by_name[comparison.recipe],
                details=explainer.details(query, names) if explainer else None,
                top=_TOP,
                relevant_from=relevant_from,
            )

    return {comparison.recipe: list(shown(comparison)) for comparison in comparisons}


def brands_of(shop: HybridClient, index: str, field: str) -> frozenset[str]:
    """Return the brands of an index, folded; none where the field cannot be counted."""
    wanted: dict[str, Any] = {"brands": {"terms": {"field": field, "size": _MOST_BRANDS}}}
    try:
        answer = shop.es.search(index=index, size=0, aggs=wanted)
    except elasticsearch.ApiError:
        return frozenset()
    buckets = answer["aggregations"]["brands"]["buckets"]
    return frozenset(str(bucket["key"]).casefold() for bucket in buckets)
