"""What the playground asks and shows, without a browser."""

from __future__ import annotations

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig

from es_hybrid.query.options import parse_options
from es_hybrid.query.schema import IndexSchema, Money
from es_hybrid.rank.parts import HitParts
from es_hybrid.response import HybridInfo, HybridResponse
from es_hybrid.types import Hit, PlanName
from es_hybrid.ui import markup
from es_hybrid.ui.candidates import candidates_in, ranked
from es_hybrid.ui.cards import Panel, card_of, image_address, panel_of
from es_hybrid.ui.catalogue import Catalogue, fields_of, read_catalogue
from es_hybrid.ui.controls import Column, Controls, read_facets, search_arguments
from es_hybrid.ui.words import WORDS, Language

EN = WORDS[Language.EN]
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>${alert(3)}{{value}}"
BOOSTS = (
    {"field": "sales", "scale": 90.0, "factor": 1.1},
    {"field": "stock", "equals": 0, "factor": 0.8},
)
CATALOGUE = Catalogue("title", "image_url", "price", facets=("brand", "colour"), boosts=BOOSTS)


def answer(*titles: str) -> HybridResponse:
    """Return an answer with a product a title, each with the parts of its score."""
    hits = [
        {"_index": "i", "_id": title, "_score": 1.0 / place, "_source": {"title": title}}
        for place, title in enumerate(titles, start=1)
    ]
    parts = {
        ("i", title): HitParts(
            position=place,
            hit=Hit("i", title, lexical_score=8.0 / place, lexical_rank=place),
            fused=1.0,
            rerank=None,
            relevance=1.0,
            score=1.0,
        )
        for place, title in enumerate(titles, start=1)
    }
    meta = ApiResponseMeta(200, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "es", 9200))
    body = {"took": 3, "hits": {"hits": hits, "total": {"value": 1234, "relation": "eq"}}}
    return HybridResponse(body, meta, HybridInfo(PlanName.MSEARCH_FUSION, parts=parts))


@pytest.mark.parametrize("column", list(Column))
def test_each_recipe_is_a_request_that_a_search_accepts(column: Column) -> None:
    """Whatever is turned, the request section holds."""
    controls = Controls("shoe", lexical_weight=0.3, rerank_weight=0.9, factors=(1.5, 1.0))
    section = search_arguments(controls, CATALOGUE, column)["ext"]["hybrid"]
    options = parse_options(section)
    assert options.text == "shoe"
    assert (options.plan == "lexical_only") == (column is Column.LEXICAL)


def test_a_boost_of_one_is_switched_off() -> None:
    """A slider in its neutral place leaves no boost behind, and the others take its factor."""
    section = search_arguments(Controls("shoe", factors=(1.5, 1.0)), CATALOGUE, Column.BOOSTED)
    assert section["ext"]["hybrid"]["boosts"] == [{"field": "sales", "scale": 90.0, "factor": 1.5}]


def test_a_facet_counts_what_the_others_leave() -> None:
    """Its own choice does not hide its other values, and a chosen value is always offered."""
    controls = Controls("shoe", facets={"brand": ["Aya"]}, price_to=20.0)
    asked = search_arguments(controls, CATALOGUE, Column.HYBRID, count_facets=True)
    assert asked["post_filter"] == {"bool": {"filter": [{"terms": {"brand": ["Aya"]}}]}}
    assert asked["query"]["bool"]["filter"] == [{"range": {"price": {"lte": 20.0}}}]
    assert asked["aggs"]["brand"]["filter"] == {"match_all": {}}
    assert asked["aggs"]["colour"]["filter"]["bool"]["filter"] == [{"terms": {"brand": ["Aya"]}}]
    brand = read_facets({"aggregations": {}}, controls, CATALOGUE)[0]
    assert brand.choices == (("Aya (0)", "Aya"),)


def test_a_card_says_what_moved_and_why() -> None:
    """A product is compared with its place in BM25's list, and its bars with the best."""
    panel = panel_of(Column.HYBRID, answer("b", "a", "c"), CATALOGUE, EN, before=["a", "b"])
    assert [card.move for card in panel.cards] == ["▲1", "▼1", "new"]
    assert [card.bars[0].share for card in panel.cards] == [1.0, 0.5, pytest.approx(1 / 3)]
    assert panel.cards[0].why == "#1: text match no. 1."
    assert panel.summary == "1,234 found · 3 ms"


def test_what_comes_from_an_index_is_text() -> None:
    """Nothing of a product becomes markup, wherever it is shown."""
    html = markup.panels([panel_of(Column.LEXICAL, answer(HOSTILE), CATALOGUE, EN)], EN)
    html += markup.panels([Panel(HOSTILE, notes=(HOSTILE,))], EN) + markup.message(HOSTILE)
    html += markup.ranking(ranked([HOSTILE], [0.5]), EN) + markup.heading(HOSTILE, Language.EN)
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//host/a.jpg",
        "/a.jpg",
        "http://",
        "http://[",
        "",
    ],
)
def test_only_web_addresses_are_pictures(value: str) -> None:
    """Anything else stands for a missing picture."""
    assert image_address(value) is None
    assert card_of("1", {"title": "x", "image_url": value}, CATALOGUE).image is None


def test_prices_are_shown_in_the_unit_of_the_mapping() -> None:
    """Cents become euros."""
    catalogue = Catalogue("title", price="price", money=Money("EUR", "minor"))
    assert card_of("1", {"title": "x", "price": 1999}, catalogue).details == ("19.99 EUR",)


def test_an_index_says_what_can_be_shown() -> None:
    """Fields are found by name and type; keyword fields of codes or of one value are no facets."""
    mapping = {
        "properties": {
            "product_name": {"type": "text"},
            "sku": {"type": "keyword"},
            "material": {"type": "keyword"},
            "supplier": {"type": "keyword"},
            "season": {"type": "keyword"},
            "media": {"properties": {"hero": {"type": "keyword", "doc_values": False}}},
        }
    }
    found = read_catalogue(
        fields_of(mapping),
        schema=IndexSchema(),
        values={"material": 7, "supplier": 40, "season": 1},
        numbers={"rating": {"count": 9, "max": 4.9}},
    )
    assert found.title == "product_name"
    assert found.facets == ("supplier", "material")
    assert [boost["field"] for boost in found.boosts] == ["rating"]


def test_a_pasted_list_is_ranked() -> None:
    """Empty lines are left out, ties stay, and each line remembers where it was."""
    rows = ranked(candidates_in("one\n\n two \nthree"), [0.2, 0.9, 0.2])
    assert [(row.text, row.was) for row in rows] == [("two", 2), ("one", 1), ("three", 3)]
    assert rows[0].share == 1.0


def test_both_languages_say_everything() -> None:
    """No text is left in the other language."""
    english, chinese = WORDS[Language.EN], WORDS[Language.ZH]
    assert english.parts.keys() == chinese.parts.keys()
    assert english.recipes.keys() == chinese.recipes.keys() == {str(column) for column in Column}
    assert not any(text.isascii() for text in (chinese.search, chinese.query, chinese.nothing))
