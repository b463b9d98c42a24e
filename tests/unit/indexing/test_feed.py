"""A feed becomes chunks in which each id is once, and segments in which it is in one chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.feed import Chunk, Feed
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.sources import BadRecord, FeedItem, Preparation


def preparation() -> Preparation:
    return Preparation(FieldMap(), BudgetedText(ProductText()), dims=3)


def segments(
    items: Iterable[FeedItem], *, batch: int = 3, **options: Any
) -> tuple[list[list[Chunk]], Feed]:
    feed = Feed(items, prepare=preparation(), batch=batch, max_bytes=10**6, **options)
    found = []
    while not feed.done:
        found.append(list(feed.segment()))
    return found, feed


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


def test_each_chunk_says_how_far_the_feed_is_read() -> None:
    """Whatever is counted by then is in this chunk or an earlier one: a run can go on from there."""
    items: list[FeedItem] = [{"id": i} for i in "abcab"]
    items.insert(2, BadRecord(3, "broken"))
    found, _ = segments(items)
    assert [[chunk.taken for chunk in segment] for segment in found] == [[3, 4], [6]]


def test_a_feed_goes_on_where_another_run_stopped() -> None:
    """What is skipped is not prepared again, and its ids are known all the same."""
    items: list[FeedItem] = [
        {"id": "a"},
        BadRecord(2, "broken"),
        [1, 2],  # type: ignore[list-item]
        {"id": "b"},
        {"id": "c"},
    ]
    found, feed = segments(items, skip=3)
    assert [[p.id for c in segment for p in c.products] for segment in found] == [["b", "c"]]
    assert found[0][0].taken == 5
    assert "a" in feed
    assert "z" not in feed
    assert feed.unnamed == 2


def test_a_rejected_record_with_an_id_is_in_the_feed() -> None:
    """A product that the shop still has, and that cannot be read, is not one that is gone."""
    _, feed = segments([{"id": "a", "price": "free"}])
    assert "a" in feed
    assert feed.unnamed == 0


def test_records_that_say_a_part_of_a_product_do_not_replace_each_other() -> None:
    """Two changes of one product are both made, one after the other."""
    items: list[FeedItem] = [{"id": "a", "price": 1}, {"id": "b"}, {"id": "a", "stock": 2}]
    found, _ = segments(items, replaces=False)
    assert [[p.id for c in segment for p in c.products] for segment in found] == [["a", "b"], ["a"]]
    assert [[chunk.taken for chunk in segment] for segment in found] == [[2], [3]]


def test_a_rejected_record_does_not_hide_the_one_before_it() -> None:
    """A record that is rejected between two of one id does not let their chunks race."""
    items: list[FeedItem] = [{"id": i} for i in "abcd"]
    items += [{"id": "a", "price": "free"}, {"id": "a", "price": 5}]
    found, feed = segments(items)
    ids = [[p.id for c in segment for p in c.products] for segment in found]
    assert ids == [["a", "b", "c", "d"], ["a"]]
    assert feed.duplicates == 1
