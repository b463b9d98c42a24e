"""How a contract is judged: calls are made first, then rules look at the answers.

The rules are generators of what is broken, so each contract exists once and serves both flavours:
only making the calls differs.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from es_hybrid.errors import HybridWarning

TIMEOUT_S = 60.0
"""Seconds allowed for a call: a check is about answers, and a model may have to load first."""

_LONGEST_MESSAGE = 200


class ContractViolation(AssertionError):
    """A plug-in breaks its contract; the message lists every broken rule.

    Attributes:
        subject: The plug-in's type.
        broken: One sentence per broken rule.

    Example:
        >>> print(ContractViolation("OneForAll", ("One finite score per text: 3 texts gave 1",)))
        OneForAll breaks its contract:
        - One finite score per text: 3 texts gave 1
    """

    def __init__(self, subject: str, broken: tuple[str, ...]) -> None:
        super().__init__(subject, broken)
        self.subject = subject
        self.broken = broken

    def __str__(self) -> str:
        return "\n- ".join((f"{self.subject} breaks its contract:", *self.broken))


class Broken(NamedTuple):
    """A rule, and what was seen instead."""

    rule: str
    seen: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gave.

    Attributes:
        value: What was returned.
        error: What was raised.
        edited: Whether the call changed the list that it was given.
    """

    value: Any = None
    error: Exception | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Relevance:
    """A query, a text that answers it and one that does not, in words the model knows."""

    query: str
    relevant: str
    unrelated: str


def conclude(plugin: object, broken: Iterable[Broken], remarks: Iterable[str] = ()) -> None:
    """Warn of each remark, then raise where a rule is broken.

    Raises:
        ContractViolation: Lists each broken rule once, with the first thing seen.
    """
    subject = subject_of(plugin)
    first: dict[str, str] = {}
    for rule, seen in broken:
        first.setdefault(rule, seen)
    for remark in () if first else remarks:
        warnings.warn(f"{subject}: {remark}", HybridWarning, stacklevel=3)
    if first:
        raise ContractViolation(subject, tuple(f"{rule}: {seen}" for rule, seen in first.items()))


def subject_of(plugin: object) -> str:
    """Return what a plug-in is called: a function's own name, otherwise that of its type."""
    return getattr(plugin, "__qualname__", type(plugin).__qualname__)


def described(error: Exception) -> str:
    """Say which exception came, short enough for a list."""
    message = " ".join(str(error).split())[:_LONGEST_MESSAGE]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def read_scores(value: Any, count: int) -> list[float] | str:
    """Return one finite score per item, or what is wrong with them.

    Example:
        >>> read_scores([0.5, float("nan")], 2), read_scores([0.5], 2)
        ('score 1 is nan', '2 went in, 1 came out')
    """
    try:
        scores = [float(score) for score in value]
    except (TypeError, ValueError):
        return f"a {type(value).__name__} came, which is not a list of numbers"
    if len(scores) != count:
        return f"{count} went in, {len(scores)} came out"
    for position, score in enumerate(scores):
        if not math.isfinite(score):
            return f"score {position} is {score}"
    return scores
