"""Business factors tilt relevance within a clamp and survive whatever a field holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import ConfigurationError, RequestError
from es_hybrid.protocols import Boost
from es_hybrid.rank.boost import FieldBoost, IdBoost, NumericBoost, RecencyBoost, apply_boosts
from es_hybrid.rank.boost_options import read_boosts
from es_hybrid.rank.decay import DecayBoost
from es_hybrid.rank.price_window import PriceWindowBoost
from es_hybrid.types import BoostContext, Hit

NOW = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
CONTEXT = BoostContext(now_s=NOW)


def hit(**fields: Any) -> Hit:
    return Hit("i", "1", fields={name: [value] for name, value in fields.items()})


@dataclass(frozen=True)
class Fixed:
    value: float
    name: str = "fixed"
    fields: tuple[str, ...] = ()

    def factor(self, hit: Hit, context: BoostContext) -> float:
        return self.value


@pytest.mark.parametrize(
    ("equals", "value", "matches"),
    [
        ("Acme", "Acme", True),
        ("Acme", "acme", False),
        (True, True, True),
        (True, False, False),
        (True, "true", True),
        (5, 5, True),
        (5, 5.0, True),
        (4.5, 4.5, True),
        (["red", "blue"], "blue", True),
        (("red",), "green", False),
        ({"red"}, "red", True),
    ],
)
def test_field_boost(equals: Any, value: Any, matches: bool) -> None:
    """A value matches as the shop means it, a number in whatever type the index has."""
    boost = FieldBoost("f", equals=equals, by=1.5)
    assert boost.factor(hit(f=value), CONTEXT) == (1.5 if matches else 1.0)


def test_field_boost_of_many_values() -> None:
    """One of a product's several values is enough; none at all changes nothing."""
    boost = FieldBoost("tags", equals="sale", by=0.8)
    assert boost.factor(Hit("i", "1", fields={"tags": ["new", "sale"]}), CONTEXT) == 0.8
    assert boost.factor(Hit("i", "1"), CONTEXT) == 1.0
    assert (boost.name, list(boost.fields)) == ("tags=sale", ["tags"])
    assert FieldBoost("in_stock").name == "in_stock=true"


@pytest.mark.parametrize(
    ("shape", "half", "full"),
    [("log", 0.7404, 1.0), ("sqrt", 0.7071, 1.0), ("linear", 0.5, 1.0), ("saturation", 1 / 3, 0.5)],
)
def test_numeric_shapes(shape: Any, half: float, full: float) -> None:
    """Nothing at 0, all at `scale` (half for `saturation`), in between as the formula says."""
    boost = NumericBoost("sales", scale=100, by=2.0, shape=shape)
    shares = [boost.factor(hit(sales=value), CONTEXT) - 1 for value in (0, 50, 100)]
    assert shares == pytest.approx([0.0, half, full], abs=1e-4)


@pytest.mark.parametrize("value", [None, "many", float("nan"), float("inf"), -5])
def test_numbers_that_are_none(value: Any) -> None:
    """Missing, unreadable and negative values change nothing, or count as what was said."""
    fields = {} if value is None else {"sales": [value]}
    product = Hit("i", "1", fields=fields)
    assert NumericBoost("sales", scale=10).factor(product, CONTEXT) == 1.0
    if value != -5:
        assert NumericBoost("sales", scale=10, by=2, missing=10).factor(product, CONTEXT) == 2.0


@given(
    st.sampled_from(["log", "sqrt", "linear", "saturation"]),
    st.floats(0.01, 5),
    st.floats(0, 1e9),
    st.floats(0, 1e9),
)
def test_more_is_never_less(shape: Any, by: float, one: float, other: float) -> None:
    """A number boost runs from 1 to `by`, one way only."""
    boost = NumericBoost("n", scale=1000, by=by, shape=shape)
    low, high = (boost.factor(hit(n=value), CONTEXT) for value in sorted((one, other)))
    assert min(1.0, by) - 1e-9 <= min(low, high)
    assert max(low, high) <= max(1.0, by) + 1e-9
    assert (high - low) * (by - 1) >= -1e-9


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ("2026-06-01T00:00:00.000Z", 1.0),
        ("2026-05-02T00:00:00Z", 0.5),
        ("2026-05-02", 0.5),
        ("2026-05-02T02:00:00+02:00", 0.5),
        ("2026-05-02T00:00:00.000000000Z", 0.5),
        (1777680000000, 0.5),
        ("1777680000000", 0.5),
        ("1712111000000", 0.0),
        ("2027-01-01T00:00:00Z", 1.0),
        ("yesterday", 0.0),
    ],
)
def test_recency(value: Any, share: float) -> None:
    """Full when new, half after a half-life, in every way that Elasticsearch prints a date."""
    boost = RecencyBoost("created", half_life_days=30, by=2.0)
    assert boost.factor(hit(created=value), CONTEXT) - 1 == pytest.approx(share, abs=1e-6)


def test_no_date() -> None:
    """A product without a date is as one from long ago."""
    assert RecencyBoost("created").factor(Hit("i", "1"), CONTEXT) == 1.0


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=5), st.floats(0, 1))
def test_the_product_is_clamped(factors: list[float], relevance: float) -> None:
    """However many rules there are, together they stay within the clamp."""
    boosts = [Fixed(factor, name=str(place)) for place, factor in enumerate(factors)]
    boosted = apply_boosts(np.array([relevance]), [hit()], boosts, CONTEXT, clamp=(0.5, 2.0))
    assert boosted.products is not None
    assert 0.5 <= boosted.products[0] <= 2.0
    assert boosted.scores[0] == relevance * boosted.products[0]
    assert boosted.products[0] == pytest.approx(min(2.0, max(0.5, np.prod(factors))))


def test_each_boost_is_told_apart() -> None:
    """Factors are kept by name; two of the same name are one."""
    boosts = [Fixed(1.2, "a"), Fixed(1.1, "b"), Fixed(1.5, "a")]
    boosted = apply_boosts(np.array([0.5]), [hit()], boosts, CONTEXT)
    assert {name: values.tolist() for name, values in boosted.factors.items()} == {
        "a": pytest.approx([1.8]),
        "b": [1.1],
    }
    assert boosted.scores.tolist() == pytest.approx([0.5 * 1.98])


def test_relevance_is_not_edited() -> None:
    """Boosting returns new scores."""
    relevance = np.array([0.5])
    apply_boosts(relevance, [hit()], [Fixed(2.0)], CONTEXT)
    assert relevance.tolist() == [0.5]


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_plug_in_that_breaks_its_contract(value: float) -> None:
    """A factor that would erase or corrupt scores is refused, by the boost's name."""
    with pytest.raises(ConfigurationError, match="boost fixed gave"):
        apply_boosts(np.array([0.5]), [hit()], [Fixed(value)], CONTEXT)


@pytest.mark.parametrize("boosts", [[], [Fixed(2.0)]])
def test_nothing_to_boost(boosts: list[Boost]) -> None:
    """Without boosts, or without hits, scores stay."""
    assert apply_boosts(np.array([]), [], boosts, CONTEXT).scores.tolist() == []
    assert apply_boosts(np.array([0.3]), [hit()], [], CONTEXT).scores.tolist() == [0.3]


@pytest.mark.parametrize("boost", [FieldBoost("f"), NumericBoost("n", scale=1), RecencyBoost("d")])
def test_the_built_in_boosts_keep_the_protocol(boost: Any) -> None:
    """What the client takes as a boost is what these are."""
    assert isinstance(boost, Boost)


@pytest.mark.parametrize(
    ("shape", "shares"),
    [
        ("gauss", [1.0, 1.0, 0.5, 0.0625, 0.5, 1.0]),
        ("exp", [1.0, 1.0, 0.5, 0.25, 0.5, 1.0]),
        ("linear", [1.0, 1.0, 0.5, 0.0, 0.5, 1.0]),
    ],
)
def test_decay_curves(shape: Any, shares: list[float]) -> None:
    """Full within the offset, the share `decay` one scale beyond it, on both sides."""
    boost = DecayBoost("price", origin=100, scale=20, by=2.0, offset=10, shape=shape)
    prices = (100, 110, 130, 150, 70, 95)
    found = [boost.factor(hit(price=price), CONTEXT) - 1 for price in prices]
    assert found == pytest.approx(shares, abs=1e-9)
    assert boost.factor(Hit("i", "1"), CONTEXT) == 1.0
    neutral = DecayBoost("price", origin=100, scale=20, missing=0.8)
    assert neutral.factor(hit(price="dear"), CONTEXT) == 0.8


def test_decay_of_dates() -> None:
    """Days from a date or from now; what is no date has the stated factor."""
    soon = DecayBoost("starts", origin="now", scale=7, by=2.0, shape="linear")
    stamps = ("2026-06-01T00:00:00.000Z", "2026-06-08T00:00:00.000Z", "2026-05-25", "soon")
    found = [soon.factor(hit(starts=stamp), CONTEXT) for stamp in stamps]
    assert found == pytest.approx([2.0, 1.5, 1.5, 1.0])
    fixed = DecayBoost("starts", origin="2026-06-08", scale=7, by=2.0)
    assert fixed.factor(hit(starts="2026-06-08"), CONTEXT) == 2.0
    assert (soon.name, soon.fields) == ("starts near now", ("starts",))


@pytest.mark.parametrize(
    "place",
    ["48.8566, 2.3522", {"lat": 48.8566, "lon": 2.3522}, {"coordinates": [2.3522, 48.8566]}],
)
def test_decay_of_places(place: Any) -> None:
    """Kilometres on the globe, whichever way the place is printed: Berlin to Paris is 878."""
    boost = DecayBoost("at", origin=(52.52, 13.405), scale=878, by=2.0, shape="exp")
    assert boost.factor(hit(at=place), CONTEXT) == pytest.approx(1.5, abs=0.001)
    assert boost.name == "at near here"


@pytest.mark.parametrize("place", ["nowhere", "200, 3", 7, {"lat": "x", "lon": 1}, None, "1,2,3"])
def test_places_that_are_none(place: Any) -> None:
    """What is no place on the globe has the stated factor."""
    boost = DecayBoost("at", origin=(52.5, 13.4), scale=10, missing=0.9)
    assert boost.factor(hit(at=place), CONTEXT) == 0.9


def test_a_price_window() -> None:
    """Within the budget nothing changes; outside, the factor falls with the distance."""
    window = PriceWindowBoost("price", low=40, high=60, by=0.5, softness=0.25)
    prices = (40, 60, 75, 30, 6000, "free", None)
    found = [window.factor(hit(price=price), CONTEXT) for price in prices]
    assert found == pytest.approx([1.0, 1.0, 0.75, 0.75, 0.5, 0.5, 0.5], abs=1e-9)
    assert PriceWindowBoost("price", high=60).factor(hit(price=0), CONTEXT) == 1.0
    assert PriceWindowBoost("price", low=60).factor(hit(price=1e9), CONTEXT) == 1.0
    assert (window.name, window.fields) == ("budget 40–60", ("price",))
    assert PriceWindowBoost("price", high=60).name == "budget –60"
    assert PriceWindowBoost("price", low=60).name == "budget 60–"


def test_a_list_of_products() -> None:
    """The products of the list are boosted, no other."""
    boost = IdBoost(("1", "2"), by=1.4)
    assert [boost.factor(Hit("i", id_), CONTEXT) for id_ in "123"] == [1.4, 1.4, 1.0]
    assert (boost.name, boost.fields) == ("list of 2", ())


def test_a_new_product_has_a_head_start_that_fades() -> None:
    """Without one nothing changes; with one a product of today counts as a typical one."""
    hits = [
        Hit("i", "today", fields={"created_at": ["1970-01-29T00:00:00Z"]}),
        Hit("i", "older", fields={"created_at": ["1970-01-15T00:00:00Z"]}),
        Hit("i", "undated", fields={}),
        Hit("i", "sold", fields={"sales": [100]}),
    ]
    now = BoostContext(now_s=28 * 86_400.0)
    plain = NumericBoost("sales", scale=100, by=2.0, shape="linear")
    assert (plain.fields, plain.factors(hits, now).tolist()) == (("sales",), [1.0, 1.0, 1.0, 2.0])
    (boost,) = read_boosts(
        [{"field": "sales", "scale": 100, "factor": 2.0, "shape": "linear", "prior": 40}]
    )
    assert boost.fields == ("sales", "created_at")
    assert [boost.factor(hit, now) for hit in hits] == pytest.approx([1.4, 1.2, 1.0, 2.0])


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"prior": -1}, "prior"),
        ({"prior_half_life_days": 0}, "prior_half_life_days"),
        ({"created_field": ""}, "created_field"),
    ],
)
def test_a_wrong_head_start_is_named(wrong: dict[str, object], path: str) -> None:
    """The path of the mistake is said."""
    with pytest.raises(RequestError) as caught:
        read_boosts([{"field": "sales", "scale": 1, **wrong}])
    assert caught.value.path == f"ext.hybrid.boosts.0.{path}"
