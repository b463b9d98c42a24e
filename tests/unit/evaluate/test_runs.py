"""Recipes and runs."""

from __future__ import annotations

import pytest

from es_hybrid.evaluate import RECIPES, Answer, JudgmentError, Recipe, Run, select_recipes
from es_hybrid.types import Degradation, DegradationReason, Stage


def test_recipes_differ_as_their_names_say() -> None:
    """Lexical has one leg, semantic weighs one leg, hybrid does not rerank, rerank is the default."""
    sections = {name: recipe.section("shoe")["hybrid"] for name, recipe in RECIPES.items()}
    assert list(sections) == ["lexical", "semantic", "fusion", "hybrid", "rerank"]
    assert sections["lexical"]["plan"] == "lexical_only"
    assert sections["semantic"]["fusion"]["weights"] == {"lexical": 0.0, "semantic": 1.0}
    assert sections["fusion"]["fusion"] == {"scores": "window"}
    assert [section.get("rerank") for section in sections.values()] == [*[False] * 4, None]
    assert all(section["boosts"] == [] for section in sections.values())
    assert all(section["text"] == "shoe" for section in sections.values())


def test_a_vector_goes_where_it_is_used() -> None:
    """A query vector made beforehand is sent to every recipe but the lexical one."""
    assert RECIPES["hybrid"].section("shoe", vector=[0.5])["hybrid"]["vector"] == [0.5]
    assert "vector" not in RECIPES["lexical"].section("shoe", vector=[0.5])["hybrid"]


def test_a_section_is_not_shared() -> None:
    """Editing one request's section changes neither the recipe nor the next request."""
    recipe = Recipe("mine", {"window": 50})
    recipe.section("shoe")["hybrid"]["window"] = 1
    assert recipe.section("shoe")["hybrid"]["window"] == 50


def test_selected_recipes_keep_their_order() -> None:
    """Recipes run in the order they are named, each once."""
    names = [recipe.name for recipe in select_recipes(["rerank", "lexical", "rerank"])]
    assert names == ["rerank", "lexical"]


@pytest.mark.parametrize(
    ("names", "said"), [(["bm25"], "unknown recipe 'bm25'"), ([], "no recipe")]
)
def test_unknown_recipes_are_refused(names: list[str], said: str) -> None:
    """The error lists what there is."""
    with pytest.raises(JudgmentError, match=f"{said}.*lexical, semantic, fusion, hybrid, rerank"):
        select_recipes(names)


def test_degradations_are_counted_by_query() -> None:
    """A reason counts once a query; only what broke or was too slow is a fault."""
    slow = Degradation(Stage.RERANK, DegradationReason.TIMEOUT)
    foreign = Degradation(Stage.EMBED, DegradationReason.LANGUAGE)
    run = Run(
        "rerank",
        (
            Answer("q1", (), 1.0, degraded=(slow, slow)),
            Answer("q2", (), 1.0, degraded=(slow, foreign)),
            Answer("q3", (), 1.0, degraded=(foreign,)),
            Answer("q4", (), 1.0),
        ),
    )
    assert run.degraded() == {"rerank: timeout": 2, "embed: language": 2}
    assert run.faults() == 2
