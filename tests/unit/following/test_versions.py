"""Versions keep their type and their order between processes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from es_hybrid.following.versions import Cursor, earlier, pack, unpack


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        date(2026, 1, 2),
        Decimal("12345678901234567890.5"),
        UUID(int=7),
        42,
        1.5,
        "2026-01-02",
        None,
    ],
)
def test_a_version_is_the_same_after_it_was_kept(value: Any) -> None:
    """Nothing of it is lost on the way through JSON, its type included."""
    found = unpack(json.loads(json.dumps(pack(value))))
    assert (found, type(found)) == (value, type(value))


def test_all_rows_of_a_version_come_after_each_of_them() -> None:
    """A place without an id stands behind every id of its version."""
    assert Cursor(1, 9).before(Cursor(1))
    assert not Cursor(1).before(Cursor(1, 9))
    assert Cursor(1).before(Cursor(2, 0))


def test_a_text_tells_no_time() -> None:
    """What cannot be counted back is known by when it was first seen alone."""
    assert earlier("2026-01-02", 60, per_second=None) is None
    assert earlier(100, 60, per_second=None) is None
