"""A record becomes a product that is ready to be written, or a reason why it cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest

from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.sources import (
    BadRecord,
    Preparation,
    Product,
    Record,
    Rejected,
)

DIMS = 3


def preparation(**changes: Any) -> Preparation:
    arguments: dict[str, Any] = {
        "fields": FieldMap(),
        "text": BudgetedText(ProductText()),
        "dims": DIMS,
    }
    return Preparation(**arguments | changes)


def prepared(item: Any, **changes: Any) -> Product:
    found = preparation(**changes)(item, position=1)
    assert isinstance(found, Product)
    return found


def refused(item: Any, **changes: Any) -> Rejected:
    found = preparation(**changes)(item, position=7)
    assert isinstance(found, Rejected)
    return found


def test_a_product_is_ready_to_be_compared_embedded_and_written() -> None:
    """Body, text and both hashes are there, and the id is written into the document."""
    product = prepared(Record(4, {"id": 1, "title": "Shoe", "x": {"y": "red"}}))
    assert (product.id, product.line, product.text) == ("1", 4, "Shoe")
    assert orjson.loads(product.body) == {
        "id": "1",
        "title": "Shoe",
        "attributes": {"x": {"y": "red"}},
        "attributes_text": "red",
    }
    assert product.text_hash is not None


def test_the_same_content_in_another_order_is_the_same_document() -> None:
    """An export that shuffles its columns does not rewrite the whole index."""
    one = prepared({"id": "1", "title": "a", "x": "1", "y": "2"})
    two = prepared({"y": "2", "x": "1", "title": "a", "id": "1"})
    assert one.document_hash == two.document_hash


def test_an_index_without_vectors_needs_no_text() -> None:
    """Without a vector field, nothing is built that only an embedder needs."""
    product = prepared({"id": "1", "title": "Shoe"}, dims=None)
    assert (product.text, product.text_hash) == ("", None)


@pytest.mark.parametrize(
    ("item", "product_id", "line", "reason"),
    [
        (BadRecord(3, "is not JSON"), None, 3, "is not JSON"),
        ("text", None, 7, "is not an object"),
        ({"title": "x"}, None, 7, "no id"),
        (Record(9, {"id": "a", "price": "x"}), "a", 9, "field 'price' is not a number"),
        ({"id": "a", "x": "\ud800"}, "a", 7, "JSON cannot"),
        ({"id": "a", "x": 2**70}, "a", 7, "JSON cannot"),
        ({"id": "a", "x": {1, 2}}, "a", 7, "JSON cannot"),
    ],
)
def test_what_is_no_product_is_rejected_with_line_and_reason(
    item: Any, product_id: str | None, line: int, reason: str
) -> None:
    """One bad record is one rejection that says where and why."""
    failure = refused(item).failure
    assert (failure.id, failure.line) == (product_id, line)
    assert reason in failure.reason


@pytest.mark.parametrize(
    ("vector", "note"),
    [
        ([1.0, 2.0], "has not the index's 3 dims"),
        ([0.0, 0.0, 0.0], "zero, NaN or infinite"),
        ([1.0, float("nan"), 0.0], "zero, NaN or infinite"),
        ("abc", "neither a list of numbers nor base64"),
        ("AAAA", "neither a list of numbers nor base64"),
        ("P4AAAA==", "has not the index's 3 dims"),
        (None, "no vector among those brought along"),
    ],
)
def test_an_unusable_vector_leaves_the_product_without(vector: Any, note: str) -> None:
    """A bad vector does not reject its product; the report says what is wrong with it."""
    vectors = {} if vector is None else {"1": vector}
    product = prepared({"id": "1", "title": "a"}, vectors=vectors)
    assert product.vector is None
    assert note in (product.note or "")


def test_vectors_come_from_the_file_or_the_product() -> None:
    """Float16 vectors are taken as float32, and those of the file win."""
    brought = {"1": np.ones(DIMS, dtype=np.float16)}
    product = prepared({"id": "1", "embedding": [2, 2, 2]}, vectors=brought)
    assert product.vector is not None
    assert product.vector.dtype == np.float32
    assert product.vector.tolist() == [1.0, 1.0, 1.0]
    own = prepared({"id": "1", "embedding": [2, 2, 2]})
    assert own.vector is not None
    assert own.vector.tolist() == [2.0, 2.0, 2.0]


def test_another_vector_for_the_same_product_is_a_change() -> None:
    """A shop that made better vectors gets them stored."""
    one = prepared({"id": "1"}, vectors={"1": np.ones(DIMS)})
    two = prepared({"id": "1"}, vectors={"1": np.arange(DIMS)})
    assert one.document_hash != two.document_hash
