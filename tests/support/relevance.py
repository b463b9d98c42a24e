"""Order tests in a few words: store products, ask, compare the order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_hybrid import HybridClient
from tests.support.shops import shop_mapping

FIELDS = ("title^3", "brand.text^2", "description")


@dataclass(frozen=True)
class Shelf:
    """Products of one test, and a shop to search them with."""

    shop: HybridClient
    index: str

    def titles(self, words: str, **options: Any) -> list[str]:
        """Return the titles found for a shopper's words, best first."""
        response = self.shop.search(
            index=self.index,
            query={"multi_match": {"query": words, "type": "cross_fields", "fields": list(FIELDS)}},
            size=50,
            ext={"hybrid": options},
        )
        return [hit.source["title"] for hit in response.hits]

    def assert_order(self, words: str, expected: Sequence[str], **options: Any) -> None:
        """Hold that the page is exactly these titles in this order."""
        assert self.titles(words, **options) == list(expected)

    def assert_first(self, words: str, expected: str, **options: Any) -> None:
        """Hold that this title stands first."""
        assert self.titles(words, **options)[:1] == [expected]


def store(
    make_index: Callable[..., str], shop: HybridClient, products: Sequence[str | Mapping[str, Any]]
) -> Shelf:
    """Store products, each a title or its fields, and return the shelf they stand on."""
    full = [{"title": p} if isinstance(p, str) else dict(p) for p in products]
    documents = [
        {"id": f"p{number}", "description": "", **product} for number, product in enumerate(full)
    ]
    return Shelf(shop, make_index(documents, mapping=shop_mapping()))
