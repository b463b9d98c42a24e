"""When a second request goes out."""

from __future__ import annotations

from es_hybrid._hedge import Hedge


def test_off_is_off() -> None:
    """Without a setting there is never a second request."""
    hedge = Hedge()
    for _ in range(100):
        hedge.answered(0.1)
    assert hedge.delay_s() is None


def test_a_fixed_delay_is_taken_as_it_is() -> None:
    """From the first call on."""
    assert Hedge(0.08).delay_s() == 0.08


def test_the_observed_percentile_comes_from_enough_answers() -> None:
    """Too few answers tell nothing; then it is the time that 95 of 100 keep, of the last ones."""
    hedge = Hedge(0.0)
    for _ in range(19):
        hedge.answered(9.0)
    assert hedge.delay_s() is None
    for hundredths in range(1, 101):
        for _ in range(2):
            hedge.answered(hundredths / 100)
    assert hedge.delay_s() == 0.96
    for _ in range(200):
        hedge.answered(0.2)
    assert hedge.delay_s() == 0.2


def test_second_requests_stay_a_small_share() -> None:
    """One in twenty calls at most, and no more than ten saved up from quiet times."""
    hedge = Hedge(0.01, share=0.05)
    assert hedge.take()
    assert not hedge.take()
    assert hedge.delay_s() is None
    taken = 0
    for _ in range(1000):
        hedge.answered(0.1)
        taken += hedge.delay_s() is not None and hedge.take()
    assert 48 <= taken <= 50
    for _ in range(10_000):
        hedge.answered(0.1)
    assert sum(hedge.take() for _ in range(100)) == 10
