"""From who is searching to a boost."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.errors import RequestError
from es_hybrid.query.options import parse_options
from es_hybrid.rules.shopper import shopper_boost
from es_hybrid.types import BoostContext, Hit
from es_hybrid.wire.cache_keys import result_key


def boosted(user: dict[str, Any], **fields: Any) -> float:
    """Return the factor of a product for a shopper."""
    boost = shopper_boost(parse_options({"user": user}).user, now_s=0)
    hit = Hit("i", "1", fields={name: [value] for name, value in fields.items()})
    return 1.0 if boost is None else boost.factor(hit, BoostContext(now_s=0))


def test_events_and_preferences_become_a_boost() -> None:
    """What was bought, and what is said to be liked, is raised; its fields may have other names."""
    bought = {"events": [{"event": "purchase", "at": "1970-01-01T00:00:00Z", "brand": "Acme"}]}
    assert boosted(bought, brand="Acme") == 1.25
    assert boosted({"brands": ["Acme"], "factor": 1.5}, brand="Acme") == 1.5
    named = {"brands": ["Acme"], "fields": {"brand": "supplier"}}
    assert boosted(named, supplier="Acme") == 1.25


@pytest.mark.parametrize("user", [{}, {"brands": ["Acme"], "opt_out": True}])
def test_nobody_is_known_without_leave(user: dict[str, Any]) -> None:
    """A shopper who opts out, or of whom nothing is said, is ranked like everybody."""
    assert shopper_boost(parse_options({"user": user}).user, now_s=0) is None


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ({"events": [{"event": "stole"}]}, "user.events.0.event"),
        ({"prices": {"lowest": -1}}, "user.prices.lowest"),
        ({"name": "Ann"}, "user.name"),
        ({"factor": 9}, "user.factor"),
    ],
)
def test_mistakes_are_named(user: dict[str, Any], path: str) -> None:
    """A wrong or unknown key names its path, and does not repeat what it holds."""
    with pytest.raises(RequestError) as caught:
        parse_options({"user": user})
    assert path in caught.value.path
    assert "Ann" not in str(caught.value)


def test_nothing_personal_is_kept() -> None:
    """The answer to a shopper who is known is not remembered for anybody."""
    section = {"hybrid": {"text": "shoe", "user": {"brands": ["Acme"]}}}
    assert result_key({"index": "products", "ext": section}) is None
