"""What an index can do is read from its mapping, and doubts mean "no vector"."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.query.schema import IndexSchema, Money, VectorField, read_schema
from es_hybrid.settings import IndexSettings

VECTOR = {"type": "dense_vector", "dims": 3, "similarity": "cosine"}
BASE = {"title": {"type": "text"}, "brand": {"type": "keyword"}, "embedding": VECTOR}


def schema(*mappings: dict[str, Any], **settings: Any) -> IndexSchema:
    answer = {f"products-{number}": {"mappings": m} for number, m in enumerate(mappings)}
    return read_schema(answer, IndexSettings(**settings))


def mapping(properties: dict[str, Any], **meta: Any) -> dict[str, Any]:
    return {"properties": properties, **({"_meta": {"es_hybrid": meta}} if meta else {})}


def test_the_one_vector_field() -> None:
    """A single `dense_vector` field is found wherever it stands, with what it is."""
    deep = {"ml": {"properties": {"v": {**VECTOR, "similarity": "l2_norm"}}}}
    assert schema(mapping(deep)).vector == VectorField("ml.v", 3, "l2_norm", quantized=True)


def test_vectors_of_bytes() -> None:
    """They are what they are: nothing compressed, nothing to scale."""
    field = {**VECTOR, "element_type": "byte"}
    assert schema(mapping({"e": field})).vector == VectorField("e", 3, floats=False)


@pytest.mark.parametrize(
    ("kind", "quantized"),
    [
        ("hnsw", False),
        ("flat", False),
        ("int8_hnsw", True),
        ("int8_flat", True),
        ("int4_hnsw", True),
        ("bbq_hnsw", True),
        ("bbq_disk", True),
        (None, True),
    ],
)
def test_quantized(kind: str | None, quantized: bool) -> None:
    """An index that scores by a compressed copy is known to; without a word, it is compressed."""
    field = {**VECTOR, **({"index_options": {"type": kind}} if kind else {})}
    vector = schema(mapping({"e": field})).vector
    assert vector is not None
    assert vector.quantized is quantized


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"title": {"type": "text"}}, "no dense_vector"),
        ({}, "no dense_vector"),
        ({"e": {**VECTOR, "index": False}}, "no dense_vector"),
        ({"parts": {"type": "nested", "properties": {"e": VECTOR}}}, "no dense_vector"),
        ({"a": VECTOR, "b": VECTOR}, "several dense_vector fields (a, b)"),
    ],
)
def test_no_usable_vector(properties: dict[str, Any], said: str) -> None:
    """Where there is none, or no way to choose, the reason is told."""
    found = schema(mapping(properties))
    assert found.vector is None
    assert said in found.vector_problem


def test_who_names_the_vector() -> None:
    """A setting wins over `_meta`, which wins over guessing; a wrong name is told."""
    two = {"a": VECTOR, "b": VECTOR}
    by_meta = schema(mapping(two, vector_field="a")).vector
    by_setting = schema(mapping(two, vector_field="a"), vector_field="b").vector
    assert by_meta is not None
    assert by_setting is not None
    assert (by_meta.name, by_setting.name) == ("a", "b")
    wrong = schema(mapping(two), vector_field="c")
    assert wrong.vector is None
    assert "field c" in wrong.vector_problem


def test_fields() -> None:
    """Doc values, multi-fields and objects are told apart; nested ones are not of the product."""
    properties = {
        "title": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
        "price": {"type": "float"},
        "cold": {"type": "keyword", "doc_values": False},
        "maker": {"properties": {"name": {"type": "keyword"}, "about": {"type": "text"}}},
        "sizes": {"type": "nested", "properties": {"size": {"type": "integer"}}},
    }
    found = schema(mapping(properties))
    assert found.doc_value_fields == {"title.raw", "price", "maker.name"}
    assert found.search_fields == ("title", "maker.about")


def test_meta_and_settings() -> None:
    """What `_meta` says is used; what the settings say comes first."""
    meta: dict[str, Any] = {
        "model": "m",
        "id_field": "id",
        "code_fields": ["sku"],
        "search_fields": ["title^3"],
        "rerank_fields": ["title"],
    }
    found = schema(mapping(BASE, **meta))
    assert (found.model, found.id_field, found.code_fields) == ("m", "id", ("sku",))
    assert (found.search_fields, found.rerank_fields) == (("title^3",), ("title",))
    own = schema(
        mapping(BASE, **meta),
        id_field="key",
        code_fields=["ean"],
        search_fields=["brand"],
        rerank_fields=["brand"],
    )
    assert (own.id_field, own.code_fields) == ("key", ("ean",))
    assert (own.search_fields, own.rerank_fields) == (("brand",), ("brand",))


def test_a_shops_own_meta_is_none_of_ours() -> None:
    """Other entries of `_meta` mean nothing here."""
    found = schema({"properties": BASE, "_meta": {"id_field": "id", "model": "m"}})
    assert (found.id_field, found.model) == (None, None)


def test_several_indices_that_agree() -> None:
    """Two indices of the same mapping are as one."""
    one = mapping(BASE, model="m")
    assert schema(one, one) == schema(one)


@pytest.mark.parametrize(
    "other",
    [
        mapping({**BASE, "embedding": {**VECTOR, "dims": 4}}, model="m"),
        mapping({**BASE, "embedding": {**VECTOR, "similarity": "l2_norm"}}, model="m"),
        mapping(BASE, model="other"),
        mapping({"title": {"type": "text"}}, model="m"),
    ],
)
def test_several_indices_that_disagree(other: dict[str, Any]) -> None:
    """Mixed vectors are worse than none, and the reason is told."""
    for found in (schema(mapping(BASE, model="m"), other), schema(other, mapping(BASE, model="m"))):
        assert found.vector is None
        assert found.vector_problem


def test_only_what_all_indices_have() -> None:
    """Fields are used where every index behind the name has them."""
    rich = {**BASE, "price": {"type": "float"}, "body": {"type": "text"}}
    found = schema(mapping(rich, id_field="id"), mapping(BASE))
    assert found.vector is not None
    assert found.doc_value_fields == {"brand"}
    assert found.search_fields == ("title",)
    assert found.id_field is None


def test_no_index_at_all() -> None:
    """A pattern that matches nothing has no vector, and raises nothing."""
    assert schema() == IndexSchema()


@pytest.mark.parametrize(
    ("similarity", "scores"),
    [
        ("cosine", (0.0, 0.5, 1.0)),
        ("dot_product", (0.0, 0.5, 1.0)),
        ("l2_norm", (0.2, 1 / 3, 1.0)),
        ("max_inner_product", (0.5, 1.0, 2.0)),
    ],
)
def test_score_of_a_cosine(similarity: str, scores: tuple[float, ...]) -> None:
    """Opposite, unrelated and equal unit vectors score as the reference page says."""
    field = VectorField("e", similarity=similarity)
    assert tuple(field.score(cosine) for cosine in (-1.0, 0.0, 1.0)) == pytest.approx(scores)


@given(
    st.sampled_from(["cosine", "dot_product", "l2_norm", "max_inner_product"]),
    st.floats(-1, 1),
    st.floats(-1, 1),
)
def test_more_alike_scores_higher(similarity: str, one: float, other: float) -> None:
    """A cosine floor means the same on every similarity: scores keep the cosines' order."""
    field = VectorField("e", similarity=similarity)
    low, high = sorted((one, other))
    assert field.score(low) <= field.score(high)


def test_money() -> None:
    """Currency and unit are read where the mapping says them, and agreed upon by all indices."""
    mappings = [
        {"mappings": {"_meta": {"es_hybrid": {"money": money}}}}
        for money in ({"currency": "EUR", "unit": "minor"}, {"currency": None}, None)
    ]
    euro, unknown, silent = (read_schema({"i": m}, IndexSettings()).money for m in mappings)
    assert euro == Money("EUR", "minor")
    assert unknown == Money(None, "major")
    assert silent is None
    assert read_schema({"a": mappings[0], "b": mappings[1]}, IndexSettings()).money is None
