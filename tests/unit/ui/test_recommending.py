"""The recommendations page without a browser."""

from __future__ import annotations

import pytest

from es_hybrid.recommend.request import read_recommend
from es_hybrid.types import Recommended
from es_hybrid.ui import markup
from es_hybrid.ui.cards import Card, Panel, Seeds, card_of
from es_hybrid.ui.catalogue import Catalogue
from es_hybrid.ui.controls import Controls
from es_hybrid.ui.wanted import MOST_IDS, Kind, Wanted, ids_in, recommend_arguments
from es_hybrid.ui.words import WORDS, Language

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CATALOGUE = Catalogue("title", price="price", details=("rating",), facets=("brand",))
CONTROLS = Controls("", size=3, facets={"brand": ["Aya"]}, price_to=20.0, language=Language.ZH)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (Kind.LIKE, Recommended.SIMILAR),
        (Kind.CART, Recommended.BOUGHT_TOGETHER),
        (Kind.USER, Recommended.FOR_YOU),
        (Kind.TRENDING, Recommended.TRENDING),
    ],
)
def test_each_kind_is_a_request_that_holds(kind: Kind, asked: Recommended) -> None:
    """Products, filters, size and language reach the recommendation as they were chosen."""
    arguments = recommend_arguments(Wanted(kind, ("p1", "p2"), CONTROLS), CATALOGUE)
    arguments["filters"] = arguments.pop("filter")
    request = read_recommend("products", **arguments)
    assert (request.asked, request.size) == (asked, 3)
    assert request.options.explain
    clauses = ({"terms": {"brand": ["Aya"]}}, {"range": {"price": {"lte": 20.0}}})
    assert request.filters == clauses
    started = {*request.ids, *request.past_ids(now_s=0.0)}
    assert started == (set() if kind is Kind.TRENDING else {"p1", "p2"})


def test_ids_are_typed_as_people_do() -> None:
    """Commas and spaces of both languages separate them, each counts once, and there is a limit."""
    assert ids_in(" p1,p2，p3、p1\n") == ("p1", "p2", "p3")
    assert len(ids_in(" ".join(map(str, range(1000))))) == MOST_IDS


def test_picking_from_what_trends_asks_for_its_like() -> None:
    """Elsewhere the kind stays, and a product is added once and can be removed."""
    wanted = Wanted(Kind.TRENDING).with_id("a")
    assert (wanted.kind, wanted.ids) == (Kind.LIKE, ("a",))
    cart = Wanted(Kind.CART, ("a",)).with_id("b").with_id("a")
    assert (cart.kind, cart.ids) == (Kind.CART, ("a", "b"))
    assert cart.without_id("a").without_id("b").starts_from_nothing


def test_what_is_recommended_is_text() -> None:
    """Nothing of a product or an id becomes markup."""
    words = WORDS[Language.EN]
    card = Card(HOSTILE, 1, HOSTILE, why=HOSTILE)
    panel = Panel(HOSTILE, cards=(card,), notes=(HOSTILE,))
    page = markup.recommended(
        panel, words, parts=words.parts, kind=Kind.LIKE, seeds=Seeds((card,), (HOSTILE,))
    )
    page += markup.found([card], words.recommend)
    page += markup.suggested([card], words.recommend, kind=Kind.CART)
    assert "<script" not in page
    assert "<img src=x" not in page


def test_an_empty_answer_says_what_to_do() -> None:
    """Filters that leave nothing, and words that find nothing, are said in a sentence."""
    words = WORDS[Language.EN]
    page = markup.recommended(Panel("x"), words, parts={}, kind=Kind.LIKE, seeds=Seeds())
    assert "Clear them" in page
    assert "No product has this name" in markup.found([], words.recommend)


def test_stars_are_shown_as_stars() -> None:
    """A bare number beside a price says nothing; a product that nobody rated has none."""
    assert card_of("1", {"title": "x", "rating": 4.5}, CATALOGUE).details == ("★ 4.5",)
    assert card_of("1", {"title": "x", "rating": 0.0}, CATALOGUE).details == ()


def test_both_languages_recommend() -> None:
    """Kinds and results have names in both."""
    english, chinese = WORDS[Language.EN].recommend, WORDS[Language.ZH].recommend
    assert english.kinds.keys() == chinese.kinds.keys() == set(Kind)
    assert english.made.keys() == chinese.made.keys() == set(Recommended)
    assert english.words_part.keys() == chinese.words_part.keys()
    assert english.instead.keys() == chinese.instead.keys()
    assert not any(text.isascii() for text in (*chinese.kinds.values(), *chinese.made.values()))
