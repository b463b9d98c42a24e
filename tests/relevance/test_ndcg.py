"""A floor under the quality on the small shop: what lowers it is a regression.

The hash embedder knows no meaning, so that fusing it in costs a little here; the floors are the
figures measured with it, rounded down.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from es_hybrid import HybridClient
from es_hybrid.evaluate import ndcg
from tests.support.fusions import query_vector
from tests.support.shops import shop_products

pytestmark = pytest.mark.es

GOALS: dict[str, dict[str, str]] = {
    "shoes for muddy hills": {"title": "trail running shoe"},
    "running shoe with cushions for asphalt": {"title": "road running shoe"},
    "warm bag cold nights": {"title": "down sleeping bag"},
    "gas burner": {"title": "camping stove"},
    "red Norvik tent": {"title": "two person tent", "brand": "Norvik", "colour": "red"},
    "quiet listening plane": {"title": "noise cancelling headphones"},
    "music without cables": {"title": "wireless earphones"},
    "Ostara leather boot black": {
        "title": "leather walking boot",
        "brand": "Ostara",
        "colour": "black",
    },
    "keeps ankles dry": {"title": "leather walking boot"},
    "storm proof shelter": {"title": "two person tent"},
}
PRODUCTS = shop_products()


def grades(goal: dict[str, str]) -> dict[str, int]:
    """Grade 3 is all of the goal, 2 the right kind, 0 the rest."""
    return {
        product["id"]: 3 if all(value in str(product[name]) for name, value in goal.items()) else 2
        for product in PRODUCTS
        if goal["title"] in product["title"]
    }


def mean_ndcg(shop: HybridClient, index: str, plan: str) -> float:
    fields = ["title^3", "brand.text^2", "description"]
    total = 0.0
    for words, goal in GOALS.items():
        response = shop.search(
            index=index,
            query={"multi_match": {"query": words, "type": "cross_fields", "fields": fields}},
            ext={"hybrid": {"plan": plan}},
        )
        total += ndcg([hit.id for hit in response.hits], grades(goal), k=10)
    return total / len(GOALS)


@pytest.mark.parametrize(
    ("plan", "floor"), [("msearch_fusion", 0.92), ("single", 0.95), ("lexical_only", 0.97)]
)
def test_the_floor(
    open_shop: Callable[..., HybridClient], products_index: str, plan: str, floor: float
) -> None:
    """NDCG@10 over ten queries with graded products stays above the floor."""
    assert mean_ndcg(open_shop(), products_index, plan) >= floor


@pytest.mark.parametrize("title", sorted({goal["title"] for goal in GOALS.values()}))
def test_meaning_finds_what_words_do_not(
    open_shop: Callable[..., HybridClient], products_index: str, title: str
) -> None:
    """With a vector that knows better, products without a word of the query fill the page."""
    kind = next(product for product in PRODUCTS if title in product["title"])
    vector = query_vector(f"{title} {kind['description']}")
    response = open_shop(embedder=None).search(
        index=products_index,
        query={"match": {"title": "unheard-of word"}},
        size=9,
        ext={"hybrid": {"vector": vector}},
    )
    assert all(title in hit.source["title"] for hit in response.hits)
    assert len(response.hits) == 9
