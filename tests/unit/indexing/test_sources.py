"""A feed becomes chunks in which each id is once, and segments in which it is in one chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.product import ProductText
from es_hybrid.indexing.sources import (
    BadRecord,
    Chunk,
    Feed,
    FeedItem,
    Preparation,
    Product,
    Record,
    Rejected,
)

DIMS = 3


def preparation(**changes: Any) -> Preparation:
    arguments: dict[str, Any] = {"fields": FieldMap(), "text": ProductText(), "dims": DIMS}
    return Preparation(**arguments | changes)


def prepared(item: Any, **changes: Any) -> Product:
    found = preparation(**changes)(item, position=1)
    assert isinstance(found, Product)
    return found


def refused(item: Any, **changes: Any) -> Rejected:
    found = preparation(**changes)(item, position=7)
    assert isinstance(found, Rejected)
    return found


def segments(items: Iterable[FeedItem], *, batch: int = 3) -> tuple[list[list[Chunk]], Feed]:
    feed = Feed(items, prepare=preparation(), batch=batch, max_bytes=10**6)
    found = []
    while not feed.done:
        found.append(list(feed.segment()))
    return found, feed


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


def test_within_a_chunk_the_last_of_an_id_wins() -> None:
    """Of two records of one id that travel together, the later is written."""
    ((chunk,),), feed = segments([{"id": "a", "title": "1"}, {"id": "a", "title": "2"}])
    assert [product.text for product in chunk.products] == ["2"]
    assert chunk.superseded == 1
    assert (feed.duplicates, feed.duplicate_lines) == (1, [("a", 1, 2)])


def test_an_id_of_an_earlier_chunk_begins_a_new_segment() -> None:
    """Two records of one id are never in flight at the same time."""
    found, feed = segments([{"id": i} for i in "abcdea"])
    assert [[c.products[0].id for c in chunks] for chunks in found] == [["a", "d"], ["a"]]
    assert feed.duplicates == 1


def test_a_chunk_is_bounded_by_bytes() -> None:
    """A few huge products travel in chunks of their own, so that memory is bounded."""
    items = [{"id": str(i), "title": "x" * 1000} for i in range(5)]
    feed = Feed(items, prepare=preparation(), batch=100, max_bytes=2000)
    assert [len(chunk.products) for chunk in feed.segment()] == [2, 2, 1]


def test_a_feed_is_read_no_further_than_needed() -> None:
    """A feed of any length is read chunk by chunk."""
    read = []

    def items() -> Iterable[Mapping[str, Any]]:
        for number in range(1000):
            read.append(number)
            yield {"id": str(number)}

    next(Feed(items(), prepare=preparation(), batch=3, max_bytes=10**6).segment())
    assert len(read) == 3


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9)), max_size=40),
    st.integers(1, 5),
)
def test_the_end_is_as_if_written_one_by_one(rows: list[tuple[str, int]], batch: int) -> None:
    """For any feed, ids are once in a segment, all records are there, and the last ones win."""
    items = [{"id": product_id, "title": str(value)} for product_id, value in rows]
    found, feed = segments(items, batch=batch)
    stored: dict[str, str] = {}
    records = 0
    for chunks in found:
        ids = [product.id for chunk in chunks for product in chunk.products]
        assert len(ids) == len(set(ids))
        for chunk in chunks:
            records += len(chunk.products) + len(chunk.rejected) + chunk.superseded
            stored |= {product.id: product.text for product in chunk.products}
    assert records == len(rows)
    assert stored == {product_id: str(value) for product_id, value in rows}
    assert feed.duplicates == len(rows) - len(stored)


def test_bad_records_travel_with_their_chunk() -> None:
    """A record that is no product takes its place in a chunk, so that it is reported in time."""
    ((first, second),), _ = segments([BadRecord(1, "x"), {"id": "a"}, {"no": "id"}, {"id": "b"}])
    assert (len(first.products), len(first.rejected)) == (1, 2)
    assert [product.id for product in second.products] == ["b"]


def test_examples_of_duplicates_are_bounded() -> None:
    """A feed of nothing but one id is counted, and shown by a few lines."""
    _, feed = segments([{"id": "a"}] * 50, batch=5)
    assert (feed.duplicates, len(feed.duplicate_lines)) == (49, 10)
