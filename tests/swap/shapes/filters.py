"""Filters beside the words, and requests without any words of a shopper."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from es_hybrid.types import PassthroughReason
from tests.swap.shapes.shape import WORDS, Shape, filtered, of_query

FILTERS = (
    filtered(
        "filter_range",
        "price slider",
        {"range": {"price": {"gte": 10, "lt": 60}}},
        {"range": {"created": {"gte": "2026-01-01||/M", "format": "yyyy-MM-dd"}}},
    ),
    filtered(
        "filter_python_values",
        "datetime and Decimal, which the client serialises",
        {"range": {"created": {"gte": datetime(2026, 2, 1, tzinfo=UTC)}}},
        {"range": {"price": {"lte": Decimal("70.50")}}},
    ),
    filtered(
        "filter_geo_distance",
        "click and collect: the reference's geo_distance page",
        {"geo_distance": {"distance": "350km", "warehouse": {"lat": 48.1, "lon": 11.6}}},
    ),
    filtered(
        "filter_geo_box",
        "the reference's geo_bounding_box page",
        {
            "geo_bounding_box": {
                "warehouse": {
                    "top_left": {"lat": 54, "lon": 8},
                    "bottom_right": {"lat": 48, "lon": 14},
                }
            }
        },
    ),
    filtered(
        "filter_nested",
        "a size that is left",
        {
            "nested": {
                "path": "sizes",
                "query": {
                    "bool": {
                        "filter": [
                            {"term": {"sizes.size": 41}},
                            {"range": {"sizes.left": {"gt": 0}}},
                        ]
                    }
                },
            }
        },
    ),
    filtered(
        "filter_nested_inner_hits",
        "the matching size, shown with the product",
        {
            "nested": {
                "path": "sizes",
                "query": {"range": {"sizes.left": {"gt": 1}}},
                "inner_hits": {"size": 1, "_source": ["sizes.size"]},
            }
        },
    ),
    filtered(
        "filter_kinds",
        "everything a facet sends",
        {"terms": {"brand": ["Fellgate", "Norvik"]}},
        {"exists": {"field": "sku"}},
        {"prefix": {"sku": "FE"}},
        {"bool": {"should": [{"term": {"colour": "red"}}, {"term": {"colour": "black"}}]}},
        {"bool": {"must_not": [{"wildcard": {"sku": "*9X"}}]}},
    ),
    filtered(
        "filter_script",
        "the reference's script query page",
        {"script": {"script": "doc['sales'].value % 2 == 0"}},
    ),
    filtered(
        "filter_terms_lookup",
        "a wish list kept in a document",
        {"terms": {"tags": {"index": "@shop", "id": "p01", "path": "tags"}}},
    ),
    filtered("filter_ids", "a chosen set", {"ids": {"values": [f"p{n:02d}" for n in range(20)]}}),
    filtered(
        "filter_named",
        "the reference's named queries",
        {"terms": {"colour": ["red", "blue"], "_name": "bright"}},
        {"term": {"brand": {"value": "Fellgate", "_name": "own_brand"}}},
    ),
    of_query(
        "must_not",
        "hide what is sold out",
        {"bool": {"must": [WORDS], "must_not": [{"term": {"in_stock": False}}]}},
    ),
    of_query(
        "post_filter_geo",
        "a filter that leaves the facets alone",
        WORDS,
        post_filter={"geo_distance": {"distance": "700km", "warehouse": "48.1,11.6"}},
    ),
)

_NO_TEXT = PassthroughReason.NO_TEXT

NOT_OURS = (
    of_query("match_all", "a category page", {"match_all": {}}, passes=_NO_TEXT),
    Shape("no_query", "the newest products", {"index": "@shop"}, passes=_NO_TEXT),
    of_query("term", "a brand page", {"term": {"brand": "Fellgate"}}, passes=_NO_TEXT),
    of_query("blank_text", "an empty search box", {"match": {"title": "  "}}, passes=_NO_TEXT),
    of_query("empty_text", "an empty search box", {"match": {"title": ""}}, passes=_NO_TEXT),
    of_query("wildcard_term", "part numbers", {"wildcard": {"sku": "FE-*"}}, passes=_NO_TEXT),
    of_query("fuzzy", "the reference's fuzzy page", {"fuzzy": {"title": "sheo"}}, passes=_NO_TEXT),
    of_query("regexp", "the reference's regexp page", {"regexp": {"sku": "FE.*"}}, passes=_NO_TEXT),
    of_query(
        "ids_alone", "recently seen products", {"ids": {"values": ["p03", "p01"]}}, passes=_NO_TEXT
    ),
    of_query(
        "more_like_this",
        "the reference's more_like_this page",
        {
            "more_like_this": {
                "fields": ["title"],
                "like": [{"_index": "@shop", "_id": "p00"}],
                "min_term_freq": 1,
                "min_doc_freq": 1,
            }
        },
        passes=_NO_TEXT,
    ),
    of_query(
        "intervals",
        "the reference's intervals page",
        {"intervals": {"title": {"match": {"query": "trail shoe", "max_gaps": 3}}}},
        passes=_NO_TEXT,
    ),
    of_query(
        "span_near",
        "the reference's span_near page",
        {
            "span_near": {
                "clauses": [{"span_term": {"title": "trail"}}, {"span_term": {"title": "shoe"}}],
                "slop": 3,
                "in_order": True,
            }
        },
        passes=_NO_TEXT,
    ),
    of_query(
        "text_as_filter",
        "words in filter context have no score to improve",
        {"bool": {"filter": [WORDS]}},
        passes=_NO_TEXT,
    ),
    of_query(
        "two_texts",
        "title and description asked for different words",
        {"bool": {"must": [{"match": {"title": "shoe"}}, {"match": {"description": "hills"}}]}},
        passes=PassthroughReason.AMBIGUOUS_TEXT,
    ),
    of_query(
        "random_order",
        "a page of surprises",
        {
            "function_score": {
                "query": {"match_all": {}},
                "random_score": {"seed": 1, "field": "_seq_no"},
            }
        },
        passes=_NO_TEXT,
    ),
)
