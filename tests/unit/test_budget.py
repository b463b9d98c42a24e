"""A search never plans to spend more time than it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid._budget import Budget

seconds = st.floats(0, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("spent_s", "stage_timeout_s", "reserve_s", "wanted"),
    [
        (0.0, 0.15, 0.0, 0.15),
        (0.0, 0.9, 0.0, 0.4),
        (0.3, 0.15, 0.0, 0.1),
        (0.1, 0.3, 0.1, 0.2),
        (0.1, 0.05, 0.1, 0.05),
        (0.3, 0.3, 0.2, 0.0),
        (0.5, 0.3, 0.0, 0.0),
    ],
)
def test_a_stage_gets_its_timeout_or_what_is_left(
    spent_s: float, stage_timeout_s: float, reserve_s: float, wanted: float
) -> None:
    """The smaller of both, less what is reserved for later stages, never below 0."""
    budget = Budget(total_s=0.4, started_s=10.0)
    share = budget.slice(10.0 + spent_s, stage_timeout_s=stage_timeout_s, reserve_s=reserve_s)
    assert share == pytest.approx(wanted)


def test_a_budget_ends() -> None:
    """When all is spent, nothing remains, however late it gets."""
    budget = Budget(total_s=0.5, started_s=10.0)
    assert not budget.exhausted(10.25)
    assert budget.exhausted(10.5)
    assert budget.exhausted(99.0)
    assert budget.remaining(99.0) == 0.0


@given(seconds, seconds, st.floats(-1e6, 2e6, allow_nan=False), seconds, seconds)
def test_a_slice_is_never_negative_nor_too_long(
    total_s: float, started_s: float, now: float, stage_timeout_s: float, reserve_s: float
) -> None:
    """Whatever the clock says, a share is between 0 and both limits."""
    budget = Budget(total_s=total_s, started_s=started_s)
    share = budget.slice(now, stage_timeout_s=stage_timeout_s, reserve_s=reserve_s)
    assert 0.0 <= share <= min(stage_timeout_s, total_s)
    assert share <= budget.remaining(now)
