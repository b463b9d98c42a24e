"""Exact codes are told from words and amounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.query.codes import code_query, code_words


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("3920564", ("3920564",)),
        ("A1", ("A1",)),
        ("SKU-00017", ("SKU-00017",)),
        ("HP dv7-1211ea notebook", ("dv7-1211ea",)),
        ("buy 4006381333931 now", ("4006381333931",)),
        ("dv7-1211ea, dv7-1211ea；X100F", ("dv7-1211ea", "X100F")),
        ("ＤＶ７－１２１１ＥＡ", ("DV7-1211EA",)),
        ("trail running shoe", ()),
        ("shoe", ()),
        ("500 ml", ()),
        ("bottle 500ml", ()),
        ("monitor 15.6in", ()),
        ("预算500元左右", ("预算500元左右",)),
        ("耳机 预算500元左右", ()),
        ("iphone 15", ()),
        ("", ()),
        ("   ", ()),
        ("x" * 63 + "12", ()),
    ],
)
def test_what_may_be_a_code(text: str, codes: tuple[str, ...]) -> None:
    """One word with a digit may be any code; among words only what can hardly be a word."""
    assert code_words(text) == codes


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Whatever is typed, codes are few short words with a digit, each once."""
    words = code_words(text)
    assert len(set(words)) == len(words)
    assert all(len(word) <= 64 and any(map(str.isdigit, word)) for word in words)


def test_the_query() -> None:
    """Each word is looked for in each field, whatever its case, without a score of its own."""
    query = code_query(["A1", "B2"], ["sku", "ean"])
    terms = query["constant_score"]["filter"]["bool"]["should"]
    assert len(terms) == 4
    assert {"term": {"ean": {"value": "B2", "case_insensitive": True}}} in terms
