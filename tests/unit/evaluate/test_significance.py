"""Tests of significance: equal to scipy's, right about chance, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from es_hybrid.evaluate import (
    bootstrap_interval,
    bootstrap_p,
    detectable_difference,
    holm,
    queries_needed,
    randomisation_p,
)

SMALL = st.lists(st.floats(-1, 1).map(lambda value: round(value, 3)), min_size=2, max_size=9)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def differences(count: int, *, mean: float, seed: int) -> list[float]:
    return rng(seed).normal(mean, 0.2, count).tolist()


@settings(max_examples=60, deadline=None)
@given(values=SMALL)
def test_few_queries_are_tested_exactly(values: list[float]) -> None:
    """With few queries every pattern of signs is tried, as scipy's permutation test does."""
    theirs = stats.permutation_test(
        (np.array(values),),
        lambda x, axis: np.abs(np.mean(x, axis=axis)),
        permutation_type="samples",
        alternative="greater",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert randomisation_p(values, rng=rng()) == pytest.approx(theirs.pvalue, abs=1e-9)


def test_many_queries_are_tested_at_random() -> None:
    """With many queries the p-value is that of the t-test, which is right for such differences."""
    values = differences(120, mean=0.04, seed=3)
    exact = stats.ttest_1samp(values, 0.0).pvalue
    assert 0.001 < exact < 0.2
    assert randomisation_p(values, rng=rng(), rounds=20_000) == pytest.approx(exact, abs=0.01)
    assert bootstrap_p(values, rng=rng(), rounds=20_000) == pytest.approx(exact, abs=0.01)


def test_the_interval_is_scipys() -> None:
    """The percentile interval is that of scipy's bootstrap."""
    values = differences(80, mean=0.05, seed=1)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=rng(5)
    ).confidence_interval
    low, high = bootstrap_interval(values, rng=rng(), rounds=20_000)
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.002)


def test_chance_is_found_significant_as_often_as_it_should() -> None:
    """Where nothing differs, about 5 of 100 comparisons have a p-value below 0.05."""
    found = sum(
        randomisation_p(differences(40, mean=0.0, seed=seed), rng=rng(seed), rounds=500) < 0.05
        for seed in range(600)
    )
    assert stats.binom.cdf(found, 600, 0.05) > 0.001
    assert stats.binom.sf(found - 1, 600, 0.05) > 0.001


def test_the_same_seed_gives_the_same_figures() -> None:
    """A report can be made again."""
    values = differences(50, mean=0.02, seed=2)
    for test in (randomisation_p, bootstrap_p, bootstrap_interval):
        assert test(values, rng=rng(7)) == test(values, rng=rng(7))


def test_blocks_of_memory_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many queries are resampled piece by piece, with the same outcome."""
    values = differences(50, mean=0.02, seed=2)
    whole = bootstrap_interval(values, rng=rng()), randomisation_p(values, rng=rng())
    monkeypatch.setattr("es_hybrid.evaluate.significance._BLOCK_NUMBERS", 1000)
    assert (bootstrap_interval(values, rng=rng()), randomisation_p(values, rng=rng())) == whole


def test_no_difference_at_all_is_not_significant() -> None:
    """Two recipes with the same answers are not told apart, and need no power."""
    same = [0.0] * 40
    assert randomisation_p(same, rng=rng()) == 1.0
    assert bootstrap_p(same, rng=rng()) == 1.0
    assert bootstrap_interval(same, rng=rng()) == (0.0, 0.0)
    assert queries_needed(same) is None
    assert detectable_difference(same) == 0.0


@given(values=P_VALUES)
def test_holm_is_between_none_and_bonferroni(values: list[float]) -> None:
    """A corrected p-value is from the given one to its multiple by their number, in order."""
    corrected = holm(values)
    for before, after in zip(values, corrected, strict=True):
        assert before <= after <= min(1.0, before * len(values)) + 1e-12
    ordered = [corrected[i] for i in sorted(range(len(values)), key=lambda i: values[i])]
    assert ordered == sorted(ordered)


def test_holms_own_example() -> None:
    """Four p-values, corrected by hand."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_the_power_is_what_was_asked_for() -> None:
    """With as many queries as needed, a true difference is seen four times out of five."""
    pilot = differences(2000, mean=0.0, seed=11)
    needed = queries_needed(pilot, difference=0.05)
    assert needed is not None
    seen = sum(
        stats.ttest_1samp(differences(needed, mean=0.05, seed=seed), 0.0).pvalue < 0.05
        for seed in range(400)
    )
    assert 0.74 < seen / 400 < 0.86
    assert detectable_difference(pilot[:needed]) == pytest.approx(0.05, rel=0.2)
