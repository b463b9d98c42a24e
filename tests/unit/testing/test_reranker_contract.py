"""A reranker that breaks its contract is told which rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from es_hybrid.errors import HybridWarning
from es_hybrid.testing import (
    ContractViolation,
    ScriptedReranker,
    check_reranker,
)


def overlap(query: str, text: str) -> float:
    return float(len(set(query.lower().split()) & set(text.lower().split())))


@dataclass
class Scored:
    """A reranker whose answer is made of query and texts."""

    answer: Callable[[str, list[str]], Any]

    def rerank(self, query: str, texts: Any, *, instruction: str | None, timeout_s: float) -> Any:
        if instruction and self.answer is refuses_instructions:
            raise ValueError("no instructions, please")
        return self.answer(query, texts)


def honest(query: str, texts: list[str]) -> list[float]:
    return [overlap(query, text) for text in texts]


def refuses_instructions(query: str, texts: list[str]) -> list[float]:
    return honest(query, texts)


def without_blanks(query: str, texts: list[str]) -> list[float]:
    return honest(query, [text for text in texts if text.strip()])


def one_for_nothing(query: str, texts: list[str]) -> list[float]:
    return honest(query, texts) or [0.0]


def popped(query: str, texts: list[str]) -> list[float]:
    scores = honest(query, texts)
    texts.clear()
    return scores


CALLS = count()
RERANKERS: list[tuple[Callable[[str, list[str]], Any], str]] = [
    (lambda q, t: honest(q, t)[:1] if t else [], "One finite score per text .*: 5 went in, 1 came"),
    (lambda q, t: [math.nan] * len(t), "One finite score per text is returned: score 0 is nan"),
    (lambda q, t: dict.fromkeys(t, "high"), "One finite score per text .*: a dict came"),
    (lambda q, t: None if t else [], "One finite score per text .*: a NoneType came"),
    (lambda q, t: sorted(honest(q, t), reverse=True), "Scores follow their texts.*: one text got"),
    (lambda q, t: [s + next(CALLS) for s in honest(q, t)], "The same call gives the same scores"),
    (refuses_instructions, "with and without an instruction: ValueError: no instructions, please"),
    (without_blanks, "A blank text gets a score.*: 6 went in, 5 came out"),
    (one_for_nothing, "An empty list gives an empty answer: 0 went in, 1 came out"),
    (popped, "The list of texts is left as it is"),
]


@pytest.mark.parametrize(("answer", "sentence"), RERANKERS)
def test_a_broken_reranker_is_told_which_rule(
    answer: Callable[[str, list[str]], Any], sentence: str
) -> None:
    """Each rule is found broken, and said in a sentence with what was seen."""
    with pytest.raises(ContractViolation, match=sentence):
        check_reranker(Scored(answer))


def test_a_reranker_that_prefers_the_unrelated_is_remarked_on() -> None:
    """Scores turned upside down break no rule, and are what a shop must know of."""
    with pytest.warns(HybridWarning, match="a relevant text got -3, an unrelated one"):
        check_reranker(ScriptedReranker(lambda query, text: -overlap(query, text.replace(",", ""))))
