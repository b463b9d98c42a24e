"""What a learned ranking knows of each candidate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from es_hybrid.rank.features import FEATURES, MONOTONE, features
from es_hybrid.types import Evidence, Hit

DAY_S = 86_400.0


def table(query: str, hits: list[Hit], **known: Any) -> dict[str, list[float]]:
    """Return the features by name."""
    ones = np.ones(len(hits))
    rows = features(Evidence(query, hits, ones, ones, **known))
    assert rows.shape == (len(hits), len(FEATURES))
    return dict(zip(FEATURES, rows.T.tolist(), strict=True))


def test_scores_are_shares_of_the_best() -> None:
    """Two queries of different score ranges give the same features."""
    small = [Hit("i", "a", lexical_score=2.0), Hit("i", "b", lexical_score=1.0), Hit("i", "c")]
    large = [Hit("i", "a", lexical_score=80.0), Hit("i", "b", lexical_score=40.0), Hit("i", "c")]
    found = table("shoe", small)["lexical_score"]
    assert found[:2] == [1.0, 0.5]
    assert math.isnan(found[2])
    assert table("shoe", large)["lexical_score"][:2] == [1.0, 0.5]


@pytest.mark.parametrize(
    ("query", "text", "share"),
    [
        ("trail shoes", "Trail running shoes, blue", 1.0),
        ("trail shoe", "Trail running shoes, blue", 1.0),
        ("shoe", "Horseshoe magnet", 0.0),
        ("hp dv7-1211ea notebook", "HP Pavilion dv7-1211ea", 0.75),
        ("red shoes", "Shoe, red", 1.0),
        ("ＵＳＢ hub", "Hub USB-C", 1.0),
        ("usb3.0", "Hub (USB3.0)", 1.0),
        ("红色 跑鞋", "跑步鞋 红色", 5 / 6),
        ("?!", "anything", math.nan),
    ],
)
def test_text_coverage(query: str, text: str, share: float) -> None:
    """A word counts where one of the text begins with it; Chinese by characters and pairs."""
    found = table(query, [Hit("i", "a")], texts={0: text})["text_coverage"]
    assert found == pytest.approx([share], nan_ok=True)


def test_what_the_reranker_did_not_read_is_not_known() -> None:
    """A candidate without text has NaN, which is not the same as no word of the query."""
    found = table("shoe", [Hit("i", "a"), Hit("i", "b")], texts={1: "a shirt"})
    assert math.isnan(found["text_coverage"][0])
    assert found["text_coverage"][1] == 0.0
    assert math.isnan(found["text_length"][0])


def test_numbers_are_looked_for_by_themselves() -> None:
    """A model number that is missing shows, whatever the other words do."""
    hits = [Hit("i", "a"), Hit("i", "b")]
    found = table("canon eos 80d", hits, texts={0: "Canon EOS 80D body", 1: "Canon EOS 70D body"})
    assert found["number_coverage"] == [1.0, 0.0]


def test_a_brand_counts_as_a_whole() -> None:
    """Of `Acme Sports`, `acme` alone does not name it."""
    hits = [
        Hit("i", "a", fields={"brand": ["Acme"]}),
        Hit("i", "b", fields={"brand": ["Acme Sports"]}),
        Hit("i", "c"),
    ]
    found = table("acme shoes", hits)["brand_in_query"]
    assert found[:2] == [1.0, 0.0]
    assert math.isnan(found[2])


def test_prices_are_placed_among_the_others() -> None:
    """Half-way between the cheapest and the dearest is the middle, whatever the currency."""
    hits = [Hit("i", str(price), fields={"price": [price]}) for price in (10, 20, 30, 20)]
    assert table("shoe", hits)["price_position"] == [0.125, 0.5, 0.875, 0.5]


def test_business_fields() -> None:
    """Sales, stock, rating and age are read from the doc values; the future counts as now."""
    fields = {
        "sales_30d": [9],
        "stock": [0],
        "rating": [4.5],
        "created_at": ["1970-01-02T00:00:00.000Z"],
    }
    found = table("shoe", [Hit("i", "a", fields=fields)], now_s=3 * DAY_S)
    assert found["log_sales"] == pytest.approx([math.log(10)])
    assert found["in_stock"] == [0.0]
    assert found["rating"] == [4.5]
    assert found["log_age_days"] == pytest.approx([math.log(3)])
    assert table("shoe", [Hit("i", "a", fields=fields)])["log_age_days"] == [0.0]


def test_nonsense_in_a_field_is_not_known() -> None:
    """A text where a number should be costs no search its ranking."""
    hits = [Hit("i", "a", fields={"rating": ["good"], "created_at": ["yesterday"]})]
    found = table("shoe", hits)
    assert math.isnan(found["rating"][0])
    assert math.isnan(found["log_age_days"][0])


def test_directions_are_of_features_that_exist() -> None:
    """A constraint on a misspelt feature would bind nothing."""
    assert set(MONOTONE) <= set(FEATURES)
