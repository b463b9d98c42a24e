"""What a shopper wants to spend is read from the words, and from nothing that only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.query.price_range import price_range_of


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("耳机 预算500元左右", (400, 600, "CNY")),
        ("500元以内的耳机", (None, 500, "CNY")),
        ("不超过300块", (None, 300, "CNY")),
        ("300块钱上下的礼物", (240, 360, "CNY")),
        ("不到200元", (None, 200, "CNY")),
        ("不低于100元", (100, None, "CNY")),
        ("3000元起", (3000, None, "CNY")),
        ("100-200元", (100, 200, "CNY")),
        ("1-2千元的手机", (1000, 2000, "CNY")),
        ("价格在300到500之间", (300, 500, None)),
        ("预算1万 笔记本", (None, 10000, None)),
        ("礼物 500元预算", (None, 500, "CNY")),
        ("￥５００以内", (None, 500, "¥")),
        ("under $50", (None, 50, "$")),
        ("headphones under US$1.5k", (None, 1500, "USD")),
        ("between £20 and £40", (20, 40, "GBP")),
        ("$20-$40 mug", (20, 40, "$")),
        ("no more than 1,299.50 euros", (None, 1299.5, "EUR")),
        ("no less than $20", (20, None, "$")),
        ("over $20 under $50", (20, 50, "$")),
        ("around 100 dollars", (80, 120, "$")),
        ("HK$500 or less", (None, 500, "HKD")),
        ("50€ max", (None, 50, "EUR")),
        ("budget of 300", (None, 300, None)),
        ("size 42 boots over $30", (30, None, "$")),
    ],
)
def test_a_budget_is_read(text: str, wanted: tuple[float | None, float | None, str | None]) -> None:
    """Bounds, ranges and "about" are understood in both languages, with the currency as said."""
    found = price_range_of(text)
    assert found is not None
    low, high, currency = found
    assert (low and pytest.approx(low), high and pytest.approx(high), currency) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "trail running shoe",
        "iphone 15 256gb",
        "128-256gb ssd",
        "100以内加减法",
        "$50 gift card",
        "100元话费",
        "gift under 50",
        "dumbbell under 20 pounds",
        "budget 27 inch monitor",
        "65w charger under 30 cm",
        "between $40 and $20",
        "over $50 under $20",
        "version 1.5.3$ or less",
    ],
)
def test_what_names_no_budget_is_left_alone(text: str) -> None:
    """A size, a count, a product that is named by a sum: none of them is a budget."""
    assert price_range_of(text) is None


@given(st.text(alphabet="0123456789.,$€¥元块k万 -到under以内约不", max_size=60))
def test_any_words_are_survived(text: str) -> None:
    """Whatever a shopper types, bounds come out in order or nothing does."""
    found = price_range_of(text)
    if found and found.low is not None and found.high is not None:
        assert found.low <= found.high
