"""The shopper's words among other clauses: hints, weights, scripts."""

from __future__ import annotations

from es_hybrid.types import Json
from tests.swap.shapes.shape import WORDS, Shape, filtered, of_query

_TEXT = "trail shoe red"
_FIELDS = ["title^3", "brand.text^2", "description"]
_STOCKED: Json = {"term": {"in_stock": True}}
_SHOES: Json = {"term": {"category": "shoes"}}

COMPOUND = (
    filtered("bool_filter", "the reference's bool page", _STOCKED, _SHOES),
    of_query(
        "bool_single_objects",
        "clauses written as one object, as older code does",
        {"bool": {"must": WORDS, "filter": _SHOES, "must_not": {"term": {"colour": "blue"}}}},
    ),
    of_query(
        "bool_phrase_hint",
        "the same words again as a phrase, to lift exact ones",
        {
            "bool": {
                "must": [{"match": {"title": _TEXT}}],
                "should": [{"match_phrase": {"title": {"query": _TEXT, "boost": 3}}}],
                "filter": [_SHOES],
            }
        },
    ),
    of_query(
        "bool_should",
        "Magento: should clauses by field weight, one must match",
        {
            "bool": {
                "should": [
                    {"match": {"title": {"query": _TEXT, "boost": 5}}},
                    {"match": {"description": {"query": _TEXT, "boost": 1}}},
                ],
                "must": [{"terms": {"category": ["shoes", "camping"]}}],
                "minimum_should_match": 1,
            }
        },
    ),
    of_query(
        "dis_max",
        "Searchkick: exact and fuzzy copies of the words",
        {
            "dis_max": {
                "queries": [
                    {"match": {"title": {"query": _TEXT, "boost": 10, "operator": "and"}}},
                    {
                        "match": {
                            "title": {
                                "query": _TEXT,
                                "operator": "and",
                                "fuzziness": 1,
                                "prefix_length": 0,
                                "max_expansions": 3,
                                "fuzzy_transpositions": True,
                            }
                        }
                    },
                    {"match": {"description": _TEXT}},
                ],
                "tie_breaker": 0.1,
            }
        },
    ),
    of_query(
        "elasticpress",
        "ElasticPress for WooCommerce: nested bools under a date decay",
        {
            "function_score": {
                "query": {
                    "bool": {
                        "should": [
                            {
                                "bool": {
                                    "must": [
                                        {
                                            "bool": {
                                                "should": [
                                                    {
                                                        "multi_match": {
                                                            "query": _TEXT,
                                                            "type": "phrase",
                                                            "fields": ["title"],
                                                            "boost": 3,
                                                        }
                                                    },
                                                    {
                                                        "multi_match": {
                                                            "query": _TEXT,
                                                            "fields": _FIELDS,
                                                        }
                                                    },
                                                ]
                                            }
                                        }
                                    ],
                                    "filter": [{"match": {"category": "shoes"}}],
                                }
                            }
                        ]
                    }
                },
                "functions": [
                    {"exp": {"created": {"scale": "14d", "decay": 0.25, "offset": "7d"}}}
                ],
                "score_mode": "avg",
                "boost_mode": "sum",
            }
        },
    ),
    of_query(
        "constant_score",
        "the reference's constant_score page",
        {"constant_score": {"filter": WORDS, "boost": 1.2}},
    ),
    of_query(
        "boosting",
        "the reference's boosting page: demote, do not drop",
        {
            "boosting": {
                "positive": WORDS,
                "negative": {"term": {"colour": "blue"}},
                "negative_boost": 0.5,
            }
        },
    ),
    of_query(
        "field_value_factor",
        "best sellers first, as the reference's function_score page has it",
        {
            "function_score": {
                "query": WORDS,
                "field_value_factor": {"field": "sales", "factor": 1.2, "modifier": "log1p"},
                "boost_mode": "multiply",
            }
        },
    ),
    of_query(
        "functions",
        "weights by filter, decay by place and price",
        {
            "function_score": {
                "query": {"bool": {"must": [WORDS], "filter": [_SHOES]}},
                "functions": [
                    {"filter": _STOCKED, "weight": 2},
                    {"gauss": {"warehouse": {"origin": "48.14,11.58", "scale": "300km"}}},
                    {"gauss": {"price": {"origin": "20", "scale": "20"}}},
                    {"random_score": {"seed": 7, "field": "_seq_no"}, "weight": 0.1},
                ],
                "score_mode": "sum",
                "max_boost": 5,
            }
        },
    ),
    of_query(
        "function_script",
        "the reference's function_score page: script_score function",
        {
            "function_score": {
                "query": WORDS,
                "script_score": {"script": {"source": "_score * (1 + doc['sales'].value / 100.0)"}},
            }
        },
    ),
    of_query(
        "script_score",
        "the reference's script_score page",
        {
            "script_score": {
                "query": WORDS,
                "script": {
                    "source": "_score + params.by * saturation(doc['sales'].value, 10)",
                    "params": {"by": 2},
                },
            }
        },
    ),
    of_query(
        "nested_text",
        "words found in reviews",
        {
            "nested": {
                "path": "reviews",
                "query": {"match": {"reviews.body": "good shoes buy"}},
                "score_mode": "max",
            }
        },
    ),
    of_query(
        "distance_feature",
        "the reference's distance_feature page: newer is better",
        {
            "bool": {
                "must": [WORDS],
                "should": [
                    {
                        "distance_feature": {
                            "field": "created",
                            "origin": "2026-09-15",
                            "pivot": "30d",
                        }
                    },
                ],
            }
        },
    ),
    Shape(
        "pinned",
        "the reference's pinned page: editors' products first; not on every node",
        {"index": "@shop", "query": {"pinned": {"ids": ["p60"], "organic": WORDS}}},
        fails=None,
    ),
)
