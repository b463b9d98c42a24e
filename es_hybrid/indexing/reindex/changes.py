"""What changed in an index since a point in time, told by sequence numbers.

Every write and every delete of a shard gets the next sequence number, and a document carries that
of its last write. So what was written after a checkpoint is what carries a larger number; and where
a range of numbers holds fewer documents than before, one of them was written again or deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from es_hybrid.types import Json

__all__ = [
    "Checkpoints",
    "Snapshot",
    "decreased",
    "histogram_body",
    "interval_of",
    "lost_ranges",
    "read_checkpoints",
    "read_histogram",
    "read_max_seq_no",
    "seq_no_range",
]

Checkpoints = dict[int, int]
"""Largest sequence number by shard up to which every operation has been applied; -1 for none."""

_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One shard as it was at a point in time.

    Attributes:
        pit: Id of the point in time.
        checkpoint: Every operation up to it is in the snapshot.
        interval: Width of the histogram's ranges.
        histogram: Documents by the range of their sequence numbers, up to the checkpoint.
        largest: Largest sequence number in it; beyond the checkpoint, some may be missing.
    """

    pit: str
    checkpoint: int
    interval: int
    histogram: Mapping[int, int]
    largest: int


def read_checkpoints(stats: Mapping[str, Any], index: str) -> Checkpoints:
    """Return the global checkpoint of each primary, from `_stats?level=shards`.

    The largest number alone would not do: operations with smaller ones may still be under way, and
    a failing primary may take back what its replicas never had. Up to the global checkpoint,
    neither can happen (Elasticsearch reference, "Replication").
    """
    return _of_primaries(stats, index, "global_checkpoint")


def read_max_seq_no(stats: Mapping[str, Any], index: str) -> Checkpoints:
    """Return the largest sequence number of each primary."""
    return _of_primaries(stats, index, "max_seq_no")


def _of_primaries(stats: Mapping[str, Any], index: str, name: str) -> Checkpoints:
    shards = stats.get("indices", {}).get(index, {}).get("shards", {})
    return {
        int(shard): int(copy["seq_no"][name])
        for shard, copies in shards.items()
        for copy in copies
        if copy.get("routing", {}).get("primary") and "seq_no" in copy
    }


def seq_no_range(*, after: int, up_to: int) -> Json:
    """Return the query for what was last written after one number and up to another."""
    return {"range": {"_seq_no": {"gt": after, "lte": up_to}}}


def interval_of(checkpoint: int) -> int:
    """Return a width at which a histogram up to a checkpoint stays small.

    Example:
        >>> interval_of(900), interval_of(1_000_000)
        (1, 101)
    """
    return checkpoint // _BUCKETS + 1


def histogram_body(interval: int, *, up_to: int) -> Json:
    """Return the aggregations that count documents by their sequence numbers, up to one of them."""
    ranges = {"histogram": {"field": "_seq_no", "interval": interval, "min_doc_count": 1}}
    return {
        "settled": {"filter": seq_no_range(after=-1, up_to=up_to), "aggs": {"ranges": ranges}},
        "largest": {"max": {"field": "_seq_no"}},
    }


def read_histogram(answer: Mapping[str, Any]) -> tuple[dict[int, int], int]:
    """Return documents by the first number of their range, and the largest number of all."""
    found = answer["aggregations"]
    buckets = found["settled"]["ranges"]["buckets"]
    largest = found["largest"]["value"]
    counts = {int(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}
    return counts, -1 if largest is None else int(largest)


def lost_ranges(before: Snapshot, after: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of an earlier snapshot in which a document may have been deleted since.

    Up to the checkpoint every operation is in the snapshot, so counts only shrink. Beyond it,
    a late operation may fill the place of a deleted document, so all of that is looked at.

    Args:
        before: The earlier snapshot.
        after: The later histogram, up to the checkpoint of the earlier snapshot.
    """
    yield from decreased(before.histogram, after, interval=before.interval)
    if before.largest > before.checkpoint:
        yield before.checkpoint + 1, before.largest


def decreased(
    before: Mapping[int, int], after: Mapping[int, int], *, interval: int
) -> Iterator[tuple[int, int]]:
    """Yield first and last number of each range that lost documents, neighbours joined.

    Args:
        before: Documents by range, up to a checkpoint.
        after: The same later, up to the same checkpoint.
        interval: Width of a range.

    Example:
        >>> list(decreased({0: 4, 4: 4, 8: 4}, {0: 3, 4: 2, 8: 4}, interval=4))
        [(0, 7)]
    """
    start: int | None = None
    end = 0
    for key in sorted(before):
        if after.get(key, 0) >= before[key]:
            continue
        if start is not None and key != end + 1:
            yield start, end
            start = None
        start = key if start is None else start
        end = key + interval - 1
    if start is not None:
        yield start, end
