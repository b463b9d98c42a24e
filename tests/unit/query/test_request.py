"""The arguments of `es.search` are sorted without losing or editing one."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid.errors import RequestError
from es_hybrid.query.options import HybridOptions
from es_hybrid.query.request import BODY_FIELDS, URL_PARAMETERS, parse_request

QUERY = {"match": {"title": "trail shoe"}}
TEN_CLIENTS_AGO = {"min_compatible_shard_node"}
"""Parameters of client 8 that client 9 no longer has."""


@pytest.mark.parametrize("client", [Elasticsearch, AsyncElasticsearch])
def test_every_parameter_of_the_installed_client(client: Any) -> None:
    """A parameter that a later client adds fails here instead of being dropped."""
    theirs = set(inspect.signature(client.search).parameters) - {"self"}
    ours = {*BODY_FIELDS, *URL_PARAMETERS, "index", "body"}
    assert theirs <= ours
    assert ours - theirs <= TEN_CLIENTS_AGO | _NEWER


_NEWER = {"project_routing", "route_slice", "source_exclude_vectors"}
"""Parameters of client 9 that client 8 does not have yet."""


def test_the_words_and_where_they_stand() -> None:
    """The shopper's words are found in the query."""
    request = parse_request({"index": "products", "query": QUERY})
    assert request.found is not None
    assert (request.text, request.found.path) == ("trail shoe", "query.match.title")
    assert (request.from_, request.size) == (0, 10)
    assert not request.explicit
    assert request.enabled
    assert request.options == HybridOptions()


def test_body_and_arguments_are_one() -> None:
    """The deprecated `body=` and named arguments say the same thing."""
    named = parse_request({"index": "p", "query": QUERY, "size": 5, "from_": 10, "source": False})
    written = {"query": QUERY, "size": 5, "from": 10, "_source": False}
    assert parse_request({"index": "p", "body": written}).body == named.body == written
    mixed = parse_request({"index": "p", "body": {"query": QUERY, "from": 10}, "size": 5})
    assert (mixed.from_, mixed.size) == (10, 5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"body": {"query": QUERY}, "query": QUERY},
        {"body": "text"},
        {"body": [QUERY]},
        {"indx": "p", "query": QUERY},
    ],
)
def test_contradictions_are_left_to_the_client(arguments: Any) -> None:
    """What the client would refuse is not understood here, and so not touched."""
    assert not parse_request(arguments).understood


@pytest.mark.parametrize(
    ("index", "name"),
    [
        ("products", "products"),
        (["a", "b"], "a,b"),
        (("a",), "a"),
        ("", None),
        ([], None),
        (None, None),
    ],
)
def test_index_names(index: Any, name: str | None) -> None:
    """One index, several, or none."""
    assert parse_request({"index": index, "query": QUERY}).index == name


def test_nones_say_nothing() -> None:
    """An argument of `None` is one that was not given."""
    bare = parse_request({"index": "p", "query": QUERY})
    padded = parse_request({"index": "p", "query": QUERY, "size": None, "aggs": None, "q": None})
    assert (padded.body, padded.params) == (bare.body, bare.params)


@pytest.mark.parametrize("place", ["ext", "body"])
@pytest.mark.parametrize("section", [{"window": 50}, True, False])
@pytest.mark.parametrize("other", [{}, {"mine": {"a": 1}}])
def test_the_section_never_reaches_elasticsearch(place: str, section: Any, other: Any) -> None:
    """`ext.hybrid` is taken out, other entries of `ext` stay, the caller's objects are not edited."""
    ext = {"hybrid": section, **other}
    arguments = (
        {"index": "p", "query": QUERY, "ext": ext}
        if place == "ext"
        else {"index": "p", "body": {"query": QUERY, "ext": ext}}
    )
    before = copy.deepcopy(arguments)
    request = parse_request(arguments)
    assert arguments == before
    assert request.body.get("ext") == (other or None)
    sent = request.arguments if place == "ext" else request.arguments["body"]
    assert sent.get("ext") == (other or None)
    assert request.enabled == (section is not False)
    assert request.explicit == (section is not False)


def test_a_section_of_null_says_nothing() -> None:
    """`"hybrid": null` asks for nothing, and would be refused by Elasticsearch."""
    request = parse_request({"index": "p", "query": QUERY, "ext": {"hybrid": None}})
    assert "ext" not in request.arguments
    assert "ext" not in request.body


def test_without_a_section_the_arguments_are_the_callers() -> None:
    """A request without options goes out as the very same arguments."""
    arguments = {"index": "p", "query": QUERY, "ext": {"mine": {}}}
    assert parse_request(arguments).arguments is arguments


def test_several_texts_are_ambiguous() -> None:
    """Different texts are not guessed between; the same one twice is not ambiguous."""
    two = {"bool": {"must": [QUERY, {"match": {"brand": "Acme"}}]}}
    assert parse_request({"index": "p", "query": two}).ambiguous
    same = {"bool": {"should": [QUERY, {"match": {"brand": "Trail  SHOE "}}]}}
    request = parse_request({"index": "p", "query": same})
    assert (request.ambiguous, request.text) == (False, "trail shoe")


@pytest.mark.parametrize(
    "options", [{"text": "boot"}, {"text_path": "query.bool.must.1.match.brand"}]
)
def test_the_caller_decides(options: Any) -> None:
    """`text` and `text_path` settle what is ambiguous."""
    query = {"bool": {"must": [QUERY, {"match": {"brand": "boot"}}]}}
    request = parse_request({"index": "p", "query": query, "ext": {"hybrid": options}})
    assert (request.ambiguous, request.text) == (False, "boot")


def test_a_path_to_nowhere() -> None:
    """A `text_path` that leads to no text is the caller's mistake."""
    with pytest.raises(RequestError) as caught:
        parse_request({"query": QUERY, "ext": {"hybrid": {"text_path": "query.match.brand"}}})
    assert caught.value.path == "ext.hybrid.text_path"


def test_url_query() -> None:
    """`q=` and its parameters become the query that Elasticsearch makes of them."""
    request = parse_request({"index": "p", "q": "+trail shoe", "df": "title", "lenient": True})
    assert request.text == "trail shoe"
    assert request.body["query"] == {
        "query_string": {"query": "+trail shoe", "default_field": "title", "lenient": True}
    }


def test_url_source() -> None:
    """`source_includes` and `source_excludes` move into the body, where they are honoured."""
    request = parse_request(
        {"index": "p", "query": QUERY, "source_includes": "a,b", "source_excludes": ["c"]}
    )
    assert request.body["_source"] == {"includes": ["a", "b"], "excludes": ["c"]}
