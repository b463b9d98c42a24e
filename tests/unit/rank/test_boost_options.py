"""Boosts as a request writes them; a mistake is named by its path."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.errors import RequestError
from es_hybrid.rank.boost import FieldBoost, IdBoost, NumericBoost, RecencyBoost
from es_hybrid.rank.boost_options import read_boosts
from es_hybrid.rank.decay import DecayBoost


def test_each_kind() -> None:
    """A value, a number, a date: what stands beside the field says which."""
    section: list[dict[str, Any]] = [
        {"field": "in_stock", "equals": True, "factor": 1.3},
        {"field": "sales", "scale": 1000, "factor": 2, "shape": "sqrt", "missing": 5},
        {"field": "created", "half_life_days": 7},
        {"field": "brand", "equals": ["A", "B"]},
        {"ids": ["1", "2"], "factor": 1.4},
        {"field": "price", "origin": 100, "scale": 20},
        {"field": "starts", "origin": "now", "scale": 7, "shape": "exp", "offset": 1, "decay": 0.3},
        {"field": "at", "origin": {"lat": 52.5, "lon": 13.4}, "scale": 10, "missing": 0.9},
    ]
    assert read_boosts(section) == (
        FieldBoost("in_stock", equals=True, by=1.3),
        NumericBoost("sales", scale=1000.0, by=2.0, shape="sqrt", missing=5.0),
        RecencyBoost("created", half_life_days=7.0, by=1.2),
        FieldBoost("brand", equals=["A", "B"], by=1.2),
        IdBoost(("1", "2"), by=1.4),
        DecayBoost("price", origin=100.0, scale=20.0),
        DecayBoost("starts", origin="now", scale=7.0, shape="exp", offset=1.0, decay=0.3),
        DecayBoost("at", origin=(52.5, 13.4), scale=10.0, missing=0.9),
    )


def test_a_boost_by_name() -> None:
    """A plug-in is found by its name; its path is there for the error."""
    mine = FieldBoost("margin", equals="high")
    found = {("margin", "ext.hybrid.boosts.0.name"): mine}
    assert read_boosts([{"name": "margin"}], plugin=lambda *key: found[key]) == (mine,)


@pytest.mark.parametrize(
    ("boost", "path"),
    [
        ({}, ""),
        ({"field": "f"}, ""),
        ({"field": "f", "factor": 2}, ""),
        ({"equals": 1}, ".field"),
        ({"field": "", "equals": 1}, ".field"),
        ({"field": 7, "equals": 1}, ".field"),
        ({"field": "f", "equals": 1, "by": 2}, ".by"),
        ({"field": "f", "equals": 1, "scale": 2}, ".scale"),
        ({"field": "f", "equals": 1, "factor": 0}, ".factor"),
        ({"field": "f", "equals": 1, "factor": -1}, ".factor"),
        ({"field": "f", "equals": 1, "factor": "2"}, ".factor"),
        ({"field": "f", "equals": 1, "factor": True}, ".factor"),
        ({"field": "f", "equals": 1, "factor": float("nan")}, ".factor"),
        ({"field": "f", "equals": 1, "factor": float("inf")}, ".factor"),
        ({"field": "f", "equals": 1, "factor": None}, ".factor"),
        ({"field": "f", "scale": 0}, ".scale"),
        ({"field": "f", "scale": "1"}, ".scale"),
        ({"field": "f", "scale": 1, "shape": "cubic"}, ".shape"),
        ({"field": "f", "scale": 1, "shape": ["log"]}, ".shape"),
        ({"field": "f", "scale": 1, "missing": None}, ".missing"),
        ({"field": "f", "half_life_days": 0}, ".half_life_days"),
        ({"field": "f", "half_life_days": 3, "shape": "log"}, ".shape"),
        ({"ids": []}, ".ids"),
        ({"ids": [1]}, ".ids"),
        ({"ids": 7}, ".ids"),
        ({"ids": "1", "field": "f"}, ".field"),
        ({"field": "f", "origin": 1}, ".scale"),
        ({"field": "f", "origin": 1, "scale": 1, "decay": 1}, ".decay"),
        ({"field": "f", "origin": 1, "scale": 1, "offset": -1}, ".offset"),
        ({"field": "f", "origin": 1, "scale": 1, "shape": "log"}, ".shape"),
        ({"field": "f", "origin": "soon", "scale": 1}, ".origin"),
        ({"field": "f", "origin": {"lat": 1}, "scale": 1}, ".origin"),
        ({"field": "f", "origin": [1, 2], "scale": 1}, ".origin"),
        ({"name": "mine"}, ".name"),
        ({"name": 7}, ".name"),
    ],
)
def test_mistakes(boost: dict[str, Any], path: str) -> None:
    """The path leads to the mistake, in the boost that has it."""
    sound = {"field": "g", "equals": 1}
    with pytest.raises(RequestError) as caught:
        read_boosts([sound, boost])
    assert caught.value.path == f"ext.hybrid.boosts.1{path}"


def test_a_named_boost_takes_no_options() -> None:
    """What a plug-in would ignore is refused."""
    with pytest.raises(RequestError):
        read_boosts([{"name": "m", "factor": 2}], plugin=FieldBoost)
