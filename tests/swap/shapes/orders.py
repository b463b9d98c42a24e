"""Orders and pages: by score and otherwise, by number, by cursor, by somebody else's ranking."""

from __future__ import annotations

from es_hybrid.types import Json, PassthroughReason
from tests.swap.shapes.shape import WORDS, Shape, on_shop

_VECTOR = [0.1] * 64
_KNN: Json = {"field": "embedding", "query_vector": _VECTOR, "k": 5, "num_candidates": 20}


def _passes(name: str, why: str, reason: PassthroughReason, **asks: object) -> Shape:
    return Shape(name, why, on_shop(**asks), passes=reason)


BY_SCORE = (
    Shape("sort_score", "said plainly", on_shop(sort="_score")),
    Shape("sort_score_list", "ElasticPress", on_shop(sort=[{"_score": {"order": "desc"}}])),
    Shape("sort_score_short", "the reference's sort page", on_shop(sort=["_score"])),
    Shape("sort_score_url", "the colon spelling", on_shop(sort="_score:desc")),
    Shape("sort_nothing", "a form that sends an empty list", on_shop(sort=[])),
    Shape("track_scores", "said without need", on_shop(track_scores=True)),
    Shape(
        "rescore",
        "the reference's rescore page",
        on_shop(
            rescore={
                "window_size": 50,
                "query": {
                    "rescore_query": {
                        "match_phrase": {"title": {"query": "trail running", "slop": 2}}
                    },
                    "query_weight": 0.7,
                    "rescore_query_weight": 1.2,
                },
            }
        ),
    ),
    Shape(
        "rescore_twice",
        "the reference's rescore page",
        on_shop(
            rescore=[
                {
                    "window_size": 100,
                    "query": {"rescore_query": {"match": {"description": "shoe"}}},
                },
                {
                    "window_size": 10,
                    "query": {
                        "score_mode": "multiply",
                        "rescore_query": {
                            "function_score": {
                                "script_score": {
                                    "script": {"source": "Math.log10(doc['sales'].value + 2)"}
                                }
                            }
                        },
                    },
                },
            ]
        ),
    ),
    Shape(
        "indices_boost",
        "own products before marketplace",
        {
            "index": "@everything",
            "query": WORDS,
            "indices_boost": [{"@shop": 1.4}, {"@sale": 1.1}],
        },
    ),
)

PAGES = (
    Shape("first_page", "24 tiles", on_shop(from_=0, size=24)),
    Shape("second_page", "24 tiles", on_shop(from_=24, size=24)),
    Shape("odd_page", "endless scrolling", on_shop(from_=7, size=13)),
    Shape("past_the_end", "a crawler", on_shop(from_=500, size=10)),
    Shape("one_hit", "I'm feeling lucky", on_shop(size=1)),
    Shape("page_by_alias", "the spelling of a URL's query", on_shop(**{"from": 5, "size": 5})),
)

OTHER_ORDERS = (
    _passes("sort_price", "cheapest first", PassthroughReason.SORT, sort=[{"price": "asc"}]),
    _passes("sort_string", "cheapest first", PassthroughReason.SORT, sort="price:asc,id:desc"),
    _passes(
        "sort_score_and_tie",
        "Magento: by score, then by id",
        PassthroughReason.SORT,
        sort=[{"_score": {"order": "desc"}}, {"id": {"order": "desc"}}],
    ),
    _passes(
        "sort_options",
        "missing prices last, as numbers",
        PassthroughReason.SORT,
        sort=[{"price": {"order": "asc", "missing": "_last", "unmapped_type": "float"}}, "_score"],
        track_scores=True,
    ),
    _passes(
        "sort_nested",
        "by the size that is left",
        PassthroughReason.SORT,
        sort=[{"sizes.left": {"order": "desc", "mode": "max", "nested": {"path": "sizes"}}}, "id"],
    ),
    _passes(
        "sort_geo",
        "nearest warehouse first",
        PassthroughReason.SORT,
        sort=[{"_geo_distance": {"warehouse": [11.6, 48.1], "order": "asc", "unit": "km"}}, "id"],
    ),
    _passes(
        "sort_script",
        "the reference's script-based sorting",
        PassthroughReason.SORT,
        sort=[
            {"_script": {"type": "number", "script": {"source": "doc['sales'].value * 1.1"}}},
            "id",
        ],
    ),
    _passes("sort_worst", "worst first", PassthroughReason.SORT, sort=[{"_score": "asc"}, "id"]),
    _passes("sort_doc", "an export", PassthroughReason.SORT, sort=["_doc"]),
    _passes(
        "search_after",
        "endless scrolling by price",
        PassthroughReason.SEARCH_AFTER,
        sort=[{"sales": "asc"}, {"id": "asc"}],
        search_after=[20, "p00"],
    ),
    _passes("scroll", "an export", PassthroughReason.SCROLL, scroll="1m", size=20),
    _passes(
        "slice",
        "an export by several workers",
        PassthroughReason.SLICE,
        scroll="1m",
        slice={"id": 0, "max": 2},
    ),
    Shape(
        "pit",
        "the reference's way to page deeply",
        {
            "pit": {"id": "@pit", "keep_alive": "5m"},
            "query": WORDS,
            "sort": [{"sales": "asc"}],
            "size": 5,
        },
        passes=PassthroughReason.NO_INDEX,
    ),
    _passes("min_score", "Shopware drops weak matches", PassthroughReason.MIN_SCORE, min_score=1.0),
    _passes(
        "terminate_after", "a quick look", PassthroughReason.TERMINATE_AFTER, terminate_after=3
    ),
    _passes("knn", "a shop's own vectors", PassthroughReason.KNN, knn=_KNN),
    Shape(
        "knn_alone",
        "a shop's own vectors",
        {"index": "@shop", "knn": {**_KNN, "filter": {"term": {"colour": "red"}}}, "size": 5},
        passes=PassthroughReason.KNN,
    ),
    Shape(
        "retriever_standard",
        "the reference's retrievers",
        {"index": "@shop", "retriever": {"standard": {"query": WORDS}}},
        passes=PassthroughReason.RETRIEVER,
    ),
    Shape(
        "retriever_knn",
        "the reference's retrievers",
        {"index": "@shop", "retriever": {"knn": _KNN}, "size": 5},
        passes=PassthroughReason.RETRIEVER,
    ),
    Shape(
        "retriever_rrf",
        "the reference's hybrid search, where the licence has it",
        {
            "index": "@shop",
            "retriever": {"rrf": {"retrievers": [{"standard": {"query": WORDS}}, {"knn": _KNN}]}},
        },
        passes=PassthroughReason.RETRIEVER,
        fails=None,
    ),
)

ORDERS = (*BY_SCORE, *PAGES, *OTHER_ORDERS)
