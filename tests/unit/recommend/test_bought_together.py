"""Which products are bought together."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.recommend.bought_together import (
    Companion,
    bought_together,
    log_likelihood_ratio,
)


def ids(found: dict[str, tuple[Companion, ...]], product: str) -> list[str]:
    return [companion.id for companion in found[product]]


def test_a_best_seller_goes_with_nothing_in_particular() -> None:
    """What is in every second order is no complement of a printer; its ink is."""
    random = Random(2)
    orders = []
    for _ in range(400):
        order = [random.choice(["printer", "lamp", "desk"])]
        if order == ["printer"] and random.random() < 0.3:
            order.append("ink")
        if random.random() < 0.5:
            order.append("best-seller")
        orders.append(order)
    assert ids(bought_together(orders), "printer") == ["ink"]


def test_one_order_is_chance() -> None:
    """A pair that was bought once is no pattern."""
    assert bought_together([["a", "b"], ["c"], ["d"]]) == {}


def test_a_resellers_order_says_nothing() -> None:
    """Hundreds of products in one order do not go with each other."""
    assert bought_together([[str(n) for n in range(200)]] * 5) == {}


def test_only_the_most_telling_are_kept() -> None:
    """As many as are asked for, the strongest first, ties by id."""
    orders = [["a", f"b{n}"] for n in range(9) for _ in range(3)] + [["z"]] * 300
    assert ids(bought_together(orders, most=3), "a") == ["b0", "b1", "b2"]


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), max_size=40))
def test_it_goes_both_ways(orders: list[list[str]]) -> None:
    """What goes with another is gone with by it, and nothing goes with itself."""
    found = bought_together(orders)
    for product in found:
        others = ids(found, product)
        assert product not in others
        assert len(set(others)) == len(others)
        assert all(product in ids(found, other) for other in others)


def test_equals_the_textbook() -> None:
    """The ratio of a table with known G²: 2 Σ observed · ln(observed / expected)."""
    table, total = {(1, 1): 10, (1, 0): 20, (0, 1): 30, (0, 0): 140}, 200
    rows, columns = {1: 30, 0: 170}, {1: 40, 0: 160}
    expected = 2 * sum(
        n * math.log(n * total / (rows[row] * columns[column]))
        for (row, column), n in table.items()
    )
    assert log_likelihood_ratio(10, 30, 40, total) == pytest.approx(expected)


def test_few_orders_are_believed_less_than_many() -> None:
    """Twice in two orders is a weaker tie than forty times in eighty."""
    orders = [["rare", "twin"]] * 2 + [["common", "mate"]] * 40 + [["common"]] * 40
    found = bought_together([*orders, *([["z"]] * 400)])
    assert found["rare"][0].strength < found["common"][0].strength
    assert found["common"][0].strength == pytest.approx((40 - 80 * 40 / 482) / (80 + 10), abs=1e-6)


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), max_size=40))
def test_it_counts_as_one_counts_by_hand(orders: list[list[str]]) -> None:
    """The packed counts are those of a plain loop, and strengths are shares."""
    for product, row in bought_together(orders).items():
        for companion in row:
            both = sum({product, companion.id} <= set(order) for order in orders)
            assert companion.orders == both
            assert 0.0 < companion.strength < 1.0
