"""How sure a difference is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.experiments import Sample, always_valid_p, fixed_p

EXPERIMENTS = 1000
LOOKS = 20
A_LOOK = 200


def looks(rates: tuple[float, float], *, seed: int) -> list[list[tuple[Sample, Sample]]]:
    """Run experiments on conversions, each looked at twenty times."""
    random = np.random.default_rng(seed)
    runs = []
    for _ in range(EXPERIMENTS):
        arms = [random.binomial(A_LOOK, rate, size=LOOKS).cumsum() for rate in rates]
        runs.append(
            [
                (
                    Sample((n + 1) * A_LOOK, float(a), float(a)),
                    Sample((n + 1) * A_LOOK, float(b), float(b)),
                )
                for n, (a, b) in enumerate(zip(*arms, strict=True))
            ]
        )
    return runs


def stops(run: list[tuple[Sample, Sample]]) -> bool:
    """Look every day, and stop at the first p-value below 0.05."""
    p = 1.0
    for control, treatment in run:
        p = always_valid_p(control, treatment, expected_difference=0.02, before=p)
    return p < 0.05


def test_one_look_is_wrong_once_in_twenty() -> None:
    """Of a thousand experiments on nothing, 5 % ± 3 sampling errors are called different."""
    wrong = sum(fixed_p(*run[-1]) < 0.05 for run in looks((0.1, 0.1), seed=1))
    error = (0.05 * 0.95 / EXPERIMENTS) ** 0.5
    assert wrong / EXPERIMENTS == pytest.approx(0.05, abs=3 * error)


def test_daily_looks_stay_below_one_in_twenty() -> None:
    """Of the same thousand, twenty looks each call at most 5 % different; the plain test far more."""
    runs = looks((0.1, 0.1), seed=1)
    assert sum(map(stops, runs)) / EXPERIMENTS <= 0.05
    peeking = sum(any(fixed_p(*look) < 0.05 for look in run) for run in runs)
    assert peeking / EXPERIMENTS > 0.15


def test_a_real_difference_is_found() -> None:
    """Ten against fourteen percent, four thousand shoppers an arm: nine of ten experiments find it."""
    assert sum(map(stops, looks((0.10, 0.14), seed=2))) / EXPERIMENTS > 0.9


def test_the_p_value_never_rises() -> None:
    """What was sure yesterday is not unsure today."""
    for run in looks((0.10, 0.12), seed=3)[:50]:
        p = 1.0
        for control, treatment in run:
            after = always_valid_p(control, treatment, expected_difference=0.02, before=p)
            assert after <= p
            p = after


@given(st.lists(st.floats(-1e3, 1e3), max_size=20), st.lists(st.floats(-1e3, 1e3), max_size=20))
def test_samples_add_up(first: list[float], second: list[float]) -> None:
    """Counts of two servers are the count of both."""
    both, added = Sample.of(first + second), Sample.of(first) + Sample.of(second)
    assert added.count == both.count
    assert added.mean == pytest.approx(both.mean, abs=1e-6)
    assert added.variance == pytest.approx(both.variance, abs=1e-3)


def test_too_little_says_nothing() -> None:
    """One observation per arm is not significant, and no division by zero."""
    one, same = Sample.of([1.0]), Sample.of([1.0, 1.0])
    assert fixed_p(one, same) == fixed_p(same, same) == 1.0
    assert always_valid_p(one, same, expected_difference=0.1) == 1.0
    with pytest.raises(ValueError, match="above 0"):
        always_valid_p(same, same, expected_difference=0.0)
