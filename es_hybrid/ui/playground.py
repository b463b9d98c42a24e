"""What the pages ask of a shop, and the HTML that comes of it; knows no browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from es_hybrid._sync.client import HybridClient
from es_hybrid.errors import HybridError
from es_hybrid.instructions import rerank_instruction
from es_hybrid.ui import markup
from es_hybrid.ui.boosts import index_numbers
from es_hybrid.ui.candidates import MOST, candidates_in, ranked
from es_hybrid.ui.cards import Panel, panel_of
from es_hybrid.ui.catalogue import Catalogue, facet_candidates, fields_of, read_catalogue
from es_hybrid.ui.controls import Column, Controls, Facet, read_facets, search_arguments
from es_hybrid.ui.failures import FAILURES, said
from es_hybrid.ui.recommending import Recommending
from es_hybrid.ui.sheet import Sheet, sheet_fields, sheet_of
from es_hybrid.ui.words import WORDS, Language

if TYPE_CHECKING:
    from es_hybrid.response import HybridResponse

__all__ = ["Playground", "open_playground"]


class Playground:
    """Searches and reranks for the pages; safe to share among threads.

    Args:
        shop: An open client; the caller closes it.
        index: Index or alias.
        catalogue: What it holds.
    """

    def __init__(self, shop: HybridClient, index: str, catalogue: Catalogue) -> None:
        self.index = index
        self.catalogue = catalogue
        self.recommending = Recommending(shop, index, catalogue)
        self._shop = shop

    @property
    def reranks(self) -> bool:
        """Whether there is a reranker."""
        return self._shop.reranker is not None

    def search(self, controls: Controls) -> tuple[str, list[Facet]]:
        """Run the chosen recipes; return them side by side, and the facets.

        A recipe that fails says so in its own column.
        """
        words = WORDS[controls.language]
        if not controls.text.strip():
            return markup.message(words.start), []
        found: list[Panel] = []
        facets: list[Facet] = []
        before: list[str] | None = None
        for column in controls.columns:
            try:
                response = self._searched(controls, column, count_facets=not facets)
            except FAILURES as error:
                found.append(
                    Panel(words.recipes[column], notes=(words.failed.format(said(error)),))
                )
                continue
            facets = facets or read_facets(response.body, controls, self.catalogue)
            found.append(
                panel_of(words.recipes[column], response, self.catalogue, words, before=before)
            )
            if column is Column.LEXICAL:
                before = [hit.id for hit in response.hits]
        return markup.panels(found, words), facets

    def rerank(self, text: str, pasted: str, *, task: str, language: Language) -> str:
        """Rank pasted lines against a query; return them in their new order."""
        words = WORDS[language]
        reranker = self._shop.reranker
        candidates = candidates_in(pasted)
        if reranker is None:
            return markup.message(words.no_reranker, problem=True)
        if not text.strip() or not candidates:
            return markup.message(words.rerank_start)
        texts = candidates[:MOST]
        try:
            scores: Sequence[float] = reranker.rerank(
                text,
                texts,
                instruction=rerank_instruction(task.strip() or None),
                timeout_s=max(_PATIENCE_S, self._shop.settings.rerank.timeout_s),
            )
        except HybridError as error:
            return markup.message(words.failed.format(said(error)), problem=True)
        notes = [words.too_many.format(MOST)] if len(candidates) > MOST else []
        return markup.ranking(ranked(texts, scores), words, notes=notes)

    def sheet(self, product_id: str) -> Sheet | None:
        """Return a product as a judge reads it; `None` where it cannot be had."""
        try:
            answer = self._shop.es.search(
                index=self.index,
                query={"ids": {"values": [product_id]}},
                size=1,
                source_includes=sheet_fields(self.catalogue),
            )
        except FAILURES:
            return None
        hits = answer["hits"]["hits"]
        return sheet_of(product_id, hits[0]["_source"], self.catalogue) if hits else None

    def _searched(
        self, controls: Controls, column: Column, *, count_facets: bool
    ) -> HybridResponse:
        asked = search_arguments(controls, self.catalogue, column, count_facets=count_facets)
        return self._shop.search(index=self.index, **asked)


_PATIENCE_S = 30.0
"""Somebody who pasted a list waits for it, unlike a shopper."""


def open_playground(shop: HybridClient, index: str, *, facets: Sequence[str] = ()) -> Playground:
    """Look at an index and return its playground.

    Args:
        shop: An open client; the caller closes it.
        index: Index or alias.
        facets: Fields to filter by; by default keyword fields with a few values.

    Raises:
        ApiError: Elasticsearch's own, such as for an index that is not there.

    Example:
        `open_playground(shop, "products").catalogue.facets`
    """
    schema = shop.capabilities(index).schema
    answer = shop.es.indices.get_mapping(index=index)
    fields = fields_of(next((found["mappings"] for found in answer.body.values()), {}))
    asked = {
        name: {"cardinality": {"field": name, "precision_threshold": 100}}
        for name in facet_candidates(fields)
    }
    counted = shop.es.search(index=index, size=0, aggs=asked)["aggregations"] if asked else {}
    values = {name: int(found["value"]) for name, found in counted.items()}
    numbers = index_numbers(shop, index)
    catalogue = read_catalogue(fields, schema=schema, values=values, numbers=numbers, facets=facets)
    return Playground(shop, index, catalogue)
