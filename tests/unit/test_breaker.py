"""A dead server is left alone, found again by one probe, and never forgotten for good."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid._breaker import Breaker, BreakerMode, BreakerPolicy
from es_hybrid._concurrency import map_ordered

POLICY = BreakerPolicy(failures=3, cooldown_s=5.0, cooldown_cap_s=18.0)


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(POLICY)
    for _ in range(3):
        breaker.failure(at)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    """Two failures do nothing, a success starts the count again, three open it."""
    breaker = Breaker(POLICY)
    for outcome in (breaker.failure, breaker.failure, breaker.success) * 3:
        outcome(1.0)
        assert breaker.allow(1.0)
    for _ in range(3):
        assert breaker.mode(2.0) is BreakerMode.CLOSED
        breaker.failure(2.0)
    assert breaker.mode(2.0) is BreakerMode.OPEN
    assert not breaker.allow(6.9)


def test_a_wrong_setting_opens_it_at_once() -> None:
    """A failure that no later call can avoid does not wait for two more."""
    breaker = Breaker(POLICY)
    breaker.failure(0.0, permanent=True)
    assert not breaker.allow(0.1)


def test_one_probe_goes_through_after_the_cooldown() -> None:
    """The first caller after the cool-down may call; others are skipped until it reports."""
    breaker = opened()
    assert breaker.mode(5.0) is BreakerMode.HALF_OPEN
    assert [breaker.allow(5.0) for _ in range(4)] == [True, False, False, False]
    breaker.success(5.1)
    assert breaker.mode(5.1) is BreakerMode.CLOSED
    assert breaker.allow(5.1)


def test_a_failing_probe_doubles_the_cooldown_up_to_its_cap() -> None:
    """5, 10, 18, 18 seconds; a success brings the first length back."""
    breaker, now = opened(), 0.0
    for cooldown_s in (5.0, 10.0, 18.0, 18.0):
        assert not breaker.allow(now + cooldown_s - 0.01)
        now += cooldown_s
        assert breaker.allow(now)
        breaker.failure(now)
    now += 18.0
    assert breaker.allow(now)
    breaker.success(now)
    for _ in range(3):
        breaker.failure(now)
    assert not breaker.allow(now + 4.9)
    assert breaker.allow(now + 5.0)


def test_late_reports_change_nothing_while_open() -> None:
    """Calls that began before it opened neither close it nor lengthen the cool-down."""
    breaker = opened()
    breaker.failure(4.0)
    breaker.success(4.5)
    assert breaker.mode(4.5) is BreakerMode.OPEN
    assert breaker.allow(5.0)


def test_a_probe_without_a_verdict_makes_room_for_another() -> None:
    """A cancelled probe, or one that is never heard of, does not keep the server out for good."""
    breaker = opened()
    assert breaker.allow(5.0)
    breaker.release()
    assert breaker.allow(5.0)
    assert not breaker.allow(9.9)
    assert breaker.allow(10.0)


def test_a_release_while_closed_keeps_the_count() -> None:
    """A cancelled call says nothing about the server, neither good nor bad."""
    breaker = Breaker(POLICY)
    breaker.failure(0.0)
    breaker.failure(0.0)
    breaker.release()
    breaker.failure(0.0)
    assert not breaker.allow(0.1)


def test_threads_share_one_probe() -> None:
    """However many threads ask at the same moment, one gets through."""
    breaker = opened()
    together = threading.Barrier(8, timeout=60.0)

    def ask(_: int) -> bool:
        together.wait()
        return breaker.allow(5.0)

    assert sorted(map_ordered(ask, range(8), limit=8)) == [False] * 7 + [True]


@pytest.mark.parametrize("failures", [1, 2, 7])
def test_the_number_of_failures_is_a_setting(failures: int) -> None:
    """It opens at exactly the number that was set."""
    breaker = Breaker(BreakerPolicy(failures=failures))
    for _ in range(failures):
        assert breaker.allow(0.0)
        breaker.failure(0.0)
    assert not breaker.allow(0.0)


steps = st.lists(
    st.tuples(st.sampled_from(["ok", "fail", "permanent", "cancel"]), st.floats(0, 40)), max_size=40
)


@given(steps)
def test_a_server_is_always_tried_again(history: list[tuple[str, float]]) -> None:
    """After any history: a longest cool-down later one call goes through; its success closes."""
    breaker, now = Breaker(POLICY), 0.0
    for outcome, pause_s in history:
        now += pause_s
        if not breaker.allow(now):
            assert breaker.mode(now) is not BreakerMode.CLOSED
            continue
        assert breaker.mode(now) is not BreakerMode.OPEN
        if breaker.mode(now) is BreakerMode.HALF_OPEN:
            assert not breaker.allow(now)
        match outcome:
            case "ok":
                breaker.success(now)
                assert breaker.mode(now) is BreakerMode.CLOSED
            case "fail":
                breaker.failure(now)
            case "permanent":
                breaker.failure(now, permanent=True)
                assert breaker.mode(now) is BreakerMode.OPEN
            case _:
                breaker.release()
    now += POLICY.cooldown_cap_s
    assert breaker.allow(now)
    breaker.success(now)
    assert breaker.mode(now) is BreakerMode.CLOSED
