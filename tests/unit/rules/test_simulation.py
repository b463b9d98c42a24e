"""Two pages are compared in places, judgments, stock, prices and brands."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.rules import Shown, Simulation, page_change, parse_rules, shown_products

A, B, C = (
    Shown("a", 10.0, in_stock=False, brand="x"),
    Shown("b", 20.0, in_stock=True, brand="y"),
    Shown("c", 30.0, in_stock=True, brand="y"),
)


def test_a_page_that_changed() -> None:
    """What moved, came and went is counted; each figure is that of its page."""
    change = page_change("shoe", [A, B], [C, B, A], grades={"a": 3})
    assert (change.moved, change.furthest, change.places) == (2, 2, 1.0)
    assert (change.entered, change.left) == (("c",), ())
    assert (change.before.ndcg, change.after.ndcg) == (1.0, 0.5)
    assert (change.before.in_stock, change.after.in_stock) == (0.5, pytest.approx(2 / 3))
    assert (change.before.price, change.after.price) == (15.0, 20.0)
    assert change.before.revenue == pytest.approx(20 / 1.5849625)
    assert change.after.revenue == pytest.approx(30 + 20 / 1.5849625)
    assert (change.before.brands, change.after.brands) == (2.0, 2.0)


def test_means_are_over_the_same_queries() -> None:
    """A query that only one side has a figure for counts on neither side."""
    bare = Shown("z")
    changes = (
        page_change("p", [A], [B]),
        page_change("q", [A], [bare]),
        page_change("r", [bare], [bare]),
    )
    simulation = Simulation(changes)
    assert simulation.means()["price"] == (10.0, 20.0)
    assert simulation.means()["ndcg"] == (None, None)
    assert [change.query for change in simulation.changed] == ["p", "q"]
    told = simulation.to_dict()
    assert (told["queries"], told["changed"], told["furthest"]) == (3, 2, 0)
    assert told["by_query"][0]["left"] == ("a",)


def test_no_queries() -> None:
    """Nothing compared is nothing changed."""
    told = Simulation(()).to_dict()
    assert (told["queries"], told["moved"], told["means"]["ndcg"]["before"]) == (0, 0.0, None)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ({"price": 5, "stock": 2, "brand": ["Acme", "B"]}, Shown("1", 5.0, True, "Acme")),
        ({"stock": 0}, Shown("1", None, False, None)),
        ({"price": "5", "brand": ""}, Shown("1")),
        (None, Shown("1")),
    ],
)
def test_products_of_an_answer(source: Any, shown: Shown) -> None:
    """Fields that a product lacks are not known, and not zero."""
    rules = parse_rules({})
    assert shown_products([{"_id": "1", "_source": source}], rules) == [shown]


def test_the_stock_of_the_rules() -> None:
    """Whether a product can be bought is what the rules say, on a field that may be another."""
    rules = parse_rules({"stock": {"field": "in_stock", "equals": True}})
    hits = [{"_id": "1", "_source": {"in_stock": True, "left": False}}]
    assert shown_products(hits, rules)[0].in_stock is True
    assert shown_products(hits, rules, stock="left")[0].in_stock is False
    strict = parse_rules({"stock": {"missing": "sold_out"}})
    assert shown_products(hits, strict)[0].in_stock is False
