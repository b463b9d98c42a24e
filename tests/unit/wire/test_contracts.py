"""What a model answers is taken only where it keeps its contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from es_hybrid.errors import ContractError
from es_hybrid.wire.contracts import one_row_each, one_score_each

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "answer", [np.array([[0.6, 0.8]], dtype=np.float64), [[0.6, 0.8]], ((0.6, 0.8),)]
)
def test_one_row(answer: Any) -> None:
    """One row per text in any form is taken, as float32."""
    rows = one_row_each(answer, 1)
    assert rows.dtype == np.float32
    assert rows.shape == (1, 2)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        [[]],
        7,
        "vectors",
        [0.6, 0.8],
        [[0.6, 0.8]],
        [[0.6, 0.8], [0.1]],
        [["a", "b"], ["c", "d"]],
        [[None, 0.1], [0.6, 0.8]],
        [[NAN, 0.1], [0.6, 0.8]],
        [[0.6, 0.8], [INF, 0.1]],
        [[1e39, 0.1], [0.6, 0.8]],
        [[0.6, 0.8], [0.0, 0.0]],
        [[0.6, 0.8], [0.6, 0.8], [0.6, 0.8]],
    ],
)
def test_no_rows(answer: Any) -> None:
    """Everything else is a broken contract, whatever its shape and type."""
    with pytest.raises(ContractError) as caught:
        one_row_each(answer, 2)
    assert caught.value.service == "embed"


@pytest.mark.parametrize(
    ("answer", "scores"),
    [([1, 0.5], [1.0, 0.5]), (np.array([0.5]), [0.5]), ([], []), ((0,), [0.0])],
)
def test_one_score_each(answer: Any, scores: list[float]) -> None:
    """Whole numbers and numpy's are scores too."""
    assert one_score_each(answer, len(scores)) == scores


@pytest.mark.parametrize(
    "answer",
    [
        None,
        7,
        [],
        [0.5],
        [0.5, 0.5, 0.5],
        [0.5, NAN],
        [0.5, -INF],
        [0.5, None],
        [0.5, "high"],
        [[0.5], [0.5]],
    ],
)
def test_no_scores(answer: Any) -> None:
    """One finite number per text, or none at all."""
    with pytest.raises(ContractError) as caught:
        one_score_each(answer, 2)
    assert caught.value.service == "rerank"
