"""Requests that Elasticsearch or its client refuses; the shop's `except` must go on working."""

from __future__ import annotations

from es_hybrid.types import Json, PassthroughReason
from tests.swap.shapes.shape import WORDS, Shape, on_shop


def _refused(name: str, why: str, **asks: object) -> Shape:
    return Shape(f"refused_{name}", why, on_shop(**asks), fails=True)


def _filter(clause: Json) -> Json:
    return {"bool": {"must": [WORDS], "filter": [clause]}}


REFUSED = (
    _refused("index", "an index that is gone", index="@shop-gone"),
    _refused("one_of_two", "one of two is gone", index=["@shop", "@shop-gone"]),
    _refused(
        "no_indices", "a wildcard that fits nothing", index="@shop-x*", allow_no_indices=False
    ),
    _refused("index_name", "a name that cannot be one", index="@shop,_bad"),
    _refused("query_kind", "a typing error", query={"macth": {"title": "shoe"}}),
    _refused(
        "query_option", "a typing error", query={"match": {"title": {"query": "a", "fuzy": 1}}}
    ),
    _refused("filter_kind", "a typing error", query=_filter({"tern": {"brand": "x"}})),
    _refused("filter_value", "words in a number", query=_filter({"term": {"price": "cheap"}})),
    _refused("filter_date", "no date", query=_filter({"range": {"created": {"gte": "soon"}}})),
    _refused(
        "nested_path", "not nested", query=_filter({"nested": {"path": "brand", "query": WORDS}})
    ),
    _refused("two_queries", "two kinds in one object", query={**WORDS, "term": {"brand": "x"}}),
    _refused("query_text", "a query that is no object", query="shoe"),
    _refused("query_list", "a query that is no object", query=[WORDS]),
    _refused("text_number", "a phrase on numbers", query={"match_phrase": {"price": "shoe"}}),
    _refused(
        "query_syntax", "a shopper's bracket", query={"query_string": {"query": "title:(shoe"}}
    ),
    _refused("agg_kind", "a typing error", aggs={"a": {"termz": {"field": "brand"}}}),
    _refused("agg_field", "facets on text", aggs={"a": {"terms": {"field": "title"}}}),
    _refused("post_filter", "a typing error", post_filter={"tern": {"brand": "x"}}),
    _refused("sort_field", "no such field", sort=[{"prize": "asc"}]),
    _refused("highlight_type", "no such kind", highlight={"fields": {"title": {"type": "loud"}}}),
    _refused(
        "suggest_field", "no such field", suggest={"s": {"text": "a", "term": {"field": "x"}}}
    ),
    _refused("collapse_field", "collapse on text", collapse={"field": "title"}),
    _refused("collapse_without_field", "a typing error", collapse={"filed": "group"}),
    _refused("collapse_text", "collapse that is no object", collapse="group"),
    _refused("rescore", "a typing error", rescore={"window_size": 5, "qery": {}}),
    _refused(
        "script_field", "a script that does not compile", script_fields={"a": {"script": "oops("}}
    ),
    _refused("docvalue_field", "doc values of text", docvalue_fields=["title"]),
    _refused(
        "docvalue_format", "no such format", docvalue_fields=[{"field": "brand", "format": "yyyy"}]
    ),
    _refused("source", "a number", source=5),
    _refused("stored_fields", "an object", stored_fields={"a": 1}),
    _refused("runtime_mappings", "no such type", runtime_mappings={"a": {"type": "thing"}}),
    _refused("size_negative", "a page calculator gone wrong", size=-2),
    _refused("from_negative", "a page calculator gone wrong", from_=-10),
    _refused("size_words", "a form field", size="many"),
    _refused("from_words", "a form field", from_="first"),
    _refused("size_null_text", "a form field", size=""),
    _refused("size_huge", "an export", size=20_000),
    _refused("page_too_deep", "a crawler", from_=9_995, size=10),
    _refused("timeout", "no unit", timeout="soon"),
    _refused("total", "a word", track_total_hits="yes please"),
    _refused("explain", "a word", explain="maybe"),
    _refused("indices_boost", "no such index", indices_boost=[{"@shop-gone": 2.0}]),
    _refused("ext", "an extension that is not installed", ext={"ltr": {"model": "x"}}),
    _refused("search_type", "no such kind", search_type="fast"),
    _refused("expand_wildcards", "no such kind", expand_wildcards="some"),
    _refused("total_as_int", "contradictory", rest_total_hits_as_int=True, track_total_hits=5),
    Shape(
        "refused_body_key",
        "a typing error in the body",
        {"index": "@shop", "body": {"query": WORDS, "form": 10}},
        fails=True,
    ),
    Shape(
        "refused_body_twice",
        "one thing said twice",
        {"index": "@shop", "body": {"query": WORDS, "size": 2}, "size": 3},
        fails=True,
        passes=PassthroughReason.PARAMETER,
    ),
    Shape(
        "refused_argument",
        "a typing error in the call",
        {"index": "@shop", "qeury": WORDS},
        fails=True,
    ),
    Shape("refused_old_argument", "an argument of client 6", on_shop(doc_type="x"), fails=True),
    Shape(
        "refused_sort_with_knn",
        "two things that exclude each other",
        {"index": "@shop", "retriever": {"standard": {"query": WORDS}}, "query": WORDS},
        fails=True,
    ),
)
