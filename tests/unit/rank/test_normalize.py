"""Every normaliser gives finite scores from 0 to 1 and keeps the order, whatever comes in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.rank.normalize import NORMALIZERS, minmax, robust, sigmoid, zscore
from es_hybrid.types import Normalizer

SQUASHING = [Normalizer.ROBUST, Normalizer.MINMAX, Normalizer.ZSCORE, Normalizer.SIGMOID]
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LISTS = st.lists(NUMBERS | st.just(float("nan")), max_size=20)


@pytest.mark.parametrize("name", SQUASHING)
@given(values=LISTS)
def test_finite_and_from_0_to_1(name: Normalizer, values: list[float]) -> None:
    """No score, however large, small or missing, leaves the scale."""
    scores = np.array(values, dtype=np.float64)
    result = NORMALIZERS[name](scores)
    assert result.shape == scores.shape
    assert np.isfinite(result).all()
    assert ((result >= 0.0) & (result <= 1.0)).all()


@pytest.mark.parametrize("name", list(Normalizer))
@given(values=st.lists(st.floats(-1e6, 1e6), max_size=20))
def test_order_is_kept(name: Normalizer, values: list[float]) -> None:
    """A higher score is never normalised below a lower one."""
    result = NORMALIZERS[name](np.array(values, dtype=np.float64))
    ordered = result[np.argsort(values, kind="stable")]
    assert (np.diff(ordered) >= -1e-12).all()


@pytest.mark.parametrize("name", list(Normalizer))
def test_missing_scores_are_zero(name: Normalizer) -> None:
    """A hit that a leg does not know gets nothing from it."""
    scores = np.array([np.nan, 2.0, np.inf, -np.inf, 1.0])
    result = NORMALIZERS[name](scores)
    assert result[[0, 2, 3]].tolist() == [0.0, 0.0, 0.0]
    assert result[1] > result[4] >= 0.0
    assert NORMALIZERS[name](np.array([np.nan])).tolist() == [0.0]
    assert NORMALIZERS[name](np.array([])).tolist() == []


@pytest.mark.parametrize("name", list(Normalizer))
def test_scores_are_not_edited(name: Normalizer) -> None:
    """What comes in is left as it was."""
    scores = np.array([3.0, np.nan, 1.0])
    NORMALIZERS[name](scores)
    assert scores[0] == 3.0
    assert np.isnan(scores[1])


def test_a_single_hit() -> None:
    """A lone match is a full match by its range, and an average one by its deviation."""
    assert minmax(np.array([0.02])).tolist() == [1.0]
    assert zscore(np.array([0.02])).tolist() == [0.5]


def test_equal_scores_are_equal() -> None:
    """Rounding noise is not blown up to the full range."""
    noisy = np.array([3.0, 3.0 + 4e-16, np.nan])
    assert minmax(noisy).tolist() == [1.0, 1.0, 0.0]
    assert robust(noisy).tolist() == [1.0, 1.0, 0.0]
    assert zscore(noisy).tolist() == [0.5, 0.5, 0.0]


def test_a_few_bad_matches_do_not_squeeze_the_rest() -> None:
    """Below the 10th percentile all are 0, and the others keep their distance."""
    scores = np.array([0.1, *np.linspace(8.0, 10.0, 19)])
    assert robust(scores)[0] == 0.0
    assert robust(scores)[10] < 0.5 < minmax(scores)[1]


def test_worked_examples() -> None:
    """The formulas, with numbers."""
    assert minmax(np.array([1.0, 2.0, 5.0])).tolist() == [0.0, 0.25, 1.0]
    assert sigmoid(np.array([0.0, np.log(3.0)])).tolist() == pytest.approx([0.5, 0.75])
    assert zscore(np.array([1.0, 3.0])).tolist() == pytest.approx([0.268941, 0.731059], abs=1e-6)
