"""What a reranker sees, and what its scores do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.product_templates import PRODUCT_TEMPLATES
from es_hybrid.rank.fuse import order_of
from es_hybrid.rank.ranking import rank
from es_hybrid.rank.rerank import blend, product_text, product_texts
from es_hybrid.types import BoostContext, Hit

PRODUCT: dict[str, Any] = {
    "title": " Trail shoe ",
    "brand": "Acme",
    "price": 9.5,
    "in_stock": True,
    "bullets": ["light", "fast"],
    "specs": {"weight": "240 g", "drop": 4},
    "maker": {"name": "Acme Ltd"},
    "flat.path": "yes",
    "offers": [{"shop": "one"}, {"shop": "two"}],
    "nothing": None,
}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (["title", "brand"], "Trail shoe. Acme"),
        (["brand", "title"], "Acme. Trail shoe"),
        (["bullets"], "light fast"),
        (["specs"], "weight 240 g drop 4"),
        (["maker.name", "flat.path"], "Acme Ltd. yes"),
        (["brand.text"], "Acme"),
        (["price"], "9.5"),
        (["in_stock", "nothing", "missing", "maker.missing"], ""),
        ([], ""),
    ],
)
def test_product_text(fields: list[str], text: str) -> None:
    """The fields' values in order, whatever their shape; what says nothing is left out."""
    assert product_text(PRODUCT, fields, max_tokens=500).text == text


def test_a_list_of_objects() -> None:
    """A path into a list of objects reads each of them."""
    assert product_text(PRODUCT, ["offers.shop"], max_tokens=500).text == "one two"


def test_a_long_text_is_cut_and_says_so() -> None:
    """A sentence end where there is one near, else between words; Chinese anywhere."""
    source = {"t": "Light trail shoe. Dries fast", "zh": "轻薄透气夏季连衣裙"}
    assert product_text(source, ["t"], max_tokens=9) == ("Light trail shoe.", True)
    assert product_text(source, ["t"], max_tokens=6) == ("Light trail", True)
    assert product_text(source, ["zh"], max_tokens=4) == ("轻薄透气", True)
    assert product_text(source, ["zh"], max_tokens=9) == (source["zh"], False)


def test_deleted_and_empty_products_are_not_shown() -> None:
    """A reranker gets no blank text, and the places stay right."""
    keys = {3: ("i", "a"), 5: ("i", "gone"), 7: ("i", "b")}
    sources = {("i", "a"): {"t": "shoe"}, ("i", "b"): {}}
    assert product_texts(keys, sources, ["t"], max_tokens=99) == {3: ("shoe", False)}


@st.composite
def reranked(draw: Any) -> tuple[list[float], dict[int, float], float]:
    fused = draw(st.lists(st.floats(0, 1), min_size=1, max_size=12))
    top = draw(st.integers(1, len(fused)))
    places = order_of(np.array(fused))[:top]
    scores = draw(st.lists(st.floats(-50, 50), min_size=top, max_size=top))
    return fused, dict(zip(places, scores, strict=True)), draw(st.floats(0, 1) | st.just(1.0))


@given(reranked())
def test_nothing_reranked_falls_below_what_was_not(case: Any) -> None:
    """Looking closer at the best never hides one of them behind a product nobody looked at."""
    fused, scores, weight = case
    hits = [Hit("i", str(place), lexical_rank=place + 1) for place in range(len(fused))]
    context = BoostContext(now_s=0.0)
    order = rank(hits, np.array(fused), scores, rerank_weight=weight, context=context).order
    assert set(order[: len(scores)]) == set(scores)


@given(reranked())
def test_blending_stays_on_scale_and_edits_nothing(case: Any) -> None:
    """Relevance is from 0 to 1, and the fused scores are left as they were."""
    fused, scores, weight = case
    before = np.array(fused)
    relevance = blend(before, list(scores), list(scores.values()), weight)
    assert ((relevance >= 0.0) & (relevance <= 1.0 + 1e-12)).all()
    assert before.tolist() == fused


def test_blend_by_hand() -> None:
    """Half the fused score and half the scaled rerank score."""
    relevance = blend(np.array([0.8, 0.6, 0.4, 0.2]), [0, 1, 2], [1.0, 3.0, 2.0], 0.5)
    assert relevance.tolist() == pytest.approx([0.4, 0.8, 0.45, 0.1])


def test_weights_at_the_ends() -> None:
    """0 keeps the fused order, 1 is the reranker's alone."""
    fused = np.array([1.0, 0.9])
    assert order_of(blend(fused, [0, 1], [0.1, 0.9], 0.0)) == [0, 1]
    assert order_of(blend(fused, [0, 1], [0.1, 0.9], 1.0)) == [1, 0]


def test_a_template_decides_what_is_read() -> None:
    """Labels stand where there is a value, nested values are found, and no value is a template."""
    source = {
        "title": "{brand} Tent",
        "price": 99.0,
        "attributes": {"weight": "2 kg"},
        "attributes_text": "2 kg",
    }
    text = product_text(source, (), max_tokens=200, template=PRODUCT_TEMPLATES["listing"]).text
    assert text == "{brand} Tent\nPrice: 99.0\n2 kg"
    dotted = "{attributes.weight}\nonly words"
    assert product_text(source, (), max_tokens=200, template=dotted).text == "2 kg\nonly words"
    assert product_text({}, (), max_tokens=200, template="{title}\nBrand: {brand}").text == ""
    assert product_text(source, (), max_tokens=5, template="{title}").text == "{brand}"
