"""From what happened in the shop to ranking fields."""

from __future__ import annotations

import pytest

from es_hybrid.indexing.signals import Happening, Windows, bayesian_rating, counted

DAY_S = 86_400.0
NOW = 100 * DAY_S


def sold(product: str, days_ago: float, count: float = 1.0) -> Happening:
    return Happening(product, "purchase", NOW - days_ago * DAY_S, count)


def test_windows_count_what_lies_in_them() -> None:
    """Seven days hold this week, thirty days this month, neither what came before."""
    found = counted([sold("a", 1, 2), sold("a", 20, 3), sold("a", 40, 9)], now_s=NOW)
    assert found == {"a": {"sales_7d": 2, "sales_30d": 5}}


def test_a_count_that_ran_out_becomes_zero() -> None:
    """Last month's sales must not stand for ever."""
    assert counted([sold("a", 40)], now_s=NOW) == {"a": {"sales_7d": 0, "sales_30d": 0}}


def test_the_future_and_the_unknown_are_not_counted() -> None:
    """A clock that runs ahead, or an event that no field wants, changes no product."""
    ahead = [sold("a", -1), Happening("b", "click", NOW)]
    assert counted(ahead, now_s=NOW) == {}


def test_own_windows() -> None:
    """A shop counts what it likes, over any days or all."""
    windows = Windows({"click": {"clicks_1d": 1.0, "clicks_total": None}})
    happened = [Happening("a", "click", NOW - 5 * DAY_S), Happening("a", "click", NOW)]
    assert counted(happened, now_s=NOW, windows=windows) == {
        "a": {"clicks_1d": 1, "clicks_total": 2}
    }


def test_few_reviews_stay_near_the_mean() -> None:
    """One review of five stars is no better than a hundred of four and a half."""
    one = bayesian_rating(5.0, 1, prior_mean=4.0)
    many = bayesian_rating(450.0, 100, prior_mean=4.0)
    assert 4.0 < one < many < 4.5
    assert bayesian_rating(0.0, 0, prior_mean=4.0) == pytest.approx(4.0)


def test_impressions_are_counted_in_the_shipped_field() -> None:
    """What ends a new product's time is counted from the same events as sales."""
    shown = [Happening("a", "impression", NOW - days * DAY_S, 10) for days in (1, 50)]
    assert counted(shown, now_s=NOW) == {"a": {"impressions": 20}}
