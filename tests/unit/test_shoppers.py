"""What is known of a shopper, from a request, a store and the products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.kept_shoppers import (
    read_shopper,
    shopper_key,
    stored_event,
    stored_preferences,
    together,
)
from es_hybrid.query.shopper import User, UserEvent
from es_hybrid.rank.personal import Event, Shopper, ShopperBoost, Taste
from es_hybrid.recommend.seeds import Seed
from es_hybrid.shoppers import filled, taste_from
from es_hybrid.types import BoostContext, Hit

DAY_S = 86_400.0
NOW = 200 * DAY_S
FIELDS = {"brand": "brand", "category": "kind", "price": "price"}


def test_what_is_stored_comes_back() -> None:
    """An event and preferences survive the store as a request would have brought them."""
    event = UserEvent(event="cart", product_id="p1", brand="Acme", category=("A", "B"), price=9.5)
    user = User(brands=("Acme",), prices={"highest": 20.0})
    found = read_shopper(
        [stored_event(event, now_s=NOW)], stored_preferences(user), now_s=NOW, ttl_days=90
    )
    assert found.events == (Event("cart", NOW, "p1", ("Acme",), ("A", "B"), 9.5),)
    assert (found.brands, found.prices) == (("Acme",), (None, 20.0))


def test_only_what_is_said_is_stored() -> None:
    """An id, a factor or an empty list of a request goes to no store."""
    assert stored_preferences(User(id="ann", factor=2.0, brands=())) == {}
    assert stored_event(UserEvent(), now_s=5.0) == {"event": "view", "at": 5.0}


@pytest.mark.parametrize(
    "broken", [None, "x", 7, {}, {"at": "soon"}, {"at": 1.0, "event": "stole"}, {"at": 1.0, "x": 1}]
)
def test_what_cannot_be_read_is_left_out(broken: Any) -> None:
    """Whatever somebody wrote into the store, a search goes on with the rest."""
    good = {"event": "view", "at": NOW}
    found = read_shopper([broken, good], {"brands": 7}, now_s=NOW, ttl_days=1)
    assert found == Shopper((Event("view", NOW),))


def test_the_old_and_the_opted_out_count_for_nothing() -> None:
    """After `ttl_days` an event is gone, even where the store still has it."""
    events = [{"event": "view", "at": NOW - days * DAY_S} for days in (1, 89, 91)]
    assert len(read_shopper(events, now_s=NOW, ttl_days=90).events) == 2
    gone = read_shopper(events, opted_out=True, now_s=NOW, ttl_days=90)
    assert gone == Shopper(opted_out=True)


def test_store_and_request_together() -> None:
    """Both count; the request's prices stand; one opt-out takes all away."""
    stored = Shopper((Event("view"),), brands=("A",), prices=(1.0, 2.0))
    given_now = Shopper((Event("cart"),), brands=("B", "A"), prices=(None, 9.0))
    both = together(stored, given_now)
    assert [event.kind for event in both.events] == ["cart", "view"]
    assert (both.brands, both.prices) == (("B", "A"), (None, 9.0))
    assert together(stored, Shopper()).prices == (1.0, 2.0)
    for out in (
        together(Shopper(opted_out=True), given_now),
        together(stored, Shopper(opted_out=True)),
    ):
        assert out == Shopper(opted_out=True)


def test_keys_are_hashes() -> None:
    """The same id has one key; a secret makes it one that nobody can check a guess against."""
    assert shopper_key("ann") == shopper_key("ann")
    assert len({shopper_key("ann"), shopper_key("bob"), shopper_key("ann", secret="s")}) == 3
    assert "ann" not in shopper_key("ann")
    assert shopper_key("\ud800") != shopper_key("")


def test_which_products_are_looked_up() -> None:
    """Those of the weightiest events, equal ones by name; none of who opted out."""
    events = (
        Event("view", NOW, "a"),
        Event("purchase", NOW - 100 * DAY_S, "b"),
        Event("cart", NOW, "c"),
        Event("view", NOW, "d"),
    )
    assert list(Shopper(events).product_weights(now_s=NOW)) == ["c", "a", "d", "b"]
    assert Shopper(events, opted_out=True).product_weights(now_s=NOW) == {}


def test_products_say_what_events_do_not() -> None:
    """What an event says itself stays; a product that is gone says nothing."""
    events = (Event("view", product_id="1"), Event("view", product_id="1", brands=("Own",)))
    shopper = Shopper((*events, Event("view", product_id="gone")))
    seed = Seed("1", {"brand": ["Acme"], "kind": "tent", "price": 5})
    found = filled(shopper, [seed], FIELDS).events
    assert found[0] == Event("view", None, "1", ("Acme",), ("tent",), 5.0)
    assert found[1].brands == ("Own",)
    assert found[2] == shopper.events[2]
    unpriced = filled(shopper, [Seed("1", {"price": "on request"})], FIELDS)
    assert unpriced.events[0].price is None


def test_the_direction_follows_what_counts_most() -> None:
    """It is a mean of lengths 1, weighted by kind and age, and its nearness says how much of one."""
    events = (Event("purchase", NOW, "a"), Event("view", NOW - 14 * DAY_S, "b"))
    seeds = [
        Seed("a", {}, np.array([9.0, 0.0])),
        Seed("b", {}, np.array([0.0, 1.0])),
        Seed("c", {}),
    ]
    taste = taste_from(Shopper(events), seeds, FIELDS, now_s=NOW)
    assert taste.direction is not None
    assert taste.direction == pytest.approx(np.array([5.0, 0.5]) / np.hypot(5.0, 0.5), abs=1e-6)
    assert taste.nearness == pytest.approx(np.hypot(5.0, 0.5) / 5.5, abs=1e-6)
    assert taste_from(Shopper(events, opted_out=True), seeds, FIELDS, now_s=NOW) == Taste()


def candidates(cosines: list[float]) -> tuple[list[Hit], dict[Any, float]]:
    hits = [Hit("i", str(n)) for n in range(len(cosines))]
    return hits, {hit.key: cosine for hit, cosine in zip(hits, cosines, strict=True)}


def factors(taste: Taste, cosines: list[float]) -> list[float]:
    hits, known = candidates(cosines)
    boost = ShopperBoost(taste, FIELDS, by=1.4, cosines=known)
    found: list[float] = boost.factors(hits, BoostContext(now_s=NOW)).tolist()
    return found


def test_what_is_as_near_as_the_liked_is_raised_in_full() -> None:
    """Half of the candidates are not raised; what is as near as the liked products is, in full."""
    taste = Taste(certainty=1.0, direction=np.array([1.0, 0.0]), nearness=0.8)
    assert factors(taste, [0.9, 0.8, 0.6, 0.4, 0.2]) == pytest.approx([1.4, 1.4, 1.0, 1.0, 1.0])
    middling = factors(taste, [0.7, 0.6, 0.6, 0.5])
    assert middling == pytest.approx([1.2, 1.0, 1.0, 1.0])


def test_nearness_that_says_nothing_raises_nothing() -> None:
    """Where all candidates are as near as the liked products, the order stays."""
    taste = Taste(certainty=1.0, direction=np.array([1.0, 0.0]), nearness=0.8)
    assert factors(taste, [0.8, 0.8, 0.8]) == [1.0, 1.0, 1.0]


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=20),
    st.floats(-1, 1),
    st.floats(0, 1),
    st.lists(st.sampled_from(["Acme", "Bolt"]), max_size=2),
)
def test_the_factor_is_bounded(
    cosines: list[float], nearness: float, certainty: float, brands: list[str]
) -> None:
    """Whatever the vectors say, from 1 to `by`; a candidate without a vector too."""
    hits, known = candidates(cosines)
    hits.append(Hit("i", "bare", fields={"brand": ["Acme"]}))
    taste = Taste(dict.fromkeys(brands, 1.0), certainty=certainty, nearness=nearness)
    boost = ShopperBoost(taste, FIELDS, by=1.4, cosines=known)
    found = boost.factors(hits, BoostContext(now_s=NOW))
    assert ((found >= 1.0) & (found <= 1.4 + 1e-12)).all()
