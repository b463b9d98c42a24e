"""A vector of one's own arrives bit for bit, as numbers or as base64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.brought import brought_vector, packed, unpacked


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_packing_and_unpacking_change_nothing(numbers: list[float]) -> None:
    """What Elasticsearch is sent is what was brought."""
    vector = np.array(numbers, dtype=np.float32)
    assert np.array_equal(unpacked(packed(vector)), vector)


@pytest.mark.parametrize("text", ["", "P4AAAMAAAAA=", "P4AAAMAAAAA"])
def test_base64_in_the_record_is_read_like_a_list(text: str) -> None:
    """A broken text is a reason, not an exception; an empty one is no vector of these dims."""
    vector, note = brought_vector("1", {"embedding": text}, vectors=None, dims=2)
    if text.endswith("="):
        assert vector is not None
        assert vector.tolist() == [1.0, -2.0]
    else:
        assert (vector, bool(note)) == (None, True)
