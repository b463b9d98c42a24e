"""The query's words in the candidates' texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.rank.stand_in import words_scores
from es_hybrid.rank.words import words_of


def test_more_of_the_words_is_better() -> None:
    """All words before some, some before none, however often one of them is repeated."""
    texts = ["red red red red", "shoe, RED", "mug", "Red Shoes"]
    scores = words_scores("red shoe", texts)
    assert scores[1] == scores[3] == 1.0
    assert scores[1] > scores[0] > scores[2] == 0.0


def test_rare_words_count_more() -> None:
    """Of two half matches the one with the word that few candidates have is better."""
    texts = ["acme cable", "acme plug", "acme lamp", "usb-c cord"]
    brand, *_, kind = words_scores("acme usb-c", texts)
    assert kind > brand


@pytest.mark.parametrize(
    ("query", "text", "score"),
    [
        ("ＬＡＰＴＯＰ", "laptops", 1.0),
        ("glass", "glas", 0.0),
        ("雨衣", "儿童雨衣", 1.0),
        ("雨衣", "衣服 雨", 0.2933),
        ("...", "anything", 0.0),
        ("usb3.0 hub", "Hub, USB3.0", 1.0),
    ],
)
def test_folding(query: str, text: str, score: float) -> None:
    """Width, case and the English plural do not matter; Chinese matches by characters and pairs."""
    assert words_scores(query, [text]) == pytest.approx([score], abs=1e-4)


@given(st.text(), st.lists(st.text(), max_size=8))
def test_any_text_has_a_score(query: str, texts: list[str]) -> None:
    """Whatever a feed holds, there is one score per text, from 0 to 1."""
    scores = words_scores(query, texts)
    assert len(scores) == len(texts)
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert isinstance(words_of(query), frozenset)
