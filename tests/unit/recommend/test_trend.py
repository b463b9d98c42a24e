"""What sells faster, and what products turn out to be recommended as."""

from __future__ import annotations

import pytest

from es_hybrid.rank.values import numbers
from es_hybrid.recommend.fusing import bought_first
from es_hybrid.recommend.queries import counted_query
from es_hybrid.recommend.table import strengths_of, table_of
from es_hybrid.recommend.trend import TrendBoost, made_of
from es_hybrid.types import BoostContext, FusionOptions, Hit, Recommended

COUNTERS = ("sales_7d", "clicks_7d", "sales_30d", "sales_total")
NOW = BoostContext(now_s=0)


def hit(**counts: float) -> Hit:
    return Hit("i", "1", fields={name: [count] for name, count in counts.items()})


@pytest.mark.parametrize(
    ("counts", "factor"),
    [
        ({"sales_7d": 70, "sales_30d": 300}, 1.0),
        ({"sales_7d": 1000, "sales_30d": 1000}, 2.0),
        ({"sales_7d": 0, "sales_30d": 1000}, 0.5),
        ({"sales_30d": 1000}, 1.0),
        ({"sales_7d": 1000}, 1.0),
        ({"sales_7d": 2, "sales_30d": 2}, 1.28),
        ({}, 1.0),
    ],
)
def test_the_pace_is_calm_and_bounded(counts: dict[str, float], factor: float) -> None:
    """The usual pace changes nothing, few sales little, and nothing more than twice."""
    assert TrendBoost(COUNTERS).factor(hit(**counts), NOW) == pytest.approx(factor, abs=0.01)


def test_without_two_windows_there_is_no_pace() -> None:
    """One counter says what sells, not whether it sells faster."""
    assert TrendBoost(("sales_7d", "clicks_30d")).factor(hit(sales_7d=9), NOW) == 1.0


@pytest.mark.parametrize(
    ("counts", "made"),
    [
        ({"sales_7d": 1}, Recommended.TRENDING),
        ({"clicks_7d": 1}, Recommended.TRENDING),
        ({"sales_30d": 1, "sales_7d": 0}, Recommended.POPULAR),
        ({"sales_total": 5}, Recommended.POPULAR),
        ({}, Recommended.NEWEST),
    ],
)
def test_products_say_what_they_are(counts: dict[str, float], made: Recommended) -> None:
    """An answer is called trending only where something of these days was counted."""
    assert made_of([hit(), hit(**counts)], COUNTERS, created=True) is made


def test_nothing_known_is_said() -> None:
    """Without counters and dates nothing speaks for any product."""
    assert made_of([hit()], (), created=False) is Recommended.ANY
    assert counted_query((), created=None) == {"match_all": {}}


def test_each_counter_beats_all_after_it() -> None:
    """One sale of this week weighs more than a billion of all time."""
    functions = counted_query(COUNTERS, created="created_at")["function_score"]["functions"]
    weights = [each["weight"] for each in functions if "field_value_factor" in each]
    largest = numbers([hit(n=21.0)], "n", 0.0)[0]  # ln(1 + 1e9)
    for rank, weight in enumerate(weights[1:]):
        assert weight * 0.69 > largest * sum(weights[: rank + 1])


def test_a_cart_adds_up() -> None:
    """What goes with two products goes with the cart more than what goes with one as much."""
    rows = {"a": {"x": 0.4, "y": 0.4}, "b": {"x": 0.4}}
    assert list(strengths_of(rows, without=["a", "b"])) == ["x", "y"]
    assert strengths_of(rows, without=["x", "y"]) == {}


def test_orders_come_before_vectors() -> None:
    """The weakest product of the orders stands above the nearest by vectors alone."""
    hits = [
        Hit("i", "near", semantic_score=1.0),
        Hit("i", "weak", lexical_score=0.001, semantic_score=0.1),
        Hit("i", "strong", lexical_score=0.4),
    ]
    scores = bought_first(hits, FusionOptions())
    assert scores[2] > scores[1] > scores[0] > 0.0
    assert bought_first([], FusionOptions()).shape == (0,)


def test_several_indices_have_no_table() -> None:
    """A table belongs to one name."""
    assert table_of("shop-*") is None
