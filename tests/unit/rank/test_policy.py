"""Whatever the policies: no hit is lost or doubled, bounds hold, and every move is explained."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.policies import (
    NO_POLICIES,
    Cap,
    Diversity,
    Exploration,
    Pin,
    Policies,
    StockAction,
    StockPolicy,
)
from es_hybrid.rank.explore import Draw, is_new
from es_hybrid.rank.order import freeze, thaw
from es_hybrid.rank.policy import apply_policies
from es_hybrid.rank.ranking import Ranking, rank
from es_hybrid.rank.steps import Cause
from es_hybrid.types import BoostContext, Hit

BRANDS = "ABCD"
ACTIONS = [StockAction.DEMOTE, StockAction.BURY, StockAction.SUBSTITUTE]


def product(
    number: int,
    *,
    brand: str = "A",
    stock: int | None = 1,
    born: str | None = None,
    shown: int = 0,
    **more: Any,
) -> Hit:
    fields: dict[str, Any] = {"brand": [brand], "group": [number // 3], "shown": [shown]}
    if born is not None:
        fields["born"] = [born]
    if stock is not None:
        fields["stock"] = [stock]
    return Hit("i", f"p{number:02d}", lexical_score=1.0, fields=fields, **more)


def ranked(hits: list[Hit], scores: list[float] | None = None, **options: Any) -> Ranking:
    """Rank products by given scores, or in the order they come."""
    given_scores = scores or [1.0 - n / (len(hits) + 1) for n in range(len(hits))]
    return rank(hits, np.array(given_scores), None, context=BoostContext(now_s=0), **options)


def ids(ranking: Ranking) -> list[str]:
    return [ranking.hits[position].id for position in ranking.order]


@st.composite
def shelves(draw: st.DrawFn) -> tuple[list[Hit], list[float]]:
    """Draw candidates, some sold out, some found by their code, and their scores."""
    count = draw(st.integers(1, 40))
    codes = draw(st.integers(0, min(2, count)))
    hits = [
        product(
            number,
            brand=draw(st.sampled_from(BRANDS)),
            stock=draw(st.sampled_from([0, 1, None])),
            code=number < codes,
            born=draw(st.sampled_from([None, "1970-01-05T00:00:00Z", "1960-01-05T00:00:00Z"])),
            shown=draw(st.integers(0, 9)),
        )
        for number in range(count)
    ]
    return hits, draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))


PINNED = [product(number, brand="D") for number in (90, 91)]
PINS = st.lists(
    st.tuples(st.sampled_from(["p00", "p03", "p90", "p91", "gone"]), st.integers(1, 60)),
    max_size=4,
    unique_by=lambda pair: pair[0],
).map(lambda pairs: tuple(Pin(id_, place, rule) for rule, (id_, place) in enumerate(pairs)))
VARIETY = st.none() | st.builds(
    Diversity,
    field=st.sampled_from(["brand", None]),
    strength=st.floats(0.05, 1),
    first=st.integers(1, 30),
)
EXPLORE = st.none() | st.builds(
    Exploration,
    created_field=st.just("born"),
    impressions_field=st.sampled_from([None, "shown"]),
    until_impressions=st.just(5),
    slots=st.integers(1, 3),
    per=st.integers(2, 12),
    first_place=st.integers(1, 12),
    pool=st.integers(1, 4),
)
DRAW = Draw("any", 10 * 86_400.0)
POLICIES = st.builds(
    Policies,
    stock=st.none()
    | st.sampled_from(ACTIONS).map(lambda a: StockPolicy("stock", a, group="group")),
    pins=PINS,
    caps=st.lists(
        st.builds(Cap, st.just("brand"), st.integers(1, 3), st.integers(2, 12)), max_size=2
    ).map(tuple),
    diversity=VARIETY,
    explore=EXPLORE,
)


def vectors_of(hits: list[Hit]) -> dict[Any, Any]:
    """Give each brand a direction of its own, and every fifth product no vector."""
    rows = np.eye(len(BRANDS), dtype=np.float32)
    brand = {hit.key: BRANDS.index(hit.fields["brand"][0]) for hit in hits}
    return {key: rows[place] for number, (key, place) in enumerate(brand.items()) if number % 5}


@given(shelves(), POLICIES)
def test_no_hit_is_lost_or_doubled(shelf: Any, policies: Policies) -> None:
    """All candidates are shown once, and of the pinned products those that have a pin."""
    hits, scores = shelf
    before = ranked(hits, scores)
    after = apply_policies(before, policies, pinned=PINNED, vectors=vectors_of(hits), draw=DRAW)
    wanted = {pin.id for pin in policies.pins} & {"p90", "p91"}
    assert Counter(ids(after)) == Counter([*ids(before), *wanted])
    assert len(after.hits) == len(after.fused) == len(after.relevance) == len(after.boosted.scores)
    shown = after.scores_in_order
    assert len(shown) == len(after.order)
    assert (np.diff(shown) <= 0.0).all()
    assert np.isfinite(shown).all()


@given(shelves(), POLICIES)
def test_the_same_input_gives_the_same_order(shelf: Any, policies: Policies) -> None:
    """Nothing but the arguments decides."""
    hits, scores = shelf
    runs = [
        apply_policies(
            ranked(hits, scores), policies, pinned=PINNED, vectors=vectors_of(hits), draw=DRAW
        )
        for _ in range(2)
    ]
    assert ids(runs[0]) == ids(runs[1])


@given(shelves(), POLICIES)
def test_every_move_is_explained(shelf: Any, policies: Policies) -> None:
    """A product's moves lead without a gap from its place by score to its place on the page."""
    hits, scores = shelf
    before = ranked(hits, scores)
    after = apply_policies(before, policies, pinned=PINNED, vectors=vectors_of(hits), draw=DRAW)
    begun = {id_: place for place, id_ in enumerate(ids(before), start=1)}
    for part in after.parts(0, 100).values():
        place = begun.get(part.hit.id)
        for move in part.moves:
            assert move.before == place
            place = move.after
        assert place == part.position
    by_step = [move.reason for part in after.parts(0, 100).values() for move in part.moves]
    assert not by_step or any(by_step), "somebody moved, and nobody says why"


@given(shelves(), PINS)
def test_pins_stand(shelf: Any, pins: tuple[Pin, ...]) -> None:
    """A pin stands at its place or, where another pin has it, at the next one that is free."""
    hits, scores = shelf
    caps = (Cap("brand", most=1, per=5),)
    policies = Policies(pins=pins, caps=caps, diversity=Diversity("brand", 0.9, 10))
    after = ids(apply_policies(ranked(hits, scores), policies, pinned=PINNED))
    taken: set[int] = set()
    for pin in pins:
        if pin.id not in {*(hit.id for hit in hits), "p90", "p91"}:
            continue
        wanted = pin.position - 1
        while wanted in taken:
            wanted += 1
        taken.add(wanted)
        if wanted < len(after):
            assert after[wanted] == pin.id
        else:
            assert after.index(pin.id) >= len(after) - len(pins)


@given(shelves(), st.integers(1, 3), st.integers(1, 12))
def test_caps_hold(shelf: Any, most: int, per: int) -> None:
    """A product stands over its cap only where none below it could have stood there."""
    hits, scores = shelf
    hits = [hit._replace(code=False) for hit in hits]
    after = apply_policies(ranked(hits, scores), Policies(caps=(Cap("brand", most, per),)))
    brands = [after.hits[position].fields["brand"][0] for position in after.order]
    for start in range(0, len(brands), per):
        seen: Counter[str] = Counter()
        for place in range(start, min(start + per, len(brands))):
            if seen[brands[place]] >= most:
                assert all(seen[brand] >= most for brand in brands[place:])
            seen[brands[place]] += 1


@given(shelves(), st.sampled_from(ACTIONS), st.booleans())
def test_sold_out_products(shelf: Any, action: StockAction, missing: bool) -> None:
    """What can be bought keeps its own order, and buried products stand below all of it."""
    hits, scores = shelf
    stock = StockPolicy("stock", action, group="group", missing_is_in_stock=missing)
    before = ranked(hits, scores)
    after = apply_policies(before, Policies(stock=stock))

    def bought(hit: Hit) -> bool:
        return missing if "stock" not in hit.fields else hit.fields["stock"][0] > 0

    ordered = [after.hits[position] for position in after.order if not after.hits[position].code]
    if action is not StockAction.DEMOTE:
        state = [bought(hit) for hit in ordered]
        assert state == sorted(state, reverse=True)
    if action is not StockAction.SUBSTITUTE:
        kept = [hit.id for hit in ordered if bought(hit)]
        assert kept == [id_ for id_ in ids(before) if id_ in kept]


@given(shelves(), POLICIES)
def test_no_page_has_more_new_products_than_its_slots(shelf: Any, policies: Policies) -> None:
    """Each product that came up is new, can be bought, came up, and its page's budget holds."""
    hits, scores = shelf
    options = policies.explore
    if options is None:
        return
    after = apply_policies(
        ranked(hits, scores), policies, pinned=PINNED, vectors=vectors_of(hits), draw=DRAW
    )
    given_places = after.final_order(window=100, added=0).explored
    pages = Counter(place // options.per for place in given_places)
    assert max(pages.values(), default=0) <= options.slots
    new = is_new(after.hits, options, now_s=DRAW.now_s)
    for place in given_places:
        position = after.order[place]
        assert new[position]
        assert not after.hits[position].code
        if policies.stock is not None:
            assert after.hits[position].fields.get("stock") != [0]


@given(shelves(), EXPLORE, st.integers(1, 3), st.integers(1, 12))
def test_caps_hold_with_new_products(
    shelf: Any, explore: Exploration | None, most: int, per: int
) -> None:
    """A new product that would break a cap waits for its turn like any other."""
    hits, scores = shelf
    hits = [hit._replace(code=False) for hit in hits]
    policies = Policies(caps=(Cap("brand", most, per),), explore=explore)
    after = apply_policies(ranked(hits, scores), policies, draw=DRAW)
    brands = [after.hits[position].fields["brand"][0] for position in after.order]
    for start in range(0, len(brands), per):
        seen: Counter[str] = Counter()
        for place in range(start, min(start + per, len(brands))):
            if seen[brands[place]] >= most:
                assert all(seen[brand] >= most for brand in brands[place:])
            seen[brands[place]] += 1


def test_a_new_product_gets_its_place_and_says_so() -> None:
    """It stands at the slot, says why, and is told apart in the order and in its token."""
    hits = [product(n) for n in range(0, 30, 3)]
    hits.append(product(31, born="1970-01-05T00:00:00Z"))
    policies = Policies(explore=Exploration("born", first_place=3))
    after = apply_policies(ranked(hits), policies, draw=DRAW)
    assert ids(after).index("p31") == 2
    part = list(after.parts(0, 11).values())[2]
    assert part.explored
    assert part.to_dict()["explored"] is True
    assert "given a place to become known" in part.why
    order = after.final_order(window=100, added=0)
    assert thaw(freeze(order, search="s"), search="s").explored_ids(0, 10) == ("p31",)
    assert order.explored_ids(3, 10) == ()


def test_a_pin_keeps_its_place_beside_a_new_product() -> None:
    """Where both want one place the pin has it, and the new product stands below."""
    hits = [product(n) for n in range(0, 30, 3)]
    hits.append(product(31, born="1970-01-05T00:00:00Z"))
    policies = Policies(pins=(Pin("p27", 3),), explore=Exploration("born", first_place=3))
    assert ids(apply_policies(ranked(hits), policies, draw=DRAW))[2:4] == ["p27", "p31"]


def test_a_substitute_takes_the_place() -> None:
    """The best product of the group that can be bought comes up; the sold-out one goes to the end."""
    hits = [product(0, stock=0), product(3), product(6), product(1), product(2)]
    stock = StockPolicy("stock", StockAction.SUBSTITUTE, group="group")
    after = apply_policies(ranked(hits), Policies(stock=stock))
    assert ids(after) == ["p01", "p03", "p06", "p02", "p00"]
    parts = {part.hit.id: part for part in after.parts(0, 10).values()}
    assert parts["p01"].moves[0].reason == (Cause.SUBSTITUTE, "p00")
    assert "in place of p00, which is sold out" in parts["p01"].why
    assert "sold out" in parts["p00"].why


def test_a_demoted_product_falls_by_its_score() -> None:
    """Demoting multiplies the score; the product goes where that puts it."""
    hits = [product(0, stock=0), product(3), product(6), product(9)]
    stock = StockPolicy("stock", StockAction.DEMOTE, factor=0.5)
    after = apply_policies(ranked(hits, [1.0, 0.8, 0.6, 0.4]), Policies(stock=stock))
    assert ids(after) == ["p03", "p06", "p00", "p09"]


def test_codes_stay_first_and_pins_go_before_them() -> None:
    """Neither stock nor caps nor variety moves a product whose code was asked for; a pin may."""
    hits = [product(0, stock=0, code=True), *(product(n) for n in range(3, 9))]
    policies = Policies(
        stock=StockPolicy("stock", StockAction.BURY),
        caps=(Cap("brand", most=1, per=2),),
        diversity=Diversity("brand", 0.9, 5),
    )
    assert ids(apply_policies(ranked(hits), policies))[0] == "p00"
    with_pin = Policies(stock=policies.stock, pins=(Pin("p05", 1),))
    assert ids(apply_policies(ranked(hits), with_pin))[:2] == ["p05", "p00"]


def test_a_pin_only_while_in_stock() -> None:
    """A sold-out product is not pinned where its rule says so, and the rule's others close up."""
    hits = [product(n, stock=int(n != 6)) for n in (0, 3, 6, 9)]
    pins = tuple(Pin(i, n, 0, in_stock_only=True) for n, i in ((1, "p06"), (2, "p09")))
    stock = StockPolicy("stock", StockAction.KEEP)
    assert ids(apply_policies(ranked(hits), Policies(stock=stock, pins=pins))) == [
        "p09",
        "p00",
        "p03",
        "p06",
    ]


def test_a_pin_brings_its_variant_group() -> None:
    """Where variants are collapsed, a pinned one stands for its group."""
    hits = [product(0), product(3), product(4)]
    ranking = ranked(hits, collapse_field="group")
    policies = Policies(pins=(Pin("p05", 1),))
    after = apply_policies(ranking, policies, pinned=[product(5)], collapse_field="group")
    assert ids(after) == ["p05", "p00"]


def test_a_brand_that_was_asked_for_is_not_capped() -> None:
    """Who types a brand wants it; other values stay capped."""
    hits = [product(n, brand=b) for n, b in enumerate("AAABBB")]
    policies = Policies(caps=(Cap("brand", most=1, per=6),))
    after = apply_policies(ranked(hits), policies, is_named=lambda value: value == "A")
    assert ids(after)[:4] == ["p00", "p01", "p02", "p03"]


def test_mmr_prefers_what_is_unlike() -> None:
    """A near copy of the best product makes room for one that differs."""
    hits = [product(0), product(1), product(2)]
    rows = np.array([[1, 0], [0.999, 0.04], [0, 1]], dtype=np.float32)
    vectors = {hit.key: row for hit, row in zip(hits, rows, strict=True)}
    policies = Policies(diversity=Diversity(strength=0.5, first=3))
    after = apply_policies(ranked(hits, [1.0, 0.98, 0.9]), policies, vectors=vectors)
    assert ids(after) == ["p00", "p02", "p01"]


@pytest.mark.parametrize(
    "policies", [NO_POLICIES, Policies(stock=StockPolicy("s", StockAction.KEEP))]
)
def test_no_policy_costs_nothing(policies: Policies) -> None:
    """Where nothing is to be done, the very same ranking comes back."""
    ranking = ranked([product(0)])
    assert apply_policies(ranking, policies) is ranking


def test_pins_without_any_hit() -> None:
    """A pinned product is shown even where nothing else matches."""
    after = apply_policies(ranked([]), Policies(pins=(Pin("p90", 3),)), pinned=PINNED)
    assert ids(after) == ["p90"]
    assert after.scores_in_order.tolist() == [1.0]


def test_a_product_that_is_pinned_twice() -> None:
    """The first rule that pins it says where."""
    hits = [product(n) for n in (0, 3, 6)]
    policies = Policies(pins=(Pin("p06", 2, 0), Pin("p06", 1, 1)))
    assert ids(apply_policies(ranked(hits), policies)) == ["p00", "p06", "p03"]


def test_a_cap_without_exemption() -> None:
    """Where the rule says so, a brand is capped even for those who type it."""
    hits = [product(n, brand=b) for n, b in enumerate("AAB")]
    policies = Policies(caps=(Cap("brand", most=1, per=6, exempt_named=False),))
    after = apply_policies(ranked(hits), policies, is_named=lambda value: True)
    assert ids(after) == ["p00", "p02", "p01"]


def test_variety_without_any_vector() -> None:
    """Where no product has a vector, the order stays."""
    ranking = ranked([product(0), product(3)])
    after = apply_policies(ranking, Policies(diversity=Diversity(strength=0.9)))
    assert (ids(after), after.steps) == (ids(ranking), [])
