"""A boost or a fuser that would fail a search is found before one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from es_hybrid.errors import HybridWarning
from es_hybrid.rank.fuse import linear
from es_hybrid.testing import (
    ContractViolation,
    check_boost,
    check_fuser,
)
from es_hybrid.types import BoostContext, FusionOptions, Hit

CALLS = count()


@dataclass
class Factor:
    """A boost of one function."""

    of: Callable[[Hit], Any]
    name: str = "factor"
    fields: Any = ("margin",)

    def factor(self, hit: Hit, context: BoostContext) -> Any:
        return self.of(hit)


@pytest.mark.parametrize(
    ("boost", "sentence"),
    [
        (Factor(lambda hit: 0.0), "finite number above 0: with no field it is 0.0"),
        (Factor(lambda hit: math.inf), "finite number above 0: with no field it is inf"),
        (Factor(lambda hit: None), "finite number above 0: with no field it is None"),
        (Factor(lambda hit: hit.fields["margin"][0]), "for any product.*with no field, KeyError"),
        (
            Factor(lambda hit: 1 + abs(float(hit.fields.get("margin", [0])[0]))),
            "for any product.*with a text, ValueError",
        ),
        (Factor(lambda hit: 1 + len(hit.fields.get("price", ()))), "no other is fetched: price"),
        (Factor(lambda hit: 1 + ("price" in hit.fields)), "no other is fetched: price"),
        (Factor(lambda hit: 1.0 + next(CALLS)), "The same product gets the same"),
        (Factor(lambda hit: 1.0, name=""), "`name` is a short text: it is ''"),
        (Factor(lambda hit: 1.0, fields="margin"), "`fields` lists the names .*: it is a str"),
        (Factor(lambda hit: 1.0, fields=(1,)), "`fields` lists the names .*: one of them"),
    ],
)
def test_a_broken_boost_is_told_which_rule(boost: Factor, sentence: str) -> None:
    """What would fail a search, or quietly read nothing, is found before one."""
    with pytest.raises(ContractViolation, match=sentence):
        check_boost(boost)


def test_a_boost_serves_both_clients() -> None:
    """One that must be awaited is refused; nothing is left unawaited."""

    class Awaited:
        name = "awaited"
        fields = ()

        async def factor(self, hit: Hit, context: BoostContext) -> float:
            return 1.0

    with pytest.raises(ContractViolation, match="it is a coroutine method"):
        check_boost(Awaited())  # type: ignore[arg-type]
    with pytest.raises(ContractViolation, match="there is no such attribute"):
        check_boost(object())  # type: ignore[arg-type]


def test_a_shops_own_products_are_tried() -> None:
    """A value that only this shop has can be handed in."""
    boost = Factor(lambda hit: -1.0 if hit.fields.get("margin") == ["sold out"] else 1.0)
    check_boost(boost)
    with pytest.raises(ContractViolation, match="with product 1 of yours it is -1"):
        check_boost(boost, hits=[Hit("products", "1", fields={"margin": ["sold out"]})])


def lexical(hits: Sequence[Hit], options: FusionOptions) -> Any:
    return [hit.lexical_score / 10 for hit in hits]  # type: ignore[operator]


def by_place(hits: Sequence[Hit], options: FusionOptions) -> Any:
    return [1 / place for place in range(1, len(hits) + 1)]


async def awaited(hits: Sequence[Hit], options: FusionOptions) -> Any:
    return [0.0 for _ in hits]


@pytest.mark.parametrize(
    ("fuser", "sentence"),
    [
        (lexical, "lexical breaks .*Any candidates are fused.*both legs.*TypeError"),
        (by_place, "Scores follow their hits"),
        (awaited, "it must be awaited"),
        (None, "it cannot be called"),
        (lambda hits, options: linear(hits, options) * 10, "Scores are from 0 to 1: .*10"),
        (lambda hits, options: linear(hits, options)[:1], "5 went in, 1 came out"),
        (lambda hits, options: [math.nan for _ in hits], "score 0 is nan"),
    ],
)
def test_a_broken_fuser_is_told_which_rule(fuser: Any, sentence: str) -> None:
    """Each rule is found broken, with the candidates and options that show it."""
    with pytest.raises(ContractViolation, match=rf"(?s){sentence}"):
        check_fuser(fuser)


def test_a_fuser_that_prefers_the_last_is_remarked_on() -> None:
    """A fusion turned upside down breaks no rule, and is worth a warning."""
    with pytest.warns(HybridWarning, match="the best hit of both legs got 0, the last of both 1"):
        check_fuser(lambda hits, options: 1.0 - linear(hits, options))
