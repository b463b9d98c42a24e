"""The pointer to the version in force moves forth and back, and no number is used twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.versioned import Pointer, read_pointer


def moved(pointer: Pointer, body: dict[str, Any]) -> Pointer:
    return read_pointer({"found": True, "_source": body, "_seq_no": 1, "_primary_term": 1})


@given(st.lists(st.booleans(), max_size=80))
def test_back_and_forth(steps: list[bool]) -> None:
    """Rolling back always goes to what was in force before; new numbers are never used twice."""
    pointer, saved, stack = Pointer(), 0, []
    for forth in steps:
        if forth:
            saved += 1
            stack.append(saved)
            pointer = moved(pointer, pointer.moved_to(saved))
        elif len(stack) > 1 and pointer.before:
            stack.pop()
            pointer = moved(pointer, pointer.moved_back(None))
        assert pointer.newest == saved
        assert pointer.current == (stack[-1] if stack else 0)


def test_back_to_any_version() -> None:
    """A version that was never followed by another can be gone to, and come back from."""
    pointer = Pointer(current=5, newest=5, before=(1, 2))
    there = moved(pointer, pointer.moved_back(4))
    assert (there.current, there.before) == (4, (1, 2, 5))
    assert moved(there, there.moved_back(2)).before == (1,)
    with pytest.raises(LookupError, match="no other version"):
        Pointer(current=1, newest=1).moved_back(None)


def test_conditions_of_a_write() -> None:
    """The first save must be the first; each later one must follow the one that was read."""
    assert Pointer().condition == {"op_type": "create"}
    seen = read_pointer(
        {"found": True, "_source": {"current": 1, "newest": 1}, "_seq_no": 7, "_primary_term": 2}
    )
    assert seen.condition == {"if_seq_no": 7, "if_primary_term": 2}
    assert read_pointer({"found": False}) == Pointer()
