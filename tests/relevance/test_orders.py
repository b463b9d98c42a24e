"""Orders that any shop expects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from es_hybrid import FieldBoost, HybridClient, NumericBoost, RecencyBoost
from es_hybrid.testing import ScriptedReranker
from tests.support.relevance import Shelf, store
from tests.support.waiting import patient

pytestmark = pytest.mark.es

Store = Callable[..., Shelf]


@pytest.fixture
def shelf(make_index: Callable[..., str], open_shop: Callable[..., HybridClient]) -> Store:
    """Store products and open a shop: `shelf("apple", "pear", boosts=[…])`."""

    def make(*products: Any, **options: Any) -> Shelf:
        return store(make_index, open_shop(**options), products)

    return make


def test_an_exact_title_comes_first(shelf: Store) -> None:
    """The product that is called what was asked for stands above longer names."""
    tomatoes = shelf("cherry tomato plant food", "tomato soup", "tomato", "tomato ketchup bottle")
    tomatoes.assert_first("tomato", "tomato")
    tomatoes.assert_first("tomato soup", "tomato soup")


def test_all_words_before_some(shelf: Store) -> None:
    """More of the words is better than one of them often."""
    shelf("red red red red", "red shoe", "blue shoe").assert_order(
        "red shoe", ["red shoe", "red red red red", "blue shoe"]
    )


def test_sales_decide_among_equals(shelf: Store) -> None:
    """Of equal products the one that sells stands first."""
    products = [
        {"title": "usb cable", "brand": brand, "sales": sales}
        for brand, sales in (("few", 1), ("most", 900), ("none", 0), ("many", 100))
    ]
    made = shelf(*products, boosts=[NumericBoost("sales", scale=1000, by=1.5)])
    response = made.shop.search(index=made.index, query={"match": {"title": "usb cable"}})
    assert [hit.source["brand"] for hit in response.hits] == ["most", "many", "few", "none"]


def test_sales_do_not_beat_relevance(shelf: Store) -> None:
    """A bestseller that hardly matches stays below what was asked for."""
    products = [
        {"title": "usb cable", "sales": 0},
        {"title": "cable car ticket", "sales": 1_000_000},
        {"title": "garden gnome", "sales": 1_000_000},
    ]
    boosts = [NumericBoost("sales", scale=1000, by=2.0)]
    shelf(*products, boosts=boosts).assert_order(
        "usb cable", ["usb cable", "cable car ticket", "garden gnome"]
    )


def test_stock_and_age_tilt(shelf: Store) -> None:
    """What is sold out sinks, what is new rises, among equals."""
    products = [
        {"title": "desk lamp", "colour": "old", "created": "2020-01-01", "in_stock": True},
        {"title": "desk lamp", "colour": "gone", "created": "2020-01-01", "in_stock": False},
        {"title": "desk lamp", "colour": "new", "created": "2999-01-01", "in_stock": True},
    ]
    boosts = [FieldBoost("in_stock", equals=False, by=0.5), RecencyBoost("created", by=1.3)]
    made = shelf(*products, boosts=boosts)
    response = made.shop.search(index=made.index, query={"match": {"title": "desk lamp"}})
    assert [hit.source["colour"] for hit in response.hits] == ["new", "old", "gone"]


def test_a_misspelt_word_is_found_by_the_rest(shelf: Store) -> None:
    """Words that no product has do not empty the page, nor change what the others find."""
    made = shelf("noise cancelling headphones", "camping stove", "walking boot")
    made.assert_first("noize cancelling headphones", "noise cancelling headphones")


def test_a_query_in_another_language(shelf: Store) -> None:
    """Chinese words find Chinese titles among English ones, whole words before shared characters."""
    made = shelf("轻薄透气夏季连衣裙", "商务休闲连衣裤", "summer dress", "真无线降噪耳机")
    made.assert_first("夏季连衣裙", "轻薄透气夏季连衣裙")
    made.assert_first("降噪耳机", "真无线降噪耳机")
    made.assert_first("dress", "summer dress")


def test_nothing_is_found_for_nonsense(shelf: Store) -> None:
    """With a floor, a query that nothing is like says so."""
    settings = patient(search={"min_similarity": 0.6})
    shelf("desk lamp", "usb cable", settings=settings).assert_order("qwertz", [])


def test_the_reranker_has_its_say(shelf: Store) -> None:
    """Among what was found the reranker's favourite rises, and what was not asked of it does not."""
    reranker = ScriptedReranker(lambda query, text: float("waterproof" in text))
    made = shelf(
        {"title": "walking boot", "description": "canvas"},
        {"title": "walking boot", "description": "waterproof leather"},
        {"title": "garden chair", "description": "waterproof"},
        reranker=reranker,
    )
    response = made.shop.search(
        index=made.index,
        query={"match": {"title": "walking boot"}},
        ext={"hybrid": {"rerank": {"top": 2}}},
    )
    assert [hit.source["description"] for hit in response.hits] == [
        "waterproof leather",
        "canvas",
        "waterproof",
    ]


def test_a_code_finds_its_product(shelf: Store) -> None:
    """A part number is found exactly, whatever else looks like it."""
    made = shelf(
        {"title": "printer 3920 with 564 cartridges", "sku": "A1"},
        {"title": "ink", "sku": "3920564"},
        {"title": "3920564 compatible paper", "sku": "B2"},
    )
    made.assert_first("3920564", "ink")
