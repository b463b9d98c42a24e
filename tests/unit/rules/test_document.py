"""A wrong rule set is refused with the path of its first mistake, and never repeats a value."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.errors import RequestError, RulesError
from es_hybrid.rules import ConditionalBoost, Moment, When, parse_rules
from es_hybrid.rules.boosts import boosts_in_force, read_conditional

SECRET = "s3cret-words"
WRONG: list[tuple[Any, str]] = [
    (SECRET, "rules"),
    ({"pin": []}, "rules.pin"),
    ({"stock": {"action": SECRET}}, "rules.stock.action"),
    ({"stock": {"action": "substitute"}}, "rules.stock"),
    ({"stock": {"factor": 1.0}}, "rules.stock.factor"),
    ({"pins": [{}]}, "rules.pins.0.ids"),
    ({"pins": [{"ids": []}]}, "rules.pins.0.ids"),
    ({"pins": [{"ids": ["1"]}, {"ids": ["2"], "position": 0}]}, "rules.pins.1.position"),
    ({"pins": [{"ids": ["1"], "when": {"query": 7}}]}, "rules.pins.0.when.query.0"),
    ({"pins": [{"ids": ["1"], "when": {}}]}, "rules.pins.0.when"),
    ({"excludes": [{}]}, "rules.excludes.0"),
    ({"excludes": [{"field": "brand"}]}, "rules.excludes.0"),
    ({"excludes": [{"ids": ["1"], "equals": "x"}]}, "rules.excludes.0"),
    ({"excludes": [{"field": "brand", "equals": {}}]}, "rules.excludes.0.equals"),
    ({"caps": [{"field": "", "most": 1}]}, "rules.caps.0.field"),
    ({"caps": [{"field": "brand", "most": 0}]}, "rules.caps.0.most"),
    ({"diversity": {"strength": 1.5}}, "rules.diversity.strength"),
    ({"limits": {"places": -1}}, "rules.limits.places"),
    ({"limits": {"share": float("nan")}}, "rules.limits.share"),
    ({"budget": {"unit": SECRET}}, "rules.budget.unit"),
    ({"boosts": [{"field": "sales"}]}, "rules.boosts.0"),
    ({"boosts": [{"ids": ["1"]}, {"ids": [1]}]}, "rules.boosts.1.ids"),
    ({"boosts": [{"ids": ["1"], "when": {"wrds": "x"}}]}, "rules.boosts.0.when.wrds"),
    ({"boosts": [{"ids": ["1"], "when": 7}]}, "rules.boosts.0.when"),
    ({"profiles": {"sale": [{"ids": []}]}}, "rules.profiles.sale.0.ids"),
    ({"profiles": {"sale": {}}}, "rules.profiles.sale"),
    ({"variants": 7}, "rules.variants"),
]


@pytest.mark.parametrize(("content", "path"), WRONG, ids=[f"{c!r:.60}" for c, _ in WRONG])
def test_every_mistake(content: Any, path: str) -> None:
    """The path is named, the value is not."""
    with pytest.raises(RulesError) as caught:
        parse_rules(content)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")
    assert SECRET not in str(caught.value)


def test_a_plug_in_is_not_looked_for() -> None:
    """A rule set is checked where it is written, the plug-in is installed where it is used."""
    assert parse_rules({"boosts": [{"name": "margin", "when": {"words": "shoe"}}]}).boosts


def test_conditional_boosts_of_a_request() -> None:
    """A request's boosts may have conditions; a mistake in one is the request's."""
    section = [{"ids": ["1"], "when": {"words": "gift"}}, {"ids": ["2"]}]
    boosts = read_conditional(section)
    assert isinstance(boosts[0], ConditionalBoost)
    names = [len(boosts_in_force(boosts, Moment(text=text))) for text in ("a gift", "shoe")]
    assert names == [2, 1]
    with pytest.raises(RequestError) as caught:
        read_conditional([{"ids": ["1"], "when": {"months": [0]}}])
    assert caught.value.path == "ext.hybrid.boosts.0.when.months.0"


def test_a_conditional_boost_is_a_boost() -> None:
    """It has the name, the fields and the factor of the boost it holds."""
    from es_hybrid import Boost, FieldBoost  # noqa: PLC0415
    from es_hybrid.types import BoostContext, Hit  # noqa: PLC0415

    boost = ConditionalBoost(FieldBoost("brand", equals="Acme", by=1.3), When(words=("gift",)))
    assert isinstance(boost, Boost)
    assert (boost.name, tuple(boost.fields)) == ("brand=Acme", ("brand",))
    assert boost.factor(Hit("i", "1", fields={"brand": ["Acme"]}), BoostContext(now_s=0)) == 1.3
