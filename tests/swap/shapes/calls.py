"""Where a search goes and how: names, aliases, URL parameters, spellings of the call."""

from __future__ import annotations

from es_hybrid.types import Json, PassthroughReason
from tests.swap.shapes.shape import WORDS, Shape, on_shop

_BODY: Json = {"query": WORDS, "size": 7, "_source": ["title"], "from": 2}


def _in(index: object, name: str, why: str, **asks: object) -> Shape:
    return Shape(name, why, {"index": index, "query": WORDS, "size": 20, **asks})


def _with(name: str, why: str, **asks: object) -> Shape:
    return Shape(name, why, on_shop(**asks))


WHERE = (
    _in("@stocked", "alias_with_filter", "a shop front that hides what is sold out"),
    _in("@everything", "alias_of_two", "own products and a sale"),
    _in("@shop,@sale", "two_names", "the same by their names"),
    _in(["@shop", "@sale"], "list_of_names", "the same as a list"),
    _in(("@shop", "@sale"), "tuple_of_names", "the same as a tuple"),
    _in("@root-sal*", "wildcard", "monthly indices", expand_wildcards="open"),
    _in("@root-sal*", "wildcard_list", "monthly indices", expand_wildcards=["open", "hidden"]),
    _in(
        ["@shop", "@shop-next-month"],
        "missing_index_ignored",
        "an index that is not there yet",
        ignore_unavailable=True,
    ),
    Shape(
        "nothing_there",
        "a wildcard that fits nothing",
        {"index": "@shop-x*", "query": WORDS, "allow_no_indices": True},
        lacks=True,
    ),
    Shape(
        "with_and_without_vectors",
        "an old index beside a new one",
        {"index": ["@shop", "@plain"], "query": WORDS, "size": 20},
        lacks=True,
    ),
    Shape(
        "no_index",
        "everything, kept to one index by a filter",
        {"query": {"bool": {"must": [WORDS], "filter": [{"term": {"_index": "@shop"}}]}}},
        passes=PassthroughReason.NO_INDEX,
    ),
    _in("@sale", "routing", "tenants of one index", routing="tenant-1"),
    _in("@sale", "routing_list", "tenants of one index", routing=["tenant-1", "tenant-2"]),
)

HOW = (
    _with("timeout", "Searchkick's limit", timeout="11000ms"),
    _with("preference", "the same replica for one visitor", preference="visitor-8a"),
    _with("preference_local", "the reference's preference", preference="_local"),
    _with("request_cache", "front pages", request_cache=True),
    _with("dfs", "exact scores on small shards", search_type="dfs_query_then_fetch"),
    _in("@sale", "dfs_two_shards", "the same", search_type="dfs_query_then_fetch"),
    _with("stats", "statistics by group", stats=["storefront", "mobile"]),
    _with("partial_results", "rather half an answer", allow_partial_search_results=True),
    _with("partial_results_not", "rather none", allow_partial_search_results=False),
    _with("shards_at_once", "gentle on the cluster", max_concurrent_shard_requests=2),
    _with("pre_filter", "many shards", pre_filter_shard_size=1),
    _with("round_trips", "remote clusters", ccs_minimize_roundtrips=True),
    _with("human", "by hand", human=True, pretty=True),
    _with("error_trace", "by hand", error_trace=True),
    Shape(
        "df_without_q",
        "left over in a URL; newer servers refuse it",
        on_shop(lenient=True, df="title"),
        passes=PassthroughReason.PARAMETER,
        fails=None,
    ),
    Shape(
        "filter_path",
        "less on the wire",
        on_shop(filter_path="hits.hits._id,hits.total"),
        passes=PassthroughReason.PARAMETER,
    ),
    Shape(
        "filter_path_list",
        "less on the wire",
        on_shop(filter_path=["took", "hits.hits._source.title"]),
        passes=PassthroughReason.PARAMETER,
    ),
    Shape(
        "reduce_size",
        "thousands of shards",
        on_shop(batched_reduce_size=2),
        passes=PassthroughReason.PARAMETER,
    ),
)

SPELLINGS = (
    Shape("body", "the call of client 7", {"index": "@shop", "body": _BODY}),
    Shape(
        "body_empty",
        "the call of client 7",
        {"index": "@shop", "body": {}},
        passes=PassthroughReason.NO_TEXT,
    ),
    Shape(
        "body_and_parameters",
        "the call of client 7 with what travels in the URL",
        {"index": "@shop", "body": _BODY, "routing": "x", "source_includes": ["price"]},
    ),
    Shape(
        "body_and_arguments",
        "both ways in one call, which the client still takes",
        {"index": "@shop", "body": {"query": WORDS}, "size": 3},
    ),
    Shape(
        "body_of_arguments",
        "the names of the arguments in the body, which the client renames",
        {"index": "@shop", "body": {"query": WORDS, "from_": 3, "source": ["title"]}},
        passes=PassthroughReason.PARAMETER,
    ),
    Shape(
        "body_as_text",
        "a body kept as JSON in a file",
        {"index": "@shop", "body": '{"query": {"match": {"title": "shoe"}}}'},
        passes=PassthroughReason.PARAMETER,
    ),
    Shape(
        "nulls",
        "a form that sends what is not set",
        on_shop(
            size=None, from_=None, aggs=None, sort=None, post_filter=None, routing=None, ext=None
        ),
    ),
    Shape(
        "request_timeout",
        "the old spelling of a time limit, which the client still takes",
        on_shop(request_timeout=20),
        passes=PassthroughReason.PARAMETER,
    ),
)

CALLS = (*WHERE, *HOW, *SPELLINGS)
