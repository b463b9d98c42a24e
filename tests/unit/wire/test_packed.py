"""Vectors and scores as bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.wire.packed import pack_score, pack_vector, unpack_score, unpack_vector


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=50))
def test_a_vector_comes_out_as_it_went_in(numbers: list[float]) -> None:
    """Bit for bit, unless it is zero, which is no vector."""
    vector = np.asarray(numbers, np.float32)
    found = unpack_vector(pack_vector(vector))
    if not vector.any():
        assert found is None
        return
    assert found is not None
    assert (found == vector).all()
    found *= 2  # its own memory, not the cache's


@given(st.binary(max_size=40))
def test_bytes_from_anywhere_are_a_sound_value_or_none(content: bytes) -> None:
    """Whatever a Redis holds, nothing unsound comes out."""
    score, vector = unpack_score(content), unpack_vector(content)
    assert score is None or np.isfinite(score)
    assert vector is None or (np.isfinite(vector).all() and vector.any())


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 1e39, -1e300])
def test_a_score_that_does_not_fit_is_not_packed(score: float) -> None:
    """Kept, it would come out as another."""
    assert pack_score(score) is None


def test_a_score_is_rounded_once() -> None:
    """What came out goes in again and stays the same."""
    packed = pack_score(0.1)
    assert packed is not None
    once = unpack_score(packed)
    assert once == pytest.approx(0.1)
    assert once is not None
    assert pack_score(once) == packed
