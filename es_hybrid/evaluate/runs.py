"""What is compared: recipes, and what they answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from es_hybrid.evaluate.judgments import JudgmentError
from es_hybrid.types import Degradation, DegradationReason, Json

__all__ = ["FAULTS", "RECIPES", "Answer", "Recipe", "Run", "select_recipes"]

FAULTS = frozenset(
    {
        DegradationReason.TIMEOUT,
        DegradationReason.SERVICE_ERROR,
        DegradationReason.CONTRACT,
        DegradationReason.BREAKER_OPEN,
        DegradationReason.LEG_FAILED,
    }
)
"""Reasons that are somebody's failure, and not a choice."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A way to search.

    Attributes:
        name: Shown in the report.
        options: The `ext.hybrid` section, without text and vector.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def section(self, text: str, *, vector: Sequence[float] | None = None) -> Json:
        """Return the `ext` section of one query.

        Args:
            text: The shopper's words.
            vector: The query's vector, where it was made beforehand.

        Example:
            >>> RECIPES["lexical"].section("shoe")["hybrid"]["plan"]
            'lexical_only'
        """
        section: Json = {"text": text, **self.options}
        if vector is not None and self.options.get("plan") != "lexical_only":
            section["vector"] = list(vector)
        return {"hybrid": section}


# Boosts and rules tilt relevance on purpose, so they are off where relevance is judged; a learned
# model is judged by `es-hybrid score`.
RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            Recipe(
                "lexical",
                {
                    "plan": "lexical_only",
                    "rerank": False,
                    "boosts": [],
                    "rules": False,
                    "learned": False,
                },
            ),
            Recipe(
                "semantic",
                {
                    "fusion": {"method": "linear", "weights": {"lexical": 0.0, "semantic": 1.0}},
                    "rerank": False,
                    "boosts": [],
                    "rules": False,
                    "learned": False,
                },
            ),
            Recipe(
                "fusion",
                {
                    "fusion": {"scores": "window"},
                    "rerank": False,
                    "boosts": [],
                    "rules": False,
                    "learned": False,
                },
            ),
            Recipe("hybrid", {"rerank": False, "boosts": [], "rules": False, "learned": False}),
            Recipe("rerank", {"boosts": [], "rules": False, "learned": False}),
        )
    }
)
"""The recipes that are built in, by name, simplest first."""


def select_recipes(names: Sequence[str]) -> tuple[Recipe, ...]:
    """Return the built-in recipes of these names, in this order.

    Raises:
        JudgmentError: A name is unknown, or none is given.

    Example:
        >>> [recipe.name for recipe in select_recipes(["hybrid", "lexical"])]
        ['hybrid', 'lexical']
    """
    unknown = [name for name in names if name not in RECIPES]
    if unknown or not names:
        what = f"unknown recipe {unknown[0]!r}" if unknown else "no recipe is named"
        raise JudgmentError(what, hint=f"choose from {', '.join(RECIPES)}")
    return tuple(RECIPES[name] for name in dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Answer:
    """What one query got.

    Attributes:
        query_id: The judged query.
        ranking: Product ids, best first, as deep as the metrics look.
        took_ms: Wall-clock milliseconds of one search of a page.
        stages_ms: The same, a stage.
        degraded: What the searches went without.
        scores: One a product of the ranking, where they are known; higher is better.
    """

    query_id: str
    ranking: tuple[str, ...]
    took_ms: float = 0.0
    stages_ms: Mapping[str, float] = field(default_factory=dict)
    degraded: tuple[Degradation, ...] = ()
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One recipe's answers to all queries."""

    recipe: str
    answers: tuple[Answer, ...]

    def filled(self, query_ids: Iterable[str]) -> Run:
        """Return the run with an empty answer to each of these queries that it lacks.

        A system that finds nothing for a query leaves it out of a TREC run.

        Example:
            >>> Run("theirs", ()).filled(["q1"]).answers[0].ranking
            ()
        """
        known = {answer.query_id for answer in self.answers}
        empty = tuple(Answer(query, ()) for query in query_ids if query not in known)
        return replace(self, answers=(*self.answers, *empty))

    def degraded(self) -> dict[str, int]:
        """Count the queries that went without something, by `"stage: reason"`."""
        return dict(
            Counter(
                reason
                for answer in self.answers
                for reason in dict.fromkeys(f"{d.stage}: {d.reason}" for d in answer.degraded)
            ).most_common()
        )

    def faults(self) -> int:
        """Count the queries whose answer was worse because something broke or was too slow."""
        return sum(any(d.reason in FAULTS for d in a.degraded) for a in self.answers)
