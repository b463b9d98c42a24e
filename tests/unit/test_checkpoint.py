"""A checkpoint names a place in a feed, and only in that feed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from es_hybrid.checkpoint import Checkpoint, Progress
from es_hybrid.errors import ConfigurationError


def test_what_is_written_is_where_the_next_run_begins(tmp_path: Path) -> None:
    """Place, counts, marks and the length of the dead letters survive; nothing else is left."""
    feed, place = tmp_path / "feed.ndjson", tmp_path / "place"
    feed.write_text("{}\n")
    checkpoint = Checkpoint(place, sources=[feed])
    begun = checkpoint.begin("i")
    assert begun == Progress("i", checkpoint.sources)
    reached = replace(begun, taken=7, counts={"indexed": 7}, dead_letter_bytes=3, marks=[5, -1])
    checkpoint.write(reached)
    assert Checkpoint(place, sources=[feed]).begin("i") == reached
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feed.ndjson", "place"]
    checkpoint.remove()
    checkpoint.remove()
    assert Checkpoint(place, sources=[feed]).begin("i").taken == 0


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ("abc", "abc", True),
        ("abc", "abcdef", True),
        ("abc", "abX", False),
        ("abc", "ab", False),
        ("x" * 70_000, "x" * 70_001, True),
        ("x" * 70_000, "y" * 70_000, False),
    ],
)
def test_a_file_may_grow_and_not_change(tmp_path: Path, then: str, now: str, same: bool) -> None:
    """Another feed under the same name would be cut at a wrong place."""
    feed, place = tmp_path / "feed", tmp_path / "place"
    feed.write_text(then)
    checkpoint = Checkpoint(place, sources=[feed])
    checkpoint.write(checkpoint.begin("i"))
    feed.write_text(now)
    again = Checkpoint(place, sources=[feed])
    if same:
        assert again.begin("i").index == "i"
        return
    with pytest.raises(ConfigurationError, match="was another file; name another file, or remove"):
        again.begin("i")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"es_hybrid_checkpoint": 2}', "\x00"])
def test_a_file_that_is_no_checkpoint_is_not_overwritten(tmp_path: Path, content: str) -> None:
    """A wrong path on the command line costs a message, not a file."""
    place = tmp_path / "place"
    place.write_text(content)
    with pytest.raises(ConfigurationError, match=r"is no checkpoint|another version"):
        Checkpoint(place).begin("i")
    assert place.read_text() == content


def test_what_cannot_be_read_again_is_refused_at_once(tmp_path: Path) -> None:
    """Standard input and missing files are named before anything is written."""
    with pytest.raises(ConfigurationError, match="standard input cannot be read again"):
        Checkpoint(tmp_path / "place", sources=["-"])
    with pytest.raises(ConfigurationError, match=r"none cannot be read: No such file"):
        Checkpoint(tmp_path / "place", sources=[tmp_path / "none"])
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        Checkpoint(tmp_path).begin("i")
