"""The four stages keep es_hybrid's contracts, and do what the shop wants of them."""
# ruff: noqa: S101 - pytest's way to say what must hold

from __future__ import annotations

import asyncio

from shop_plugins.boost import MarginBoost
from shop_plugins.embedder import AsyncShopEmbedder, ShopEmbedder
from shop_plugins.fuser import best_of_both
from shop_plugins.reranker import AsyncBrandWords, BrandWords

from es_hybrid.testing import (
    check_async_embedder,
    check_async_reranker,
    check_boost,
    check_embedder,
    check_fuser,
    check_reranker,
)
from es_hybrid.types import BoostContext, FusionOptions, Hit, TextKind


def test_contracts_of_the_sync_flavour() -> None:
    """All four can be given to `HybridClient`."""
    check_embedder(ShopEmbedder())
    check_reranker(BrandWords(["Acme"]))
    check_boost(MarginBoost(), hits=[Hit("products", "1", fields={"margin_percent": [32.5]})])
    check_fuser(best_of_both)


def test_contracts_of_the_async_flavour() -> None:
    """The two that are awaited can be given to `AsyncHybridClient`."""
    asyncio.run(check_async_embedder(AsyncShopEmbedder()))
    asyncio.run(check_async_reranker(AsyncBrandWords(["Acme"])))


def test_the_brand_that_was_asked_for_comes_first() -> None:
    """A product of the brand beats one with as many of the words, in either language."""
    reranker = BrandWords(["Sony", "小米"])
    texts = ["Sonya red headphones", "Sony blue headphones", "华为 耳机", "小米 耳机"]
    english = reranker.rerank("red Sony headphones", texts[:2], instruction=None, timeout_s=1.0)
    chinese = reranker.rerank("小米耳机", texts[2:], instruction=None, timeout_s=1.0)
    assert english[1] > english[0]
    assert chinese[1] > chinese[0]


def test_the_shops_synonyms_are_one_word() -> None:
    """The shop's own function decides what is alike."""
    rows = ShopEmbedder().embed(["red couch", "red sofa"], kind=TextKind.DOCUMENT, timeout_s=1.0)
    assert rows[0] @ rows[1] > 0.99


def test_a_margin_tilts_and_a_missing_one_does_not() -> None:
    """The factor grows up to its limit, and products without the field keep their place."""
    hits = [Hit("p", "1", fields={"margin_percent": [m]}) for m in (10, 50, 90)]
    low, full, more = (MarginBoost().factor(hit, BoostContext(now_s=0)) for hit in hits)
    assert 1.0 < low < full == more
    assert MarginBoost().factor(Hit("p", "2"), BoostContext(now_s=0)) == 1.0


def test_one_good_leg_is_enough() -> None:
    """The best product of either leg gets the full score."""
    hits = [Hit("p", "a", lexical_score=8.0), Hit("p", "b", semantic_score=0.9)]
    assert best_of_both(hits, FusionOptions()).tolist() == [1.0, 1.0]
