"""The golden question's answers tell a sound model from each way to set it up wrongly."""

from __future__ import annotations

import pytest

from es_hybrid.checks import Status
from es_hybrid.golden import Mistake, judge_scores, judge_similarities


@pytest.mark.parametrize(
    ("scores", "mistake"),
    [
        ([0.97, 0.2, 0.001, 0.0], None),
        ([0.5, 0.5, 0.5, 0.5], Mistake.ALL_THE_SAME),
        ([0.03, 0.8, 0.99, 1.0], Mistake.INVERTED),
        ([0.731, 0.52, 0.501, 0.5], Mistake.TWICE_SQUASHED),
        ([0.8, 0.93, 0.96, 0.9], Mistake.WRONG_PROMPT),
        ([0.96, 0.93, 0.81, 0.82], Mistake.WRONG_PROMPT),
        ([0.62, 0.4, 0.2, 0.25], Mistake.EMBEDDER),
        ([0.62, 0.4, -0.1, 0.12], Mistake.EMBEDDER),
        ([1e-20, 0.0, 0.0, 0.0], Mistake.ALL_THE_SAME),
        ([0.05, 0.04, 0.01, 0.0], Mistake.NO_DIFFERENCE),
        ([0.95, 0.97, 0.01, 0.0], Mistake.NO_DIFFERENCE),
    ],
)
def test_a_prompted_reranker(scores: list[float], mistake: Mistake | None) -> None:
    """Figures as the threads report them are told apart; only sound ones pass."""
    verdict = judge_scores(scores, prompted=True)
    assert verdict.mistake == mistake
    assert (verdict.status is Status.PROBLEM) == (mistake is not None)


@pytest.mark.parametrize(
    ("scores", "mistake"),
    [
        ([5.1, -3.0, -9.0, -10.0], None),
        ([1.0, 0.44, 0.15, 0.1], None),
        ([-4.0, 1.0, 3.0, 2.0], Mistake.INVERTED),
        ([0.55, 0.5, 0.5, 0.49], Mistake.NO_DIFFERENCE),
    ],
)
def test_any_other_reranker(scores: list[float], mistake: Mistake | None) -> None:
    """Logits and cosines are fine where no probabilities are promised; the order must be right."""
    assert judge_scores(scores, prompted=False).mistake == mistake


def test_a_prompt_that_is_nearly_right_is_a_note() -> None:
    """A server's own template may score a plain match 0.798: usable, and said."""
    verdict = judge_scores([0.798, 0.2, 0.01, 0.01], prompted=True)
    assert (verdict.status, verdict.mistake) == (Status.NOTE, None)


@pytest.mark.parametrize(
    ("similarities", "status", "mistake"),
    [
        ([0.76, 0.5, 0.14, 0.1], Status.OK, None),
        ([0.55, 0.5, 0.4, 0.38], Status.NOTE, None),
        ([0.55, 0.5, 0.5, 0.38], Status.PROBLEM, Mistake.NO_DIFFERENCE),
        ([0.9, 0.9, 0.9, 0.9], Status.PROBLEM, Mistake.ALL_THE_SAME),
        ([0.1, 0.3, 0.6, 0.5], Status.PROBLEM, Mistake.INVERTED),
    ],
)
def test_an_embedder(similarities: list[float], status: Status, mistake: Mistake | None) -> None:
    """The right product must be clearly nearer than an unrelated one."""
    verdict = judge_similarities(similarities)
    assert (verdict.status, verdict.mistake) == (status, mistake)
