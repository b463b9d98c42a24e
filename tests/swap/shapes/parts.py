"""What of a hit is answered: its document, its fields, its highlights."""

from __future__ import annotations

from es_hybrid.types import PassthroughReason
from tests.swap.shapes.shape import WORDS, Shape, on_shop


def _hit(name: str, why: str, **asks: object) -> Shape:
    return Shape(name, why, on_shop(**asks))


SOURCE = (
    _hit("source_false", "ids only; Searchkick", source=False),
    _hit("source_true", "said plainly", source=True),
    _hit("source_list", "what a product tile shows", source=["title", "price"]),
    _hit("source_one", "one field as a string", source="title"),
    _hit("source_wildcard", "the reference's source filtering", source=["si*", "warehouse.lat"]),
    _hit(
        "source_object",
        "the reference's source filtering",
        source={"includes": ["t*", "reviews"], "excludes": ["reviews.body"]},
    ),
    _hit("source_excludes", "vectors are not for browsers", source={"excludes": ["embedding"]}),
    _hit("source_excludes_url", "the same in the URL", source_excludes=["embedding", "reviews"]),
    _hit("source_includes_url", "the same in the URL", source_includes="title,price"),
    _hit(
        "source_both_url",
        "the same in the URL",
        source_includes=["t*", "embedding"],
        source_excludes=["embedding"],
    ),
    _hit("source_url_over_body", "both are given", source=["brand"], source_includes=["title"]),
    _hit("source_false_url", "both are given", source=False, source_excludes=["title"]),
    _hit("source_alias", "the spelling of client 7, still taken", _source=["title"]),
)

FIELDS = (
    _hit(
        "fields",
        "the reference's page on retrieving fields",
        fields=["title", "pri*", {"field": "created", "format": "yyyy"}],
        source=False,
    ),
    _hit(
        "docvalue_fields",
        "the reference's page on retrieving fields",
        docvalue_fields=["brand", {"field": "created", "format": "epoch_millis"}],
    ),
    _hit("stored_fields", "the reference's page on retrieving fields", stored_fields=["ean"]),
    _hit("stored_fields_and_source", "both", stored_fields="ean", source=["title"]),
    Shape(
        "stored_fields_none",
        "Magento reads ids from elsewhere",
        on_shop(stored_fields="_none_", docvalue_fields=["id"]),
        passes=PassthroughReason.PARAMETER,
    ),
    Shape(
        "stored_fields_none_bare",
        "the reference: neither metadata nor source",
        on_shop(stored_fields=["_none_"]),
        passes=PassthroughReason.PARAMETER,
    ),
    _hit(
        "script_fields",
        "a net price",
        script_fields={"net": {"script": {"source": "doc['sales'].value / 1.19"}}},
    ),
    _hit(
        "script_fields_and_source",
        "both",
        source=["title"],
        script_fields={"double": {"script": "doc['sales'].value * 2"}},
    ),
    _hit(
        "runtime_field_shown",
        "the reference's runtime fields",
        runtime_mappings={
            "shout": {
                "type": "keyword",
                "script": "emit(doc['brand'].value.toUpperCase())",
            }
        },
        fields=["shout"],
        source=False,
    ),
    Shape(
        "runtime_field_everywhere",
        "a discount computed at search time: filtered, counted, shown",
        {
            "index": "@shop",
            "runtime_mappings": {
                "band": {
                    "type": "keyword",
                    "script": "emit(doc['sales'].value > 40 ? 'hot' : 'cold')",
                }
            },
            "query": {"bool": {"must": [WORDS], "filter": [{"term": {"band": "hot"}}]}},
            "aggs": {"bands": {"terms": {"field": "band"}}},
            "fields": ["band"],
        },
    ),
    _hit("version", "optimistic editing", version=True),
    _hit("seq_no", "optimistic editing", seq_no_primary_term=True),
    _hit("explain", "a merchandiser's question", explain=True, size=3),
    _hit("named_scores", "the reference's named queries", include_named_queries_score=True),
    Shape(
        "named_queries",
        "which clause matched",
        {
            "index": "@shop",
            "query": {
                "bool": {
                    "should": [
                        {"match": {"title": {"query": "trail shoe", "_name": "in_title"}}},
                        {"match": {"description": {"query": "trail shoe", "_name": "in_text"}}},
                    ]
                }
            },
        },
    ),
    Shape(
        "named_queries_scored",
        "which clause matched, and how well",
        {
            "index": "@shop",
            "include_named_queries_score": True,
            "query": {"match": {"title": {"query": "trail shoe", "_name": "in_title"}}},
        },
    ),
)

HIGHLIGHT = (
    _hit("highlight", "the reference's first example", highlight={"fields": {"title": {}}}),
    _hit(
        "highlight_all",
        "whole titles with a shop's own tags",
        highlight={
            "pre_tags": ["<em class='hl'>"],
            "post_tags": ["</em>"],
            "number_of_fragments": 0,
            "require_field_match": False,
            "fields": {"title": {}, "description": {}},
        },
    ),
    _hit("highlight_plain", "the plain kind", highlight={"fields": {"title": {"type": "plain"}}}),
    Shape(
        "highlight_fvh",
        "the fast vector kind",
        {
            "index": "@shop",
            "query": {"multi_match": {"query": "deep muddy hills", "fields": ["description"]}},
            "highlight": {"fields": {"description": {"type": "fvh", "fragment_size": 40}}},
        },
    ),
    _hit(
        "highlight_query",
        "the reference's highlight_query",
        highlight={"fields": {"title": {"highlight_query": {"match": {"title": "fellgate shoe"}}}}},
    ),
    _hit(
        "highlight_ordered_fields",
        "fields as a list, encoder, order",
        highlight={
            "encoder": "html",
            "order": "score",
            "no_match_size": 20,
            "fields": [{"title": {}}, {"description": {"fragment_size": 20}}],
        },
    ),
)

PARTS = (*SOURCE, *FIELDS, *HIGHLIGHT)
