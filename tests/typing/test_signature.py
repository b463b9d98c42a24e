"""The shop's `search` takes what the installed client's takes, and what older clients' took."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid.query.request import BODY_FIELDS, URL_PARAMETERS, parse_request

FLAVOURS = [(Elasticsearch, HybridClient), (AsyncElasticsearch, AsyncHybridClient)]

CLIENT_8_15 = frozenset(
    [
        "aggregations",
        "aggs",
        "allow_no_indices",
        "allow_partial_search_results",
        "analyze_wildcard",
        "analyzer",
        "batched_reduce_size",
        "body",
        "ccs_minimize_roundtrips",
        "collapse",
        "default_operator",
        "df",
        "docvalue_fields",
        "error_trace",
        "expand_wildcards",
        "explain",
        "ext",
        "fields",
        "filter_path",
        "force_synthetic_source",
        "from_",
        "highlight",
        "human",
        "ignore_throttled",
        "ignore_unavailable",
        "include_named_queries_score",
        "index",
        "indices_boost",
        "knn",
        "lenient",
        "max_concurrent_shard_requests",
        "min_compatible_shard_node",
        "min_score",
        "pit",
        "post_filter",
        "pre_filter_shard_size",
        "preference",
        "pretty",
        "profile",
        "q",
        "query",
        "rank",
        "request_cache",
        "rescore",
        "rest_total_hits_as_int",
        "retriever",
        "routing",
        "runtime_mappings",
        "script_fields",
        "scroll",
        "search_after",
        "search_type",
        "seq_no_primary_term",
        "size",
        "slice",
        "sort",
        "source",
        "source_excludes",
        "source_includes",
        "stats",
        "stored_fields",
        "suggest",
        "suggest_field",
        "suggest_mode",
        "suggest_size",
        "suggest_text",
        "terminate_after",
        "timeout",
        "track_scores",
        "track_total_hits",
        "typed_keys",
        "version",
    ]
)
"""Parameters of `Elasticsearch.search` in client 8.15.1, the oldest that is supported."""

KNOWN = {*BODY_FIELDS, *URL_PARAMETERS, "index", "body"}


def parameters(method: Any) -> dict[str, inspect.Parameter]:
    _, *rest = inspect.signature(method).parameters.values()
    return {parameter.name: parameter for parameter in rest}


@pytest.mark.parametrize(("client", "shop"), FLAVOURS, ids=["sync", "async"])
def test_no_parameter_of_the_client_is_unknown(client: Any, shop: Any) -> None:
    """A parameter that a new client brings fails here, instead of being dropped."""
    unknown = parameters(client.search).keys() - KNOWN
    assert not unknown, f"say in es_hybrid/query/request.py where these travel: {sorted(unknown)}"


def test_no_parameter_of_an_older_client_is_unknown() -> None:
    """What client 8.15 took goes on being taken."""
    assert CLIENT_8_15 <= KNOWN


@pytest.mark.parametrize(("client", "shop"), FLAVOURS, ids=["sync", "async"])
@pytest.mark.parametrize("method", ["search", "plan"])
def test_the_signature_is_the_clients(client: Any, shop: Any, method: str) -> None:
    """Names, kinds, defaults and types of the parameters are the installed client's own."""
    assert parameters(getattr(shop, method)) == parameters(client.search)
    assert next(iter(inspect.signature(getattr(shop, method)).parameters)) == "self"


@pytest.mark.parametrize(("client", "shop"), FLAVOURS, ids=["sync", "async"])
def test_the_clients_other_spellings_are_known(client: Any, shop: Any) -> None:
    """The spellings that the client renames (`_source`, `from`) are renamed here, too."""
    asked = parse_request(
        {
            "index": "products",
            "query": {"match": {"title": "shoe"}},
            "_source": ["title"],
            "_source_includes": ["title"],
            "_source_excludes": ["brand"],
            "from": 3,
        }
    )
    assert asked.understood
    assert asked.from_ == 3
    assert asked.params["source_includes"] == ["title"]
    assert asked.params["source_excludes"] == ["brand"]


@pytest.mark.parametrize(("client", "shop"), FLAVOURS, ids=["sync", "async"])
def test_options_take_what_the_clients_take(client: Any, shop: Any) -> None:
    """`options()` has the client's own parameters."""
    assert parameters(shop.options) == parameters(client.options)


def test_a_body_field_and_a_url_parameter_are_different_things() -> None:
    """No name travels in two places."""
    assert not BODY_FIELDS.keys() & URL_PARAMETERS.keys()
