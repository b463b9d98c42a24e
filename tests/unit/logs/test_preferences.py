"""A made-up shop with known preferences: its log gives them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

import pytest

from es_hybrid.evaluate.clicks import dependent_click_model, position_based_model
from es_hybrid.logs.events import Event
from es_hybrid.logs.history import History, read_history
from es_hybrid.logs.privacy import Privacy
from es_hybrid.logs.records import EXPLORED, Searched, Source, query_record
from es_hybrid.logs.sessions import Reward, click_sessions, estimate_change, moved_share
from es_hybrid.query.log_options import LogOptions
from es_hybrid.types import Json

LIKED: Mapping[str, Mapping[str, float]] = {
    "boot": {"a": 0.8, "b": 0.55, "c": 0.4, "d": 0.25, "e": 0.1},
    "tent": {"v": 0.7, "w": 0.5, "x": 0.35, "y": 0.2, "z": 0.05},
}
LOOKED_AT = (1.0, 0.65, 0.45, 0.3, 0.2)
SEARCHES = 6_000
PRICE = 20.0
SOURCE = Source("shop", privacy=Privacy("hash", "hash", b"a salt that nobody guesses"))


def shown_by(query: str, random: Random, *, noise: float) -> list[str]:
    """Rank a query's products, the worst of them mostly first, a little differently each time."""
    liked = LIKED[query]
    return sorted(liked, key=lambda product: liked[product] + random.gauss(0, noise))


def search_records(number: int, random: Random, *, tried_out: bool) -> list[Json]:
    """Return the record of one search and of its events, as the client writes them."""
    query = random.choice(sorted(LIKED))
    shown = shown_by(query, random, noise=0.35)
    if tried_out:
        shown[2] = "new"
    searched = Searched(
        at_s=float(number),
        query_id=f"q{number}",
        asked=LogOptions(session=f"s{number}"),
        index="products",
        text=query,
        from_=0,
        size=5,
        shown=[(product, 1.0) for product in shown],
        total=5,
        took_ms=10.0,
    )
    record = query_record(searched, SOURCE)
    if tried_out:
        record["query_attributes"]["shown"][2][EXPLORED] = True
    records = [record]
    for place, product in enumerate(shown):
        liked = LIKED[query].get(product, 0.9)
        if random.random() < LOOKED_AT[place] * liked:
            told = {"object": {"object_id": product}, "position": {"ordinal": place + 1}}
            event = {"action_name": "click", "query_id": f"q{number}", "event_attributes": told}
            records.append(Event.model_validate(event).record(SOURCE, now_s=float(number)))
            if random.random() < 0.25:
                told = {**told, "revenue": PRICE}
                event = {**event, "action_name": "purchase", "event_attributes": told}
                records.append(Event.model_validate(event).record(SOURCE, now_s=float(number)))
    return records


@cache
def history(*, tried_out: bool = False, seed: int = 7) -> History:
    """Return the log of the shop, read back from its records."""
    random = Random(seed)
    records = [
        record
        for number in range(SEARCHES)
        for record in search_records(number, random, tried_out=tried_out)
    ]
    random.shuffle(records)
    return read_history(records)


def best_first() -> dict[str, Sequence[str]]:
    """Return the ranking that shoppers would like best, by what the log knows a query by."""
    return {
        SOURCE.privacy.words(query): sorted(liked, key=liked.__getitem__, reverse=True)
        for query, liked in LIKED.items()
    }


def true_clicks() -> float:
    """Return the clicks a search of the best ranking, by the shop's own preferences."""
    each = [sorted(liked.values(), reverse=True) for liked in LIKED.values()]
    sums = [sum(e * a for e, a in zip(LOOKED_AT, liked, strict=True)) for liked in each]
    return sum(sums) / len(sums)


@pytest.mark.parametrize("tried_out", [False, True])
def test_the_click_model_recovers_the_preferences(tried_out: bool) -> None:
    """From hashed words and clicks alone, each attraction is found to within 0.06.

    Products that stand there to be tried out change nothing of it.
    """
    sessions = click_sessions(history(tried_out=tried_out).searches)
    assert len(sessions) == SEARCHES
    assert moved_share(sessions) > 0.9
    fitted = position_based_model(sessions, rounds=200)
    for query, liked in LIKED.items():
        key = SOURCE.privacy.words(query)
        found = {product: fitted.attraction[key, product] for product in liked}
        assert found == pytest.approx(liked, abs=0.06)
        assert (key, "new") not in fitted.attraction
    places = (0, 1, 3, 4) if tried_out else range(5)
    assert [fitted.examination[n] for n in places] == pytest.approx(
        [LOOKED_AT[n] for n in places], abs=0.05
    )


def test_what_stands_high_is_not_what_is_liked() -> None:
    """Counted without a model, the worst product of the log has more clicks than the best."""
    clicks: dict[str, int] = {}
    for session in click_sessions(history().searches):
        for place in session.clicked:
            clicks[session.shown[place]] = clicks.get(session.shown[place], 0) + 1
    assert clicks["d"] / clicks["a"] > 1.5 * LIKED["boot"]["d"] / LIKED["boot"]["a"]


def test_the_dependent_model_orders_them_too() -> None:
    """A model of another kind of shopper still finds the order of the best three."""
    fitted = dependent_click_model(click_sessions(history().searches))
    key = SOURCE.privacy.words("boot")
    found = sorted(LIKED["boot"], key=lambda product: fitted.attraction[key, product])
    assert found[::-1][:3] == ["a", "b", "c"]


@pytest.mark.parametrize("tried_out", [False, True])
def test_the_estimate_is_what_the_other_ranking_earns(tried_out: bool) -> None:
    """From the log of the bad ranking, the good one's clicks are foretold to within 6 %."""
    searches = history(tried_out=tried_out).searches
    fitted = position_based_model(click_sessions(searches), rounds=200)
    change = estimate_change(searches, best_first(), fitted)
    assert (change.searches, change.covered) == (SEARCHES, 1.0)
    # One product of five made room for what was tried out; the log knows nothing of it there.
    assert change.known == pytest.approx(0.8 if tried_out else 1.0, abs=0.1)
    if not tried_out:
        assert change.changed.value == pytest.approx(true_clicks(), rel=0.06)
        assert change.changed.standard_error < 0.05
    assert change.changed.value > 1.2 * change.logged
    assert change.liked_seen is not None
    assert change.liked_seen_changed is not None
    assert change.liked_seen_changed.value > 1.2 * change.liked_seen.value


def test_the_estimate_of_the_same_ranking_is_what_was_logged() -> None:
    """A ranking that is left as it is, is foretold to earn what it earned, to the last digit."""
    searches = history().searches
    fitted = position_based_model(click_sessions(searches), rounds=20)
    same = [
        search for search in searches if list(search.shown.values()) == ["e", "d", "c", "b", "a"]
    ]
    key = SOURCE.privacy.words("boot")
    change = estimate_change(same, {key: ["e", "d", "c", "b", "a"]}, fitted)
    assert change.changed.value == pytest.approx(change.logged)
    assert (change.known, change.changed.clipped) == (1.0, 0.0)


def test_money_can_be_the_reward() -> None:
    """Purchases and revenue are weighed as clicks are."""
    searches = history().searches
    fitted = position_based_model(click_sessions(searches), rounds=50)
    bought = estimate_change(searches, best_first(), fitted, reward=Reward.PURCHASES)
    earned = estimate_change(searches, best_first(), fitted, reward=Reward.REVENUE)
    assert earned.logged == pytest.approx(PRICE * bought.logged)
    assert earned.changed.value == pytest.approx(PRICE * bought.changed.value)


def test_a_ranking_of_other_queries_is_refused() -> None:
    """Where the log and the new ranking share no query, nothing is estimated."""
    searches = history().searches
    fitted = position_based_model(click_sessions(searches), rounds=5)
    with pytest.raises(ValueError, match="answers none"):
        estimate_change(searches, {"boot": ["a"]}, fitted)
