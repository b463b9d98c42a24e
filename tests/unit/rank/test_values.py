"""Doc values, read once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.rank.columns import HitList
from es_hybrid.rank.values import dates, first_values, numbers, plain, text_column
from es_hybrid.types import Hit

VALUES = st.none() | st.lists(
    st.sampled_from(
        ["x", "12", "2026-06-01T00:00:00.000Z", 3, 2.5, True, None, float("inf"), {"lat": 1}]
    ),
    max_size=2,
)


def shelf(values: Sequence[list[Any] | None]) -> list[Hit]:
    """Return hits with these values; one without the field for `None`."""
    fields: list[dict[str, Any]] = [{} if own is None else {"f": own} for own in values]
    return [Hit("i", str(place), fields=own) for place, own in enumerate(fields)]


def read(hits: Sequence[Hit]) -> list[str]:
    """Return all that can be read of the field, so that NaN equals NaN."""
    texts = text_column(hits, "f")
    found = (numbers(hits, "f", -1.0), first_values(hits, "f"), texts.texts, texts.measured(len))
    return [str(list(each)) for each in (*found, dates(hits, "f"))]


@given(st.lists(VALUES, max_size=6), st.lists(VALUES, max_size=3))
def test_a_list_that_remembers_reads_the_same(
    values: list[list[Any] | None], more: list[list[Any] | None]
) -> None:
    """Whatever a field holds, what is remembered of hits, and of more behind them, is what they hold."""
    own, behind = shelf(values), shelf(more)
    remembering = HitList(own)
    assert read(remembering) == read(own)
    longer = remembering.followed_by(behind)
    assert list(longer) == own + behind
    assert read(longer) == read(own + behind)


@pytest.mark.parametrize("values", [[True, 1, 1.0], ["a", "b", "a"], [{"lat": 1}, "a"]])
def test_a_measure_is_of_the_hits_own_texts(values: list[Any]) -> None:
    """Values that Python holds to be equal are told apart where their texts differ."""
    found = text_column(shelf([[value] for value in values]), "f")
    assert found.texts == [(plain(value),) for value in values]
    numbered = {(plain(value),): float(place) for place, value in enumerate(values)}
    asked: list[tuple[str, ...]] = []

    def number_of(texts: tuple[str, ...]) -> float:
        asked.append(texts)
        return numbered[texts]

    assert found.measured(number_of).tolist() == [numbered[own] for own in found.texts]
    assert len(asked) == len(set(asked))


def test_a_field_is_read_once() -> None:
    """Stages that ask for the same field share what the first one read."""
    hits = HitList(shelf([[1], [2]]))
    asked = []

    def spy(of: Sequence[Hit], name: str) -> list[Any]:
        asked.append(name)
        return list(of)

    assert hits.column(spy, "f") is hits.column(spy, "f")
    assert len(hits.followed_by(shelf([[3]])).column(spy, "f")) == 3
    assert asked == ["f", "f"]  # of these once, and once of those behind them
