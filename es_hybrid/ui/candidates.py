"""The rerank page: a pasted list of products, and the order that a reranker gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from es_hybrid.instructions import BRAND_TASK, RERANK_TASKS

__all__ = ["MOST", "RankedText", "candidates_in", "ranked", "tasks"]

MOST = 200
"""Lines that are ranked; more would let a visitor's paste keep a model busy for minutes."""


@dataclass(frozen=True, slots=True)
class RankedText:
    """One pasted line, ranked.

    Attributes:
        place: From 1.
        was: Its line, from 1.
        text: The line.
        score: The reranker's own score.
        share: Length of its bar, 0 to 1: 0 is the worst of the list, 1 the best.
    """

    place: int
    was: int
    text: str
    score: float
    share: float


def candidates_in(pasted: str) -> list[str]:
    r"""Return the lines that are to be ranked, without empty ones.

    Example:
        >>> candidates_in("red shoe\n\n  blue shoe ")
        ['red shoe', 'blue shoe']
    """
    return [line.strip() for line in pasted.splitlines() if line.strip()]


def ranked(texts: Sequence[str], scores: Sequence[float]) -> list[RankedText]:
    """Return texts best first; equal ones stay as they were.

    Example:
        >>> [row.text for row in ranked(["a", "b"], [0.1, 0.9])]
        ['b', 'a']
    """
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    width = high - low
    order = sorted(range(len(texts)), key=lambda line: -scores[line])
    return [
        RankedText(
            place=place,
            was=line + 1,
            text=texts[line],
            score=scores[line],
            share=(scores[line] - low) / width if width else 1.0,
        )
        for place, line in enumerate(order, start=1)
    ]


def tasks(*, chinese: bool) -> list[tuple[str, str]]:
    """Return label and name of the ready tasks; after them a shop may write its own.

    Example:
        >>> tasks(chinese=True)[0]
        ('product-search:zh', 'product-search:zh')
    """
    ending = ":zh" if chinese else ""
    names = [f"{name}{ending}" for name in RERANK_TASKS]
    return [(name, name) for name in [*names, f"{BRAND_TASK}Acme"]]
