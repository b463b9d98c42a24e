"""Boosts chosen by what a catalogue brings."""

from __future__ import annotations

from math import prod

from es_hybrid.rank.boost_options import read_boosts
from es_hybrid.settings import SearchSettings
from es_hybrid.ui.boosts import choose_boosts
from scripts.demonstration.boosts import boost_rows

ALL = {
    "sales_30d": {"count": 9, "max": 90.0},
    "sales_30d_p95": {"values": [{"key": 95.0, "value": 80.0}]},
    "sales_total": {"count": 9, "max": 900.0},
    "sales_total_p95": {"values": [{"key": 95.0, "value": 800.0}]},
    "rating": {"count": 9, "max": 4.9},
    "stock": {"count": 9, "max": 4.0},
    "created_at": {"count": 9, "max": 1e12},
}
NONE = {"rating": {"count": 0, "max": None}, "sales_30d_p95": {"values": [{"value": None}]}}


def test_boosts_are_ones_that_a_search_accepts() -> None:
    """Each is a boost of `ext.hybrid`, over sales, rating, age and stock."""
    fields = [boost.fields[0] for boost in read_boosts(choose_boosts(ALL))]
    assert fields == ["sales_30d", "rating", "created_at", "stock"]


def test_all_together_stay_within_the_default_clamp() -> None:
    """No product is raised or lowered by more than the clamp, so that every factor counts."""
    factors = [boost["factor"] for boost in choose_boosts(ALL)]
    limits = SearchSettings()
    assert prod(factor for factor in factors if factor > 1) <= limits.boost_max
    assert prod(factor for factor in factors if factor < 1) >= limits.boost_min


def test_without_numbers_there_are_no_boosts() -> None:
    """A field without values boosts nothing, and is not shown as if it did."""
    assert choose_boosts(NONE) == []


def test_total_sales_stand_in_for_those_of_a_month() -> None:
    """The most recent sales that the shop exports are taken."""
    numbers = {name: value for name, value in ALL.items() if not name.startswith("sales_30d")}
    assert choose_boosts(numbers)[0]["field"] == "sales_total"


def test_ratings_out_of_ten_are_full_at_ten() -> None:
    """The scale follows the shop's own ratings."""
    assert choose_boosts({"rating": {"count": 3, "max": 9.8}})[0]["scale"] == 9.8


def test_every_boost_is_put_in_words() -> None:
    """The demo shows what it does to relevance."""
    rows = dict(boost_rows(choose_boosts(ALL)))
    assert "80" in rows["sales_30d"]
    assert "365 days" in rows["created_at"]
    assert rows["stock"].endswith("where it is 0")
