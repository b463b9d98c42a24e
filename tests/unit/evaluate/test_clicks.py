"""Click models recover what a made-up shop's shoppers like."""

from __future__ import annotations

from random import Random

import pytest

from es_hybrid.evaluate.clicks import Session, dependent_click_model, position_based_model

LIKED = {"a": 0.7, "b": 0.5, "c": 0.3, "d": 0.1}
LOOKED_AT = (1.0, 0.6, 0.35, 0.2)


def position_biased_shop(searches: int, *, seed: int = 1) -> list[Session]:
    """Show four products, usually the worst first; look down the page less and less."""
    random = Random(seed)
    sessions = []
    for _ in range(searches):
        shown = sorted(LIKED, key=lambda product: LIKED[product] + random.gauss(0, 0.4))
        clicked = {
            place
            for place, product in enumerate(shown)
            if random.random() < LOOKED_AT[place] * LIKED[product]
        }
        sessions.append(Session("q", shown, frozenset(clicked)))
    return sessions


def cascading_shop(searches: int, *, going_on: tuple[float, ...], seed: int = 1) -> list[Session]:
    """Read from the top; after a click, go on or be content."""
    random = Random(seed)
    sessions = []
    for _ in range(searches):
        shown = random.sample(sorted(LIKED), len(LIKED))
        clicked = set()
        for place, product in enumerate(shown):
            if random.random() < LIKED[product]:
                clicked.add(place)
                if random.random() >= going_on[place]:
                    break
        sessions.append(Session("q", shown, frozenset(clicked)))
    return sessions


def test_position_based_model_recovers_the_preferences() -> None:
    """Though the worst product is shown first, the fitted attractions are the shop's own."""
    sessions = position_biased_shop(20_000)
    fitted = position_based_model(sessions, rounds=200)
    assert {p: fitted.attraction["q", p] for p in LIKED} == pytest.approx(LIKED, abs=0.05)
    assert fitted.examination == pytest.approx(LOOKED_AT, abs=0.05)


def test_counting_clicks_would_not_have() -> None:
    """The same log, counted without a model, has the best at half its lead over the third."""
    clicks = dict.fromkeys(LIKED, 0)
    for session in position_biased_shop(20_000):
        for place in session.clicked:
            clicks[session.shown[place]] += 1
    assert clicks["a"] / clicks["c"] < 0.6 * LIKED["a"] / LIKED["c"]


def test_dependent_click_model_recovers_the_preferences() -> None:
    """Shoppers who stop after a click leave what is below unseen, and it is not counted as missed."""
    going_on = (0.6, 0.4, 0.5, 0.5)
    fitted = dependent_click_model(cascading_shop(20_000, going_on=going_on))
    found = {p: fitted.attraction["q", p] for p in LIKED}
    assert sorted(found, key=found.__getitem__, reverse=True) == list(LIKED)
    assert found["a"] == pytest.approx(LIKED["a"], abs=0.05)


def test_queries_are_kept_apart() -> None:
    """What is liked for one query says nothing of another."""
    up, nothing = frozenset({0}), frozenset[int]()
    fitted = position_based_model([Session("q1", ["a"], up), Session("q2", ["a"], nothing)] * 50)
    assert fitted.attraction["q1", "a"] > 0.9
    assert fitted.attraction["q2", "a"] < 0.1


def test_no_log_is_no_model() -> None:
    """An empty log, or answers without a product, fit nothing and break nothing."""
    for sessions in ([], [Session("q", [], frozenset())]):
        assert position_based_model(sessions).attraction == {}
        assert dependent_click_model(sessions).attraction == {}
