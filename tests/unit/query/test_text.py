"""The shopper's words are found where shops really write them, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.query.text import FoundText, find_text, holds_text, plain_words, text_at

MATCH = {"match": {"title": "trail shoe"}}
HINT = {"match": {"title": "sale"}}
BRAND = {"term": {"brand": "Acme"}}

KINDS: list[tuple[dict[str, Any], str]] = [
    (MATCH, "match.title"),
    ({"match": {"title": {"query": "trail shoe", "operator": "and"}}}, "match.title.query"),
    ({"match_phrase": {"title": "trail shoe"}}, "match_phrase.title"),
    ({"match_phrase": {"title": {"query": "trail shoe", "slop": 2}}}, "match_phrase.title.query"),
    ({"match_phrase_prefix": {"title": "trail shoe"}}, "match_phrase_prefix.title"),
    ({"match_bool_prefix": {"title": "trail shoe"}}, "match_bool_prefix.title"),
    ({"multi_match": {"query": "trail shoe", "fields": ["title"]}}, "multi_match.query"),
    ({"combined_fields": {"query": "trail shoe", "fields": ["title"]}}, "combined_fields.query"),
    ({"query_string": {"query": "trail shoe"}}, "query_string.query"),
    ({"simple_query_string": {"query": "trail shoe"}}, "simple_query_string.query"),
    ({"bool": {"must": MATCH}}, "bool.must.match.title"),
    ({"bool": {"must": [BRAND, MATCH]}}, "bool.must.1.match.title"),
    ({"bool": {"should": [BRAND, MATCH]}}, "bool.should.1.match.title"),
    ({"bool": {"must": [{"bool": {"should": [MATCH]}}]}}, "bool.must.0.bool.should.0.match.title"),
    ({"dis_max": {"queries": [MATCH]}}, "dis_max.queries.0.match.title"),
    ({"function_score": {"query": MATCH, "boost": 2}}, "function_score.query.match.title"),
    ({"script_score": {"query": MATCH, "script": {}}}, "script_score.query.match.title"),
    ({"constant_score": {"filter": MATCH}}, "constant_score.filter.match.title"),
    ({"nested": {"path": "names", "query": MATCH}}, "nested.query.match.title"),
    ({"has_child": {"type": "offer", "query": MATCH}}, "has_child.query.match.title"),
    ({"has_parent": {"parent_type": "x", "query": MATCH}}, "has_parent.query.match.title"),
    ({"boosting": {"positive": MATCH, "negative": HINT}}, "boosting.positive.match.title"),
    ({"pinned": {"ids": ["1"], "organic": MATCH}}, "pinned.organic.match.title"),
]


@pytest.mark.parametrize(("query", "path"), KINDS, ids=[path for _, path in KINDS])
def test_every_kind_of_query(query: dict[str, Any], path: str) -> None:
    """The words and their exact place are found in every query that scores by a text."""
    assert find_text(query) == [FoundText("trail shoe", f"query.{path}")]
    found = text_at({"query": query}, f"query.{path}")
    assert found is not None
    assert found.text == "trail shoe"


@pytest.mark.parametrize(
    "query",
    [
        None,
        {},
        [],
        "shoe",
        {"match_all": {}},
        BRAND,
        {"terms": {"brand": ["Acme"]}},
        {"range": {"price": {"gte": 1}}},
        {"ids": {"values": ["1"]}},
        {"exists": {"field": "title"}},
        {"match": {"title": "   "}},
        {"match": {"price": 42}},
        {"match": {"title": {"operator": "and"}}},
        {"match": "shoe"},
        {"multi_match": {"fields": ["title"]}},
        {"multi_match": {"query": 42}},
        {"query_string": {"query": "*"}},
        {"query_string": {"query": "(+ -)"}},
        {"bool": {"filter": [MATCH]}},
        {"bool": {"must_not": [MATCH]}},
        {"bool": "shoe"},
        {"bool": {"must": "shoe"}},
        {"boosting": {"positive": BRAND, "negative": MATCH}},
        {"dis_max": MATCH},
        {"function_score": None},
    ],
)
def test_no_words(query: Any) -> None:
    """What only filters, demotes or makes no sense holds no shopper's words."""
    assert find_text(query) == []
    assert not holds_text(query)


def test_must_wins_over_should() -> None:
    """Optional hints of the shop beside required words are not taken for the shopper's."""
    query = {"bool": {"must": [MATCH], "should": [HINT]}}
    assert [found.text for found in find_text(query)] == ["trail shoe"]


def test_nested_hints_stay_hints() -> None:
    """A hint deep inside an optional clause beside a required text is still a hint."""
    hint = {"bool": {"must": [HINT]}}
    query = {"bool": {"must": [MATCH], "should": [{"function_score": {"query": hint}}]}}
    assert [found.text for found in find_text(query)] == ["trail shoe"]


def test_should_beside_a_filter_is_the_question() -> None:
    """A `should` beside clauses without text is where the words are."""
    query = {"bool": {"must": [BRAND], "filter": [BRAND], "should": [MATCH]}}
    assert [found.text for found in find_text(query)] == ["trail shoe"]


def test_several_texts_are_all_reported() -> None:
    """Different required words are all reported, so that the caller can tell them apart."""
    query = {"bool": {"must": [MATCH, {"match": {"brand": "Acme"}}]}}
    assert [found.text for found in find_text(query)] == ["trail shoe", "Acme"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("trail shoe", "trail shoe"),
        ('+title:"trail shoe" AND -red', "trail shoe red"),
        ("(trail OR road) AND shoe~2", "trail road shoe 2"),
        ("title:shoe^3", "shoe 3"),
        ("brand.text:acme", "acme"),
        ("t-shirt", "t-shirt"),
        ("轻薄 连衣裙", "轻薄 连衣裙"),
        ("AND OR NOT", ""),
        ("", ""),
    ],
)
def test_plain_words(written: str, words: str) -> None:
    """Operators of Lucene's syntax are nothing a model should read; ordinary words stay."""
    assert plain_words(written) == words


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1))
def test_letters_and_digits_survive(text: str) -> None:
    """A text without operators is given to the models as it was typed."""
    if text not in {"AND", "OR", "NOT"}:
        assert plain_words(text) == text


@given(st.text())
def test_any_text_is_taken_as_it_is(text: str) -> None:
    """No character of a `match` text is lost, and a blank one is no text."""
    found = find_text({"match": {"title": text}})
    assert [f.text for f in found] == ([text] if text.strip() else [])


KEYS = [
    "bool",
    "must",
    "should",
    "filter",
    "match",
    "query",
    "dis_max",
    "queries",
    "nested",
    "function_score",
    "multi_match",
    "title",
    "constant_score",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_shape_breaks_it(query: Any) -> None:
    """Whatever a caller sends, finding text never raises: Elasticsearch judges the query."""
    texts = find_text(query)
    assert holds_text(query) == bool(texts)
    for found in texts:
        at = text_at({"query": query}, found.path)
        assert at is not None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("query.bool.must.0.match.title", "shoe"),
        ("query.bool.must.0.match.title.query", None),
        ("query.bool.must.1.multi_match", "boot"),
        ("query.bool.must.1.multi_match.query", "boot"),
        ("query.bool.must.2", None),
        ("query.bool.must.x", None),
        ("query.bool.must.0.match.title.0", None),
        ("suggest.text", None),
        ("", None),
        ("from", None),
    ],
)
def test_text_path(path: str, text: str | None) -> None:
    """A path leads to a text, through lists too, or to nothing."""
    body = {
        "from": 3,
        "query": {
            "bool": {"must": [{"match": {"title": "shoe"}}, {"multi_match": {"query": "boot"}}]}
        },
    }
    found = text_at(body, path)
    assert (found.text if found else None) == text
