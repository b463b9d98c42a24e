"""Changes and deletes are told by sequence numbers alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.reindex.changes import (
    Snapshot,
    decreased,
    interval_of,
    lost_ranges,
    read_checkpoints,
)


def histogram(seq_nos: set[int], interval: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for number in seq_nos:
        key = number // interval * interval
        found[key] = found.get(key, 0) + 1
    return found


@given(st.sets(st.integers(0, 200)), st.data(), st.integers(1, 30))
def test_every_number_that_went_is_in_a_decreased_range(
    before: set[int], data: st.DataObject, interval: int
) -> None:
    """Up to one checkpoint numbers only go, and no deleted product is overlooked."""
    gone = data.draw(st.sets(st.sampled_from(sorted(before)))) if before else set()
    after = histogram(before - gone, interval)
    ranges = list(decreased(histogram(before, interval), after, interval=interval))
    for number in gone:
        assert any(first <= number <= last for first, last in ranges)
    for first, last in ranges:
        assert gone & set(range(first, last + 1)), "a range is looked at only where one went"


def test_beyond_the_checkpoint_everything_is_looked_at() -> None:
    """A product written just before the snapshot, and deleted after it, is not overlooked."""
    before = Snapshot("pit", checkpoint=48, interval=1, histogram={5: 1}, largest=50)
    assert list(lost_ranges(before, {5: 1})) == [(49, 50)]
    assert list(lost_ranges(before, {})) == [(5, 5), (49, 50)]


def test_an_index_of_millions_has_few_ranges() -> None:
    """A histogram stays far below the 65,536 buckets that Elasticsearch allows."""
    for checkpoint in (0, 9_999, 10_000, 123_456_789):
        assert checkpoint / interval_of(checkpoint) <= 10_000


def test_checkpoints_are_those_of_primaries() -> None:
    """A replica that lags says nothing of what is done."""
    copies = [
        {"routing": {"primary": False}, "seq_no": {"global_checkpoint": 3}},
        {"routing": {"primary": True}, "seq_no": {"global_checkpoint": 7}},
    ]
    stats = {"indices": {"products-1": {"shards": {"0": copies, "1": [{"routing": {}}]}}}}
    assert read_checkpoints(stats, "products-1") == {0: 7}
