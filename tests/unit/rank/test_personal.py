"""What a shopper's past says of a product."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.rank.personal import EVENT_WEIGHTS, Event, Shopper, ShopperBoost, Taste, taste_of
from es_hybrid.types import BoostContext, Hit

DAY_S = 86_400.0
NOW = 100 * DAY_S
FIELDS = {"brand": "brand", "category": "category_path", "price": "price"}
CONTEXT = BoostContext(now_s=NOW)


def product(**fields: object) -> Hit:
    return Hit("i", "1", fields={name: [value] for name, value in fields.items()})


def boost(*events: Event, **stated: object) -> ShopperBoost:
    return ShopperBoost(taste_of(Shopper(events, **stated), now_s=NOW), FIELDS)  # type: ignore[arg-type]


def test_what_was_bought_counts_more_than_what_was_seen() -> None:
    """One purchase outweighs four views."""
    views = [Event("view", NOW, brands=("Umbra",))] * 4
    taste = taste_of(Shopper((Event("purchase", NOW, brands=("Acme",)), *views)), now_s=NOW)
    assert taste.brands["Acme"] > taste.brands["Umbra"]


def test_the_past_fades() -> None:
    """Two weeks ago counts half, so that this week's interest leads."""
    old = Event("view", NOW - 14 * DAY_S, brands=("Umbra",))
    taste = taste_of(Shopper((old, Event("view", NOW, brands=("Acme",)))), now_s=NOW)
    assert taste.brands == {"Umbra": pytest.approx(0.5), "Acme": 1.0}


def test_a_liked_brand_is_raised_and_no_other_lowered() -> None:
    """Not knowing a brand is not disliking it."""
    likes = boost(Event("purchase", NOW, brands=("Acme",)))
    assert likes.factor(product(brand="Acme"), CONTEXT) == 1.25
    assert likes.factor(product(brand="Umbra"), CONTEXT) == 1.0
    assert likes.factor(product(), CONTEXT) == 1.0


def test_prices_near_the_usual_are_raised() -> None:
    """Who buys at 100 is shown 110 before 20 and before 500."""
    likes = boost(*(Event("purchase", NOW, price=price) for price in (90.0, 100.0, 110.0)))
    near, cheap, dear = (likes.factor(product(price=p), CONTEXT) for p in (110, 20, 500))
    assert near > 1.1
    assert near > cheap
    assert near > dear


def test_a_little_past_says_little() -> None:
    """After one view of one brand a shopper is not yet known."""
    once = boost(Event("view", NOW, brands=("Acme",)))
    often = boost(*[Event("view", NOW, brands=("Acme",))] * 5)
    assert 1.0 < once.factor(product(brand="Acme"), CONTEXT) < 1.1
    assert often.factor(product(brand="Acme"), CONTEXT) == 1.25


def test_stated_preferences_count_at_once() -> None:
    """Who says what they like is taken at their word."""
    said = boost(brands=("Acme",), prices=(50.0, 100.0))
    assert said.factor(product(brand="Acme", price=70), CONTEXT) > 1.2
    assert said.fields == ("brand", "price")


def test_who_opts_out_is_not_known() -> None:
    """Whatever the request carries, nothing of it is used."""
    shopper = Shopper((Event("purchase", NOW, brands=("Acme",)),), brands=("Acme",), opted_out=True)
    assert taste_of(shopper, now_s=NOW) == Taste()
    assert not taste_of(shopper, now_s=NOW).is_known


EVENTS = st.builds(
    Event,
    st.sampled_from(sorted(EVENT_WEIGHTS)),
    st.one_of(st.none(), st.floats(0, 2 * NOW)),
    brands=st.lists(st.sampled_from("ABC"), max_size=2).map(tuple),
    categories=st.lists(st.sampled_from("XYZ"), max_size=2).map(tuple),
    price=st.one_of(st.none(), st.floats(-5, 1e7)),
)
HITS = st.builds(
    lambda brand, category, price: product(brand=brand, category_path=category, price=price),
    st.sampled_from("ABCD"),
    st.sampled_from("XYZ"),
    st.one_of(st.floats(allow_nan=True), st.text(max_size=3)),
)


@given(st.lists(EVENTS, max_size=8), st.lists(HITS, min_size=1, max_size=8))
def test_the_factor_is_bounded(events: list[Event], hits: list[Hit]) -> None:
    """Whatever a shopper did and a product holds, from 1 to `by`, like any other boost."""
    factors = boost(*events).factors(hits, CONTEXT)
    assert ((factors >= 1.0) & (factors <= 1.25 + 1e-12)).all()
