"""A question whose answer is known, and what a model's answer to it says of its set-up. Pure.

A server with the wrong prompt, the wrong head or the wrong pooling answers 200 and numbers. The
thresholds follow what is known of Qwen3 models: with the right prompt a right pair scores above 0.8
and an unrelated one below 0.1; cosines of an embedder rarely do both; without the prompt, or with
two, everything scores high; a sigmoid of a probability lies between 0.5 and 0.731.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from es_hybrid.cli.checks.check import Status

__all__ = ["QUERY", "TEXTS", "Mistake", "Verdict", "judge_scores", "judge_similarities"]

QUERY = "wireless noise cancelling headphones"
TEXTS = (
    "Wireless over-ear headphones with active noise cancelling, 30 hours of battery",
    "Wired in-ear earphones with a remote on the cable",
    "Stainless steel garlic press, dishwasher safe",
    "Cotton bath towel, 70 by 140 cm, white",
)
"""The right product, a near miss, and two that have nothing to do with the query."""

_MARGIN = 0.1
_USUAL_MARGIN = 0.2
_RIGHT, _UNRELATED = 0.8, 0.1
_HALF, _TWICE_SQUASHED = 0.5, 0.7311  # sigmoid(0) and sigmoid(1)
_SAME = 1e-6


class Mistake(StrEnum):
    """What a model's answers look like."""

    ALL_THE_SAME = "all_the_same"
    INVERTED = "inverted"
    TWICE_SQUASHED = "twice_squashed"
    WRONG_PROMPT = "wrong_prompt"
    EMBEDDER = "embedder"
    NO_DIFFERENCE = "no_difference"


class Verdict(NamedTuple):
    """What the answers to the golden question say.

    Attributes:
        status: Whether searches may use the model.
        mistake: What it looks like, where something is wrong.
        words: The same for a person.
    """

    status: Status
    mistake: Mistake | None
    words: str


def judge_scores(scores: Sequence[float], *, prompted: bool) -> Verdict:
    """Return what the scores of `TEXTS` say of a reranker.

    Args:
        scores: One a text, in the order of `TEXTS`.
        prompted: Whether the model is a Qwen3-Reranker, whose scores are probabilities.

    Example:
        >>> judge_scores([0.04, 0.99, 0.99, 0.99], prompted=True).mistake
        <Mistake.INVERTED: 'inverted'>
    """
    right, *others = scores
    unrelated = others[1:]
    if max(scores) - min(scores) < _SAME:
        return _wrong(Mistake.ALL_THE_SAME, "all scores are the same")
    if prompted and min(scores) >= _HALF:
        if max(scores) <= _TWICE_SQUASHED:
            words = "all scores lie between 0.5 and 0.731, as where the sigmoid is applied twice"
            return _wrong(Mistake.TWICE_SQUASHED, words)
        words = "unrelated products score high, as without the model's prompt or with two"
        return _wrong(Mistake.WRONG_PROMPT, words)
    if right < min(unrelated) - _MARGIN:
        return _wrong(
            Mistake.INVERTED, "a wrong product beats the right one: the order is inverted"
        )
    if prompted and right < _RIGHT and max(unrelated) > _UNRELATED:
        words = "the scores look like cosines of an embedder, not like probabilities"
        return _wrong(Mistake.EMBEDDER, words)
    if right - max(others) < _MARGIN:
        return _wrong(Mistake.NO_DIFFERENCE, "a right product is hardly above a wrong one")
    if prompted and (right < _RIGHT or max(unrelated) > _UNRELATED):
        words = "the order is right, but above 0.8 and below 0.1 are usual"
        return Verdict(Status.NOTE, None, words)
    return Verdict(Status.OK, None, "")


def judge_similarities(similarities: Sequence[float]) -> Verdict:
    """Return what the cosines between query and `TEXTS` say of an embedder.

    Example:
        >>> judge_similarities([0.76, 0.4, 0.14, 0.1]).status
        <Status.OK: 'ok'>
    """
    right, unrelated = similarities[0], similarities[2:]
    margin = right - max(unrelated)
    if max(similarities) - min(similarities) < _SAME:
        return _wrong(Mistake.ALL_THE_SAME, "every text has the same vector")
    if right < min(unrelated) - _MARGIN:
        return _wrong(Mistake.INVERTED, "an unrelated product is nearer than the right one")
    if margin < _MARGIN:
        words = f"the right product is only {margin:.3f} nearer than an unrelated one"
        return _wrong(Mistake.NO_DIFFERENCE, words)
    if margin < _USUAL_MARGIN:
        words = f"the right product is {margin:.3f} nearer than an unrelated one; 0.2 is usual"
        return Verdict(Status.NOTE, None, words)
    return Verdict(Status.OK, None, "")


def _wrong(mistake: Mistake, words: str) -> Verdict:
    return Verdict(Status.PROBLEM, mistake, words)
