"""What the rules and a request say of new products."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.errors import RequestError
from es_hybrid.policies import Exploration
from es_hybrid.query.options import parse_options
from es_hybrid.rules import Moment, ReadyRules, parse_rules
from es_hybrid.rules.explore import asked_exploration

RULE = Exploration(slots=2, first_place=4)


def in_force(asked: Any, rule: Exploration | None = RULE) -> Exploration | None:
    return asked_exploration(parse_options({"explore": asked}).explore, rule)


def test_a_rule_by_its_condition() -> None:
    """New products get places only where the rule's condition holds."""
    rules = parse_rules({"explore": {"slots": 2, "when": {"words": ["gift"]}}})
    ready = ReadyRules.of(rules, source="r")
    found = [ready.at(Moment(text=text)).policies.explore for text in ("a gift", "shoe")]
    assert found == [Exploration(slots=2), None]
    off = ReadyRules.of(parse_rules({"explore": {"slots": 0}}), source="r")
    assert off.at(Moment()).policies.explore is None


def test_a_request_stands_in_place_of_the_rule_key_by_key() -> None:
    """What the request does not say, the rule says."""
    assert in_force({"slots": 1}) == Exploration(slots=1, first_place=4)
    assert in_force({"impressions": {"p1": 3}, "seed": "s"}) == Exploration(
        slots=2, first_place=4, impressions={"p1": 3}, seed="s"
    )


@pytest.mark.parametrize(
    ("asked", "rule", "wanted"),
    [
        (False, RULE, None),
        ({"slots": 0}, RULE, None),
        (True, RULE, RULE),
        (True, None, Exploration()),
        ({"slots": 3}, None, Exploration(slots=3)),
        ({"seed": "s"}, None, None),
    ],
)
def test_who_gives_places(asked: Any, rule: Exploration | None, wanted: Exploration | None) -> None:
    """`false` takes them away; only `true` or `slots` gives what the rules do not give."""
    assert in_force(asked, rule) == wanted


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"slots": -1}, "explore.slots"),
        ({"impressions": {"p1": -1}}, "explore.impressions.p1"),
        ({"places": 3}, "explore.places"),
    ],
)
def test_mistakes_are_named(asked: Any, path: str) -> None:
    """A wrong or unknown key names its path."""
    with pytest.raises(RequestError) as caught:
        in_force(asked)
    assert caught.value.path == f"ext.hybrid.{path}"
