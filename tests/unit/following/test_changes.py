"""What a chunk of changes comes down to."""

from __future__ import annotations

import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.following.changes import position_of, split
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.sources import BadRecord, Record


def test_the_last_word_on_an_id_counts() -> None:
    """Deleted and come back is there; come and deleted is not; what has no id is reported."""
    items = [
        Record(1, {"id": "a", "gone": "2026-01-01"}),
        Record(2, {"id": "a", "gone": None}),
        Record(3, {"id": "b", "gone": False}),
        Record(4, {"id": "b", "gone": True}),
        Record(5, {"title": "no id", "gone": True}),
        BadRecord(6, "is not JSON"),
        {"id": "c", "gone": 0},
    ]
    kept, gone = split(items, deleted_field="gone", id_of=FieldMap().id_of)
    assert kept == [
        Record(2, {"id": "a"}),
        Record(5, {"title": "no id"}),
        BadRecord(6, "is not JSON"),
        Record(7, {"id": "c"}),
    ]
    assert gone == ["b"]


def test_a_state_of_another_source_is_refused() -> None:
    """A position in one table means nothing in another."""
    state = {"source": "file /a", "position": {"offset": 3}}
    assert position_of(state, identity="file /a") == {"offset": 3}
    assert position_of(None, identity="file /a") is None
    with pytest.raises(ConfigurationError, match="of another source: file /a, not file /b"):
        position_of(state, identity="file /b")
