"""The embedded text holds what matters first, fits its limit, and is hashed with what made it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.product import (
    BudgetedText,
    ProductText,
    TextBuilder,
    document_hash,
    text_hash,
)
from es_hybrid.token_budget import estimated_tokens

PRODUCT = {
    "title": "Trail  shoe",
    "brand": "Fell",
    "category_path": "Sport > Shoes",
    "attributes": {"upper": "mesh", "vegan": True, "size": 42, "eu": "42", "hue": ["red", "blue"]},
    "description": "Light. Grippy.",
    "price": 99.0,
}


def test_the_order_is_title_brand_category_attributes_description() -> None:
    """The most telling parts come first, numbers and flags alone are left out."""
    assert ProductText()(PRODUCT) == (
        "Trail shoe. Fell. Sport > Shoes. mesh, red, blue. Light. Grippy."
    )


def test_it_is_a_text_builder_whose_version_names_its_settings() -> None:
    """Two builders that would give other texts have other versions."""
    builder: TextBuilder = ProductText()
    assert builder({"title": "Tent"}) == "Tent"
    versions = {
        ProductText().version,
        ProductText(attributes=1).version,
        BudgetedText(ProductText(), 99).version,
        BudgetedText(ProductText(), 98).version,
    }
    assert len(versions) == 4


def test_widths_and_spaces_are_normalised() -> None:
    """Full-width letters and odd spaces do not make another text."""
    assert ProductText()({"title": "ＡＢ　 c\n\td"}) == "AB c d"


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (17, "One sentence here. Another one there."),
        (14, "One sentence here."),
        (5, "One sentence"),
    ],
)
def test_a_long_text_is_cut_where_it_reads_best(limit: int, text: str) -> None:
    """The cut is at a sentence end where one is near, else at a word."""
    product = {"title": "One sentence here. Another one there. And a last one."}
    assert BudgetedText(ProductText(), limit)(product) == text


def test_chinese_is_cut_at_its_own_full_stop() -> None:
    """Chinese sentences end without a space."""
    assert BudgetedText(ProductText(), 8)({"title": "轻薄透气。夏季连衣裙"}) == "轻薄透气。"


@given(st.text(max_size=300), st.integers(min_value=1, max_value=100))
def test_no_text_is_longer_than_its_budget(title: str, limit: int) -> None:
    """The budget holds for any title, and a text that is shorter for it says so."""
    cut = BudgetedText(ProductText(), limit).cut({"title": title})
    assert estimated_tokens(cut.text) <= limit
    assert cut.was_cut == (cut.text != ProductText()({"title": title}))


@pytest.mark.parametrize("product", [{}, {"title": None}, {"title": "  ", "attributes": "x"}])
def test_nothing_to_embed_is_an_empty_text(product: dict[str, Any]) -> None:
    """A product without words is not embedded as punctuation."""
    assert ProductText()(product) == ""


def test_the_hash_depends_on_text_model_dims_and_version() -> None:
    """A vector is reused only when all that made it is the same."""
    base = {"model": "m", "dims": 4, "version": "1"}
    hashes = {
        text_hash("a", **base),  # type: ignore[arg-type]
        text_hash("b", **base),  # type: ignore[arg-type]
        text_hash("a", model="n", dims=4, version="1"),
        text_hash("a", model="m", dims=5, version="1"),
        text_hash("a", model="m", dims=4, version="2"),
    }
    assert len(hashes) == 5
    assert all(len(value) == 24 for value in hashes)


def test_a_document_hash_covers_a_vector_that_came_along() -> None:
    """A new vector for the same document is a change."""
    assert document_hash(b"{}") != document_hash(b"{}", vector=b"1")
    assert document_hash(b"{}") == document_hash(b"{}")
