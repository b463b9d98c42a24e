"""Of a rule set, exactly the rules whose conditions hold are in force."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.policies import Cap, Diversity, Exclusion, Pin, StockAction
from es_hybrid.query.schema import Money
from es_hybrid.rank.price_window import PriceWindowBoost
from es_hybrid.rules import Moment, ReadyRules, parse_rules
from es_hybrid.rules.in_force import NO_RULES

WHEN = {"query": "shoe"}


def at(rules: dict[str, Any], text: str = "", *, money: Money | None = None) -> Any:
    ready = ReadyRules.of(parse_rules(rules), source="test@1")
    return ready.at(Moment.of(text, context=None, now_s=0), text=text, money=money)


def test_nothing() -> None:
    """Without rules nothing is in force."""
    found = NO_RULES.at(Moment())
    assert (found.boosts, found.policies.reorder, found.policies.fields) == ((), False, ())
    assert found.policies.source is None


@pytest.mark.parametrize(("text", "holds"), [("shoe", True), ("boot", False)])
def test_each_kind_of_rule_has_conditions(text: str, holds: bool) -> None:
    """Boosts, pins, exclusions, caps and variety are in force for their queries alone."""
    rules = {
        "boosts": [{"ids": ["1"], "when": WHEN}],
        "pins": [{"ids": ["1", "2"], "position": 3, "when": WHEN}],
        "excludes": [{"field": "brand", "equals": ["A", "B"], "when": WHEN}],
        "caps": [{"field": "brand", "most": 2, "when": WHEN}],
        "diversity": {"field": "brand", "when": WHEN},
    }
    found = at(rules, text)
    policies = found.policies
    if not holds:
        assert (found.boosts, policies.reorder, policies.exclusions) == ((), False, ())
        return
    assert len(found.boosts) == 1
    assert policies.pins == (Pin("1", 3), Pin("2", 4))
    assert policies.exclusions == (Exclusion(field="brand", values=("A", "B")),)
    assert policies.caps == (Cap("brand", 2),)
    assert policies.diversity == Diversity("brand")
    assert policies.source == "test@1"


def test_pins_keep_the_order_of_the_rules() -> None:
    """Rules for whole queries, for patterns and for all are tried in the order they were written."""
    rules = {
        "pins": [
            {"ids": ["all"]},
            {"ids": ["whole"], "when": {"query": ["boot", "Shoe"]}},
            {"ids": ["pattern"], "when": {"query": "sh*"}},
            {"ids": ["dated"], "when": {"query": "shoe", "until": "1960-01-01T00:00:00Z"}},
            {"ids": ["words"], "when": {"words": "shoe"}},
        ]
    }
    assert [pin.id for pin in at(rules, "shoe").policies.pins] == [
        "all",
        "whole",
        "pattern",
        "words",
    ]
    assert [pin.id for pin in at(rules, "boot").policies.pins] == ["all", "whole"]


def test_the_stock_rule_as_a_policy() -> None:
    """What the rule says arrives, defaults included, and its fields are fetched where needed."""
    stock = at({"stock": {"equals": True, "field": "in_stock", "missing": "sold_out"}}).policies
    assert stock.stock is not None
    assert stock.stock.action is StockAction.BURY
    assert (stock.stock.equals, stock.stock.missing_is_in_stock) == ((True,), False)
    assert stock.fields == ("in_stock",)
    assert at({"stock": {"action": "hide"}}).policies.fields == ()
    pinned = {"stock": {"action": "hide"}, "pins": [{"ids": ["1"], "in_stock_only": True}]}
    assert at(pinned).policies.fields == ("stock",)
    swap = at({"stock": {"action": "substitute", "group": "g"}, "diversity": {}}).policies
    assert (swap.fields, swap.compares_vectors) == (("stock", "g"), True)


def test_variety_of_no_strength_is_none() -> None:
    """Strength 0 compares nothing and fetches nothing."""
    assert at({"diversity": {"strength": 0.0}}).policies.diversity is None


@pytest.mark.parametrize(
    ("text", "money", "rule", "window"),
    [
        ("shoe under €50", Money("EUR"), {}, (None, 50.0)),
        ("shoe under €50", Money("EUR", "minor"), {}, (None, 5000.0)),
        ("shoe under €50", Money("eur"), {"unit": "minor"}, (None, 5000.0)),
        ("shoe under €50", Money("USD"), {}, None),
        ("shoe under €50", None, {}, None),
        ("shoe under €50", None, {"currency": "EUR"}, (None, 50.0)),
        ("shoe under $50", Money("USD"), {}, (None, 50.0)),
        ("shoe under $50", Money("EUR"), {}, None),
        ("耳机 预算500元左右", Money("CNY"), {}, (400.0, 600.0)),
        ("耳机 预算500左右", Money(None), {}, (400.0, 600.0)),
        ("shoe", Money("EUR"), {}, None),
    ],
)
def test_a_budget(text: str, money: Money | None, rule: Any, window: Any) -> None:
    """A budget becomes a window in the index's unit, and nothing guesses a currency."""
    boosts = at({"budget": rule}, text, money=money).boosts
    if window is None:
        assert boosts == ()
        return
    (boost,) = boosts
    assert isinstance(boost, PriceWindowBoost)
    assert (boost.low, boost.high) == window
