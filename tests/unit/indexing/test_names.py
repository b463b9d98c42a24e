"""Index names tell their alias and time, and sort by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.names import (
    TOKEN_BITS,
    alias_of,
    check_alias,
    index_name,
    swap_actions,
)


def test_a_name_holds_alias_utc_time_and_token() -> None:
    """The name is that of the alias, the time in UTC and eight hex digits."""
    now = datetime(2026, 11, 21, 18, 15, tzinfo=timezone(timedelta(hours=8)))
    assert index_name("products", now=now, token=0x4F2A9C01) == "products-20261121t101500-4f2a9c01"


@given(
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,30}", fullmatch=True),
    st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(min_value=0, max_value=2**40),
)
def test_the_alias_can_be_read_back(alias: str, now: datetime, token: int) -> None:
    """Whatever the alias, time and token, the name gives the alias back."""
    assert alias_of(index_name(alias, now=now, token=token)) == alias


@pytest.mark.parametrize(
    "name", ["", "Products", "a b", "_a", "-a", ".a", "a/b", "a*", "a,b", "a:b", "x" * 201]
)
def test_names_that_elasticsearch_refuses_are_refused_first(name: str) -> None:
    """A bad name is answered with what a good one looks like."""
    with pytest.raises(ConfigurationError):
        check_alias(name)


def test_two_indices_of_one_second_have_two_names() -> None:
    """Each of the token's 32 bits tells: two that are created at once do not collide by chance."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    tokens = [0, *(1 << bit for bit in range(TOKEN_BITS))]
    names = {index_name("products", now=now, token=token) for token in tokens}
    assert len(names) == len(tokens) == 33


def test_names_with_four_digits_are_still_known() -> None:
    """An index named before names had eight digits belongs to its alias, and sorts by its time."""
    short, long = "products-20261121t101500-4f2a", "products-20261121t101501-00000000"
    assert alias_of(short) == "products"
    assert short < long


def test_names_of_others_have_no_alias() -> None:
    """An index that was not named here is not taken for one of ours."""
    assert alias_of("products") is None
    assert alias_of("products-2026") is None


def test_a_swap_is_one_list_of_actions() -> None:
    """The alias leaves the old index only if it is there, and in the same step reaches the new."""
    assert [next(iter(a)) for a in swap_actions("p", old="p-1", new="p-2")] == ["remove", "add"]
    assert swap_actions("p", old="p-1", new="p-2")[0]["remove"]["must_exist"] is True
    assert len(swap_actions("p", old=None, new="p-2")) == 1
