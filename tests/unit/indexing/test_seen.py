"""Ids that came before are known, however many came since."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.seen import SeenIds


@given(st.lists(st.text(max_size=2)))
def test_it_remembers_as_a_dictionary_does(ids: list[str]) -> None:
    """Each id gives position and line of when it came last."""
    seen, expected = SeenIds(), {}
    for position, each in enumerate(ids, start=1):
        found = seen.note(each, position=position, line=2 * position)
        assert found == expected.get(each)
        expected[each] = (position, 2 * position)
    assert len(seen) == len(expected)


def test_it_grows_without_forgetting() -> None:
    """Many ids are still known after the table became larger."""
    seen = SeenIds()
    for number in range(1, 20_001):
        assert seen.note(f"p{number}", position=number, line=number) is None
    for number in range(1, 20_001):
        before = seen.note(f"p{number}", position=20_000 + number, line=1)
        assert before == (number, number)
