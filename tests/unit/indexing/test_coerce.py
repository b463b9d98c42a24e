"""What a shop's export holds becomes what a field takes, or is refused with a reason."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.coerce import (
    BadValue,
    as_integer,
    as_keyword,
    as_list,
    as_money,
    as_number,
    as_text,
)
from es_hybrid.indexing.dates import as_date


@pytest.mark.parametrize(
    ("value", "amount", "currency"),
    [
        ("¥1,299.00", 1299.0, "¥"),
        ("￥99", 99.0, "¥"),
        ("1.299,00 €", 1299.0, "EUR"),
        ("£ 0.99", 0.99, "GBP"),
        ("US$ 3.5", 3.5, "USD"),
        ("99元", 99.0, "CNY"),
        ("CNY 12", 12.0, "CNY"),
        ("1 299,00", 1299.0, None),
        ("1'299.50", 1299.5, None),
        ("1,299", 1299.0, None),
        ("12,5", 12.5, None),
        ("1.299.000", 1_299_000.0, None),
        (".5", 0.5, None),
        (12, 12.0, None),
        (["7"], 7.0, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_money_keeps_its_amount_and_its_currency(
    value: Any, amount: float | None, currency: str | None
) -> None:
    """A price in any common notation becomes its amount; a symbol of two currencies stays one."""
    assert as_money(value) == (amount, currency)


@pytest.mark.parametrize(
    "value",
    ["99-199", "from 3 to 5", "free", {"amount": 3}, True, math.nan, "1e999", "$5 each", "1.2.3"],
)
def test_what_is_no_single_amount_is_refused(value: Any) -> None:
    """A range, words or an object never become a made-up price."""
    with pytest.raises(BadValue):
        as_money(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [("1.2万+", 12000), ("3亿", 3e8), ("4,5", 4.5), ("-3", -3), ("1e3", 1000), (2.5, 2.5)],
)
def test_numbers_with_chinese_multiples_are_read(value: Any, number: float) -> None:
    """Sales such as 1.2万+ are the number that a shopper reads."""
    assert as_number(value) == number


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_printed_number_reads_as_itself(number: float) -> None:
    """What Python prints of a number gives the number back."""
    assert as_number(f"{number:f}") == pytest.approx(number, abs=1e-6)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_both_conventions_of_separators_agree(amount: Any) -> None:
    """1,234.50 and 1.234,50 are the same price."""
    english = f"{amount:,.2f}"
    continental = english.translate(str.maketrans(",.", ".,"))
    assert as_money(english)[0] == as_money(continental)[0] == float(amount)


@pytest.mark.parametrize(("value", "number"), [("5.0", 5), (7, 7), (2**62, 2**62), ("", None)])
def test_whole_numbers_are_exact(value: Any, number: int | None) -> None:
    """A count stays exact, also beyond what a float holds."""
    assert as_integer(value) == number


@pytest.mark.parametrize("value", [5.5, "5.5", 2**63, "1e30", "many", True])
def test_what_is_no_count_is_refused(value: Any) -> None:
    """A fraction, a flag or an enormous number is not silently cut to a count."""
    with pytest.raises(BadValue):
        as_integer(value)


def test_lists_are_split_or_read_as_json() -> None:
    """EANs and tags come as a list, as JSON, or as text with separators, wide ones included."""
    assert as_list("a; b|c，d") == ["a", "b", "c", "d"]
    assert as_list('["0095", "0096"]') == ["0095", "0096"]
    assert as_list("[odd") == ["[odd"]
    assert as_list(95205603217) == ["95205603217"]
    assert as_list([" a ", None, ""]) == ["a"]
    assert as_list("") is None


def test_text_and_codes_are_plain_strings() -> None:
    """A code that a spreadsheet made a number is the code again; an object is refused."""
    assert as_keyword(4711.0) == "4711"
    assert as_keyword(["a", 2]) == ["a", "2"]
    assert as_text(["red", None, "wool"]) == "red wool"
    assert as_text(True) == "true"
    with pytest.raises(BadValue, match="object"):
        as_text({"en": "shoe"})


@given(
    st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.lists(st.text()))
)
def test_nothing_but_bad_value_is_ever_raised(value: Any) -> None:
    """Whatever an export holds, a product is coerced or refused, never a crash."""
    for coerce in (as_number, as_integer, as_money, as_date, as_text, as_keyword, as_list):
        try:
            coerce(value)
        except BadValue as error:
            assert str(error)  # noqa: PT017 - the reason is what is tested
