"""Parts of a feed are disjoint, and together they are the feed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.shard import FeedShard
from es_hybrid.indexing.sources import BadRecord, FeedItem, Record

IDS = st.one_of(st.integers(0, 30), st.text(max_size=3), st.none(), st.just(["a", "b"]))


@given(ids=st.lists(IDS, max_size=40), count=st.integers(1, 5), broken=st.integers(0, 5))
def test_the_parts_are_the_feed(ids: list[object], count: int, broken: int) -> None:
    """Every record is in exactly one part, in feed order, with its own line; so are broken lines."""
    feed: list[FeedItem] = [Record(line, {"id": id_}) for line, id_ in enumerate(ids, start=1)]
    feed += [BadRecord(len(feed) + n, "is not JSON") for n in range(1, broken + 1)]
    parts = [
        list(FeedShard(number, count).of(feed, id_of=FieldMap().id_of))
        for number in range(1, count + 1)
    ]
    assert sorted(item.line for part in parts for item in part) == list(range(1, len(feed) + 1))
    assert all([item.line for item in part] == sorted(item.line for item in part) for part in parts)
    places = Counter(
        item.product["id"].strip() for part in parts for item in {
            item.product["id"].strip(): item
            for item in part
            if isinstance(item, Record) and isinstance(item.product["id"], str)
        }.values() if item.product["id"].strip()
    )  # fmt: skip
    assert all(times == 1 for times in places.values())


def test_lines_count_in_the_whole_feed() -> None:
    """Products without lines are numbered before the feed is split."""
    feed = [{"id": n} for n in range(100)]
    part = list(FeedShard(1, 3).of(feed, id_of=FieldMap().id_of))
    assert [item.line - 1 for item in part] == [item.product["id"] for item in part]


def test_parts_are_the_same_in_every_process() -> None:
    """A process with another hash seed, as on another machine, splits alike; parts are even."""
    program = (
        "from es_hybrid.indexing.shard import FeedShard;"
        "print([n for n in range(2000) if FeedShard(2, 4).holds(str(n))])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert 440 < found.pop().count(",") < 560


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", "²/2"])
def test_what_is_no_part_is_refused(text: str) -> None:
    """A shard that would write nothing, or too much, never starts."""
    with pytest.raises(ConfigurationError, match="is no part of a whole"):
        FeedShard.parse(text)
