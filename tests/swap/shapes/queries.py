"""Every full-text query that shops put the shopper's words in."""

from __future__ import annotations

from tests.swap.shapes.shape import WORDS, Shape, of_query

_TEXT = "trail shoe red"
_FIELDS = ["title^3", "brand.text^2", "description"]

FULL_TEXT = (
    of_query("match", "the reference's first example of a full-text query", WORDS),
    of_query(
        "match_long",
        "the reference's match page: operator, fuzziness",
        {"match": {"title": {"query": "trial shoe", "operator": "and", "fuzziness": "AUTO"}}},
    ),
    of_query(
        "match_minimum",
        "recall tuning of storefronts: most words must match",
        {"match": {"title": {"query": _TEXT, "minimum_should_match": "2<75%"}}},
    ),
    of_query(
        "match_zero_terms",
        "the reference's match page: stop words only",
        {"match": {"title": {"query": _TEXT, "zero_terms_query": "all", "analyzer": "stop"}}},
    ),
    of_query(
        "match_phrase",
        "the reference's match_phrase page",
        {"match_phrase": {"title": {"query": "trail shoe", "slop": 2}}},
    ),
    of_query(
        "match_phrase_prefix",
        "search as the shopper types",
        {"match_phrase_prefix": {"title": {"query": "trail run", "max_expansions": 20}}},
    ),
    of_query(
        "match_bool_prefix",
        "search as the shopper types",
        {"match_bool_prefix": {"title": "trail sho"}},
    ),
    of_query(
        "multi_match_best_fields",
        "the plain storefront search box; Vendure's plug-in",
        {
            "multi_match": {
                "query": _TEXT,
                "fields": _FIELDS,
                "type": "best_fields",
                "tie_breaker": 0.3,
                "fuzziness": "AUTO",
            }
        },
    ),
    of_query(
        "multi_match_most_fields",
        "the reference's multi_match page: stemmed and plain fields",
        {"multi_match": {"query": _TEXT, "fields": _FIELDS, "type": "most_fields"}},
    ),
    of_query(
        "multi_match_cross_fields",
        "brand and title in one question; ElasticPress",
        {
            "multi_match": {
                "query": "fellgate shoe",
                "fields": ["title", "brand.text"],
                "type": "cross_fields",
                "operator": "and",
            }
        },
    ),
    of_query(
        "multi_match_phrase",
        "ElasticPress, its first clause",
        {"multi_match": {"query": "trail running", "fields": _FIELDS, "type": "phrase"}},
    ),
    of_query(
        "multi_match_phrase_prefix",
        "the reference's multi_match page",
        {"multi_match": {"query": "trail runn", "fields": _FIELDS, "type": "phrase_prefix"}},
    ),
    of_query(
        "multi_match_bool_prefix",
        "the reference's search_as_you_type page",
        {
            "multi_match": {
                "query": "trail sho",
                "type": "bool_prefix",
                "fields": ["title", "brand.text"],
            }
        },
    ),
    of_query(
        "multi_match_wildcard_fields",
        "a storefront that searches all its texts",
        {"multi_match": {"query": _TEXT, "fields": ["titl*", "desc*"]}},
    ),
    of_query(
        "combined_fields",
        "the reference's combined_fields page",
        {"combined_fields": {"query": _TEXT, "fields": ["title^2", "description"]}},
    ),
    of_query(
        "query_string",
        "the reference's query_string page; back offices",
        {"query_string": {"query": "(trail OR road) AND shoe -blue", "default_field": "title"}},
    ),
    of_query(
        "query_string_fields",
        "a search page with field names in the box",
        {"query_string": {"query": "title:shoe brand:Fellgate", "default_operator": "and"}},
    ),
    of_query(
        "simple_query_string",
        "the reference's simple_query_string page; never fails on typing errors",
        {
            "simple_query_string": {
                "query": '"trail running" +shoe -blue*',
                "fields": _FIELDS,
                "flags": "OR|AND|PREFIX|PHRASE|NOT",
            }
        },
    ),
    of_query("unicode", "shoppers abroad", {"match": {"title": "Größe ½ 名 🎧 schuh shoe"}}),
    of_query("percent", "shoppers type percent signs", {"match": {"title": "100% shoe & 50 €"}}),
    of_query("quotes", "shoppers type quotes", {"match": {"title": 'the "trail" shoe\\'}}),
)

URL_QUERIES = (
    Shape(
        "q_beside_query",
        "both are given, which Elasticsearch settles",
        {"index": "@shop", "q": "title:tent", "query": WORDS},
    ),
    Shape("q", "the URI search of the reference", {"index": "@shop", "q": "title:shoe"}),
    Shape(
        "q_options",
        "the URI search with all that goes with it",
        {
            "index": "@shop",
            "q": "trail sho*",
            "df": "title",
            "default_operator": "AND",
            "analyze_wildcard": True,
            "lenient": True,
            "analyzer": "standard",
        },
    ),
)
