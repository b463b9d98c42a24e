"""What the recommendations page asks of a shop, and the HTML that comes of it; knows no browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from es_hybrid._sync.client import HybridClient
from es_hybrid.response import HybridResponse
from es_hybrid.types import Recommended
from es_hybrid.ui import markup
from es_hybrid.ui.cards import Card, Panel, Seeds, card_of, panel_of
from es_hybrid.ui.catalogue import Catalogue
from es_hybrid.ui.controls import Controls, Facet, counted_facets, read_facets
from es_hybrid.ui.failures import FAILURES, said
from es_hybrid.ui.wanted import Kind, Wanted, recommend_arguments
from es_hybrid.ui.words import WORDS, Language, Words

__all__ = ["Recommending"]

_FOUND = 5
_SUGGESTED = 6


class Recommending:
    """Finds products to start from and recommends; safe to share among threads.

    Args:
        shop: An open client; the caller closes it.
        index: Index or alias.
        catalogue: What it holds.
    """

    def __init__(self, shop: HybridClient, index: str, catalogue: Catalogue) -> None:
        self._shop = shop
        self._index = index
        self._catalogue = catalogue

    def facets(self) -> list[Facet]:
        """Return what can be filtered by; nothing where that cannot be had."""
        names = self._catalogue.facets
        if not names:
            return []
        try:
            asked = counted_facets(self._catalogue, {})
            answer = self._shop.es.search(index=self._index, size=0, aggs=asked)
        except FAILURES:
            return []
        return read_facets(answer.body, Controls(""), self._catalogue)

    def find(self, text: str, *, language: Language) -> str:
        """Return products whose name, or whose very id, was typed."""
        words = WORDS[language]
        if not text.strip():
            return ""
        try:
            found = self._products(text.split()[:_FOUND])
            answer = self._shop.search(
                index=self._index,
                size=_FOUND,
                source={"includes": self._catalogue.shown},
                ext={"hybrid": {"text": text, "plan": "lexical_only"}},
            )
        except FAILURES as error:
            return markup.message(words.failed.format(said(error)), problem=True)
        cards = {card.id: card for card in found}
        cards |= {hit.id: card_of(hit.id, hit.source, self._catalogue) for hit in answer.hits}
        return markup.found(list(cards.values())[:_FOUND], words.recommend)

    def recommend(self, wanted: Wanted) -> str:
        """Return recommended products below what they start from, or what to do first."""
        words = WORDS[wanted.controls.language]
        try:
            if wanted.starts_from_nothing:
                return self._suggested(wanted, words)
            seeds = self._seeds(wanted.ids) if wanted.kind is not Kind.TRENDING else Seeds()
            response = self._shop.recommend(
                self._index, **recommend_arguments(wanted, self._catalogue)
            )
        except FAILURES as error:
            return markup.message(words.failed.format(said(error)), problem=True)
        return markup.recommended(
            self._panel(response, words),
            words,
            parts=_parts(response, words),
            kind=wanted.kind,
            seeds=seeds,
        )

    def _suggested(self, wanted: Wanted, words: Words) -> str:
        """Return what to do, and products to begin with."""
        some = replace(wanted, kind=Kind.TRENDING, controls=Controls("", size=_SUGGESTED))
        response = self._shop.recommend(self._index, **recommend_arguments(some, self._catalogue))
        cards = [card_of(hit.id, hit.source, self._catalogue) for hit in response.hits]
        return markup.suggested(cards, words.recommend, kind=wanted.kind)

    def _panel(self, response: HybridResponse, words: Words) -> Panel:
        own, info = words.recommend, response.hybrid
        made = info.recommendation.made if info.recommendation else Recommended.ANY
        panel = panel_of(own.made[made], response, self._catalogue, words)
        lacks = [
            own.instead.get(lack.reason) or words.lacks.format(lack.stage, lack.detail or "")
            for lack in info.degraded
        ]
        took = f"{response.body.get('took', 0):,}"
        return replace(
            panel,
            summary=own.summary.format(len(panel.cards), took),
            notes=tuple(dict.fromkeys(lacks)),
        )

    def _seeds(self, ids: Sequence[str]) -> Seeds:
        cards = {card.id: card for card in self._products(ids)}
        return Seeds(
            tuple(cards[id_] for id_ in ids if id_ in cards),
            tuple(id_ for id_ in ids if id_ not in cards),
        )

    def _products(self, ids: Sequence[str]) -> list[Card]:
        answer = self._shop.es.search(
            index=self._index,
            query={"ids": {"values": list(ids)}},
            size=len(ids),
            source_includes=self._catalogue.shown,
        )
        hits = answer["hits"]["hits"]
        return [card_of(hit["_id"], hit.get("_source", {}), self._catalogue) for hit in hits]


def _parts(response: HybridResponse, words: Words) -> dict[str, str]:
    """Return what the bars are called: the words' leg of a recommendation is often no words."""
    info = response.hybrid.recommendation
    name = words.recommend.words_part.get(info.made) if info else None
    return {**words.parts, **({"lexical": name} if name else {})}
