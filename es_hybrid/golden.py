"""A question whose answer is known, and what a model's answer to it says of its set-up. Pure.

A server with the wrong prompt, the wrong head or the wrong pooling answers 200 and numbers. The
thresholds follow what is known of Qwen3 models: with the right prompt a right pair scores above 0.8
and an unrelated one below 0.1; cosines of an embedder rarely do both; without the prompt, or with
two, everything scores high; a sigmoid of a probability lies between 0.5 and 0.731.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from es_hybrid.checks import Check, Status
from es_hybrid.errors import HybridError

__all__ = [
    "EMBEDDER_DOWN",
    "QUERY",
    "RERANKER_DOWN",
    "TEXTS",
    "Mistake",
    "Similarities",
    "Verdict",
    "check_scores",
    "check_similarities",
    "failed_check",
    "judge_scores",
    "judge_similarities",
]

QUERY = "wireless noise cancelling headphones"
TEXTS = (
    "Wireless over-ear headphones with active noise cancelling, 30 hours of battery",
    "Wired in-ear earphones with a remote on the cable",
    "Stainless steel garlic press, dishwasher safe",
    "Cotton bath towel, 70 by 140 cm, white",
)
"""The right product, a near miss, and two that have nothing to do with the query."""

EMBEDDER_DOWN = "start it, or correct ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL"
RERANKER_DOWN = "start it, or correct ES_HYBRID_RERANK__URL and ES_HYBRID_RERANK__DIALECT"
"""What to do about a model that does not answer."""

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


_EMBEDDER_HINTS: Mapping[Mistake, str] = MappingProxyType(
    {
        Mistake.ALL_THE_SAME: (
            "the server pools the wrong token: Qwen3-Embedding wants the last one"
        ),
        Mistake.INVERTED: "this is no embedding model of texts, or its vectors are damaged",
        Mistake.NO_DIFFERENCE: (
            "start the server with a text embedding model and, for Qwen3-Embedding, pooling of the"
            " last token; an old GGUF file may lack the end token"
        ),
    }
)
_RERANKER_HINTS: Mapping[Mistake, str] = MappingProxyType(
    {
        Mistake.ALL_THE_SAME: "restart or update the server: some builds answer 0.5 to everything",
        Mistake.INVERTED: (
            "the server takes yes for no: with vLLM, classifier_from_token must be"
            ' ["no","yes"] in that order'
        ),
        Mistake.TWICE_SQUASHED: "leave out what applies a sigmoid between the model and this client",
        Mistake.WRONG_PROMPT: (
            "exactly one side must apply the prompt: start the server with its --chat-template and"
            " set ES_HYBRID_RERANK__TEMPLATE=server, or start it without and set client"
        ),
        Mistake.EMBEDDER: (
            "start the server as a classifier: with vLLM, --hf-overrides as in docs/models.md"
        ),
        Mistake.NO_DIFFERENCE: (
            "the model, its prompt template or the dialect is not the one that the settings say"
        ),
    }
)


class Similarities(NamedTuple):
    """What an embedder answers to the golden question.

    Attributes:
        cosines: Between the query and each text.
        dims: Length of its vectors.
        alike: Cosine between one text's vectors, embedded alone and in a batch.
    """

    cosines: Sequence[float]
    dims: int
    alike: float


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


def check_similarities(cosines: Sequence[float], *, name: str) -> Check:
    """Return what the cosines between query and `TEXTS` say, for a person.

    Example:
        >>> check_similarities([0.7, 0.4, 0.1, 0.1], name="embedder").detail
        'cosine of a right product 0.700, of an unrelated one 0.100'
    """
    verdict = judge_similarities(cosines)
    detail = (
        f"cosine of a right product {cosines[0]:.3f}, of an unrelated one {max(cosines[2:]):.3f}"
    )
    if verdict.words:
        detail = f"{detail}; {verdict.words}"
    hint = _EMBEDDER_HINTS.get(verdict.mistake, "") if verdict.mistake else ""
    return Check(name, verdict.status, detail, hint)


def check_scores(
    scores: Sequence[float], verdict: Verdict, *, name: str, prompt: str = "", hint: str = ""
) -> Check:
    """Return what the scores of `TEXTS` say, for a person.

    Args:
        scores: One a text.
        verdict: See `judge_scores`.
        name: What the check is called.
        prompt: Who applies the prompt, in words.
        hint: What to change, where more is known than the verdict says.

    Example:
        >>> scores = [0.9, 0.3, 0.01, 0.01]
        >>> check_scores(scores, judge_scores(scores, prompted=True), name="reranker").detail
        'a right product scores 0.900, an unrelated one 0.010'
    """
    said = f"a right product scores {scores[0]:.3f}, an unrelated one {max(scores[2:]):.3f}"
    detail = "; ".join(filter(None, (said, prompt, verdict.words)))
    usual = _RERANKER_HINTS[verdict.mistake] if verdict.mistake else ""
    return Check(name, verdict.status, detail, hint or usual)


def failed_check(error: Exception, *, name: str, hint: str) -> Check:
    """Return that a model did not answer at all."""
    known = isinstance(error, HybridError)
    detail = str(error) if known else f"{type(error).__name__}: {error}"
    return Check(name, Status.PROBLEM, detail, hint)


def _wrong(mistake: Mistake, words: str) -> Verdict:
    return Verdict(Status.PROBLEM, mistake, words)
