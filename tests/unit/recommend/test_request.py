"""The arguments of a recommendation: what is understood, and what is refused with its name."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.errors import RequestError
from es_hybrid.query.shopper import User
from es_hybrid.rank.personal import Event, Shopper
from es_hybrid.recommend.request import read_recommend
from es_hybrid.types import Recommended


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ({"like": "p1"}, Recommended.SIMILAR),
        ({"like": []}, Recommended.SIMILAR),
        ({"cart": ["p1", "p2"]}, Recommended.BOUGHT_TOGETHER),
        ({"user": {"brands": ["Acme"]}}, Recommended.FOR_YOU),
        ({"user": Shopper(brands=("Acme",))}, Recommended.FOR_YOU),
        ({"user": User()}, Recommended.FOR_YOU),
        ({"like": ["p1"], "user": {"brands": ["Acme"]}}, Recommended.SIMILAR),
        ({}, Recommended.TRENDING),
    ],
)
def test_what_is_asked_for(arguments: dict[str, Any], asked: Recommended) -> None:
    """Each way to ask is one recommendation; a shopper beside products is a boost."""
    assert read_recommend("products", **arguments).asked is asked


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"like": ["p1"], "cart": ["p2"]}, "cart"),
        ({"like": [1]}, "like"),
        ({"cart": [""]}, "cart"),
        ({"like": [str(n) for n in range(101)]}, "like"),
        ({"seen": {"p1": 1}}, "seen"),
        ({"size": 0}, "size"),
        ({"filters": "brand"}, "filter"),
        ({"user": 7}, "user"),
        ({"user": {"events": [{"event": "steal"}]}}, "user.events.0.event"),
        ({"ext": {"hybrid": False}}, "ext.hybrid"),
        ({"ext": {"hybrid": {"text": "shoe"}}}, "ext.hybrid.text"),
        ({"ext": {"hybrid": {"rerank": True}}}, "ext.hybrid.rerank"),
        ({"ext": {"hybrid": {"user": {}}}}, "ext.hybrid.user"),
        ({"ext": {"hybrid": {"windw": 1}}}, "ext.hybrid.windw"),
    ],
)
def test_mistakes_are_named(arguments: dict[str, Any], path: str) -> None:
    """A wrong argument is refused by its name, before anything is sent."""
    with pytest.raises(RequestError) as refused:
        read_recommend("products", **arguments)
    assert refused.value.path == path


def test_an_index_is_needed() -> None:
    """Recommending out of nowhere is a mistake."""
    with pytest.raises(RequestError, match="index"):
        read_recommend("")


def test_the_past_counts_by_its_weight() -> None:
    """What was bought counts before what was viewed, and old before new counts less."""
    shopper = Shopper(
        (
            Event("view", product_id="v"),
            Event("purchase", product_id="b"),
            Event("view", brands=("A",)),
        )
    )
    assert read_recommend("products", user=shopper).past_ids(now_s=0) == ("b", "v")
    gone = Shopper(shopper.events, opted_out=True)
    assert read_recommend("products", user=gone).past_ids(now_s=0) == ()
