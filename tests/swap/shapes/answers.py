"""What a request can ask for besides hits: counts, facets, suggestions, groups."""

from __future__ import annotations

from es_hybrid.types import Json, PassthroughReason
from tests.swap.shapes.shape import WORDS, Shape, on_shop

_FACETS: Json = {
    "brands": {"terms": {"field": "brand", "size": 20}},
    "price": {"stats": {"field": "price"}},
}
_SIZES: Json = {
    "sizes": {
        "nested": {"path": "sizes"},
        "aggs": {"size": {"terms": {"field": "sizes.size"}, "aggs": {"p": {"reverse_nested": {}}}}},
    }
}


def _agg(name: str, why: str, **aggs: Json) -> Shape:
    return Shape(f"agg_{name}", why, on_shop(size=5, aggs=aggs))


AGGREGATIONS = (
    _agg("facets", "brand and price facets", **_FACETS),
    _agg(
        "sub",
        "price within brand, and the best product of each",
        brands={
            "terms": {"field": "brand", "order": {"mean": "desc"}},
            "aggs": {
                "mean": {"avg": {"field": "price"}},
                "best": {"top_hits": {"size": 1, "_source": ["title"]}},
            },
        },
    ),
    _agg("nested", "sizes that are left", **_SIZES),
    _agg(
        "filters",
        "the reference's filters page",
        stock={
            "filters": {
                "other_bucket_key": "rest",
                "filters": {"in": {"term": {"in_stock": True}}, "red": {"term": {"colour": "red"}}},
            }
        },
    ),
    _agg(
        "histograms",
        "new arrivals a month, price bands",
        months={"date_histogram": {"field": "created", "calendar_interval": "month"}},
        prices={"histogram": {"field": "price", "interval": 25, "min_doc_count": 1}},
        bands={"range": {"field": "price", "ranges": [{"to": 30}, {"from": 30, "key": "dear"}]}},
    ),
    _agg(
        "metrics",
        "numbers above a result list; Vendure counts groups like this",
        groups={"cardinality": {"field": "group"}},
        price={"extended_stats": {"field": "price"}},
        quantiles={"percentiles": {"field": "price", "percents": [50, 95]}},
        without={"missing": {"field": "price"}},
        far={"geo_bounds": {"field": "warehouse"}},
    ),
    _agg(
        "global",
        "counts of the whole shop beside those of the search",
        whole={"global": {}, "aggs": {"brands": {"terms": {"field": "brand"}}}},
    ),
    _agg(
        "pipeline",
        "the reference's pipeline aggregations",
        months={
            "date_histogram": {"field": "created", "calendar_interval": "month"},
            "aggs": {
                "sold": {"sum": {"field": "sales"}},
                "more": {"derivative": {"buckets_path": "sold"}},
            },
        },
        best={"max_bucket": {"buckets_path": "months>sold"}},
    ),
    _agg(
        "composite",
        "an export of facet pairs",
        pairs={
            "composite": {
                "size": 5,
                "sources": [
                    {"b": {"terms": {"field": "brand"}}},
                    {"c": {"terms": {"field": "colour"}}},
                ],
            }
        },
    ),
    _agg("significant", "what sets the results apart", s={"significant_terms": {"field": "tags"}}),
    Shape(
        "aggregations_long_name",
        "the same under its long name",
        on_shop(aggregations=_FACETS),
    ),
    Shape(
        "agg_without_matches",
        "facets of a search that finds nothing",
        {"index": "@shop", "query": {"match": {"title": "qwertz"}}, "aggs": {**_FACETS, **_SIZES}},
    ),
    Shape(
        "post_filter_facets",
        "multi-select facets: the reference's post_filter page",
        on_shop(
            post_filter={"terms": {"colour": ["red"]}},
            aggs={
                "colours": {"terms": {"field": "colour"}},
                "brands": {
                    "filter": {"terms": {"colour": ["red"]}},
                    "aggs": {"brand": {"terms": {"field": "brand"}}},
                },
            },
        ),
    ),
    Shape(
        "facets_alone",
        "a facet refresh without hits",
        on_shop(size=0, aggs=_FACETS),
        passes=PassthroughReason.SIZE_ZERO,
    ),
    Shape("typed_keys", "typed clients", on_shop(aggs=_FACETS, typed_keys=True)),
)

SUGGEST = (
    Shape(
        "suggest",
        "did you mean",
        on_shop(
            suggest={
                "text": "trial sheo",
                "fix": {"term": {"field": "title"}},
                "whole": {"phrase": {"field": "title"}},
            }
        ),
    ),
    Shape(
        "suggest_nothing",
        "did you mean, for a word that is right",
        on_shop(suggest={"fix": {"text": "shoe", "term": {"field": "title"}}}),
    ),
    Shape(
        "suggest_completion",
        "the reference's completion suggester, beside hits",
        on_shop(suggest={"c": {"prefix": "fell", "completion": {"field": "complete"}}}),
        passes=PassthroughReason.PARAMETER,
    ),
    Shape(
        "suggest_typed_keys",
        "typed clients",
        on_shop(typed_keys=True, suggest={"fix": {"text": "sheo", "term": {"field": "title"}}}),
    ),
    Shape(
        "suggest_alone",
        "the search box before a search",
        {
            "index": "@shop",
            "suggest": {"c": {"prefix": "fell", "completion": {"field": "complete"}}},
            "source": False,
        },
        passes=PassthroughReason.NO_TEXT,
    ),
    Shape(
        "suggest_url",
        "the old way in the URL",
        on_shop(suggest_field="title", suggest_text="sheo", suggest_mode="always"),
        passes=PassthroughReason.PARAMETER,
    ),
)

TOTALS = (
    Shape("total_exact", "a count above the list", on_shop(track_total_hits=True)),
    Shape("total_none", "endless scrolling needs no count", on_shop(track_total_hits=False)),
    Shape("total_bounded", "more than five", on_shop(track_total_hits=5)),
    Shape("total_wide_bound", "up to a thousand", on_shop(track_total_hits=1000)),
    Shape("total_as_int", "clients of version 6", on_shop(rest_total_hits_as_int=True)),
    Shape(
        "total_as_int_none",
        "clients of version 6",
        on_shop(rest_total_hits_as_int=True, track_total_hits=False),
    ),
    Shape(
        "total_as_int_without_matches",
        "clients of version 6",
        {
            "index": "@shop",
            "query": {"match": {"title": "qwertz"}},
            "rest_total_hits_as_int": True,
        },
    ),
    Shape("nothing_found", "a word nobody sells", on_shop(query={"match": {"title": "qwertz"}})),
    Shape("profile", "Kibana's profiler", on_shop(profile=True)),
)

GROUPS = (
    Shape("collapse", "one tile a model; Vendure", on_shop(collapse={"field": "group"})),
    Shape(
        "collapse_inner_hits",
        "a tile with its colours: the reference's collapse page",
        on_shop(
            collapse={
                "field": "group",
                "inner_hits": {"name": "variants", "size": 3, "_source": ["colour"]},
                "max_concurrent_group_searches": 4,
            }
        ),
    ),
    Shape(
        "collapse_inner_hits_twice",
        "cheapest and newest of a model",
        on_shop(
            collapse={
                "field": "group",
                "inner_hits": [
                    {"name": "cheapest", "size": 2, "sort": [{"price": "asc"}]},
                    {"name": "newest", "size": 1, "sort": [{"created": "desc"}]},
                ],
            }
        ),
    ),
    Shape(
        "collapse_runtime_filter",
        "variants of a model among what is discounted",
        {
            "index": "@shop",
            "runtime_mappings": {
                "band": {
                    "type": "keyword",
                    "script": "emit(doc['sales'].value > 30 ? 'hot' : 'cold')",
                }
            },
            "query": {"bool": {"must": [WORDS], "filter": [{"term": {"band": "hot"}}]}},
            "collapse": {"field": "group", "inner_hits": {"name": "variants", "size": 5}},
        },
    ),
    Shape(
        "collapse_facets",
        "groups with counts beside",
        on_shop(
            collapse={"field": "group"},
            post_filter={"term": {"in_stock": True}},
            aggs={"groups": {"cardinality": {"field": "group"}}},
            highlight={"fields": {"title": {}}},
        ),
    ),
    Shape(
        "collapse_empty_field",
        "a group field that no product has",
        on_shop(collapse={"field": "id"}, size=3),
    ),
    Shape(
        "nested_inner_hits",
        "the review that matched",
        {
            "index": "@shop",
            "query": {
                "nested": {
                    "path": "reviews",
                    "query": {"match": {"reviews.body": "good shoes buy"}},
                    "inner_hits": {"size": 1, "highlight": {"fields": {"reviews.body": {}}}},
                }
            },
        },
    ),
)

ANSWERS = (*AGGREGATIONS, *SUGGEST, *TOTALS, *GROUPS)
