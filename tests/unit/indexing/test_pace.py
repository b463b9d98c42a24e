"""The pace of bulk requests follows what the server takes, and never leaves its bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.pace import Pace

START = Pace.of(in_flight=8, max_bytes=8_000_000, max_actions=500)


def test_a_busy_server_gets_half_as_many_requests_at_once() -> None:
    """Each 429 halves what is in flight, down to one; then requests become smaller."""
    pace, seen = START, []
    for _ in range(5):
        pace = pace.busy(pace)
        seen.append((pace.in_flight, pace.max_bytes))
    assert seen == [
        (4, 8_000_000),
        (2, 8_000_000),
        (1, 8_000_000),
        (1, 4_000_000),
        (1, 2_000_000),
    ]


def test_requests_refused_together_count_once() -> None:
    """Eight requests that one full queue refuses are one sign, not eight."""
    pace = START
    for _ in range(8):
        pace = pace.busy(START)
    assert pace.in_flight == 4


def test_it_comes_back_one_at_a_time() -> None:
    """After a pause a server gets one more request at once for each round that it took."""
    pace = START.busy(START)
    took = 0
    while pace.in_flight < 8:
        pace, took = pace.took(), took + 1
    assert took == 4 + 5 + 6 + 7


def test_a_size_that_was_refused_is_not_tried_again() -> None:
    """However long all goes well, no later request is as large as one that got a 413."""
    pace = START.too_large(3_000_000)
    for _ in range(1000):
        pace = pace.took()
    assert (pace.max_bytes, pace.in_flight) == (1_500_000, 8)


@given(st.lists(st.sampled_from(["took", "busy", "large"]), max_size=60), st.integers(1, 64))
def test_it_stays_within_bounds(events: list[str], in_flight: int) -> None:
    """Whatever happens, there is always a request, and never more than the settings allow."""
    pace = Pace.of(in_flight=in_flight, max_bytes=1_000_000, max_actions=500)
    for event in events:
        match event:
            case "took":
                pace = pace.took()
            case "busy":
                pace = pace.busy(pace)
            case _:
                pace = pace.too_large(pace.max_bytes)
        assert 1 <= pace.in_flight <= in_flight
        assert 1 <= pace.max_bytes <= pace.most_bytes <= 1_000_000
        assert pace.max_actions == 500
