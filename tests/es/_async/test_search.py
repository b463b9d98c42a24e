"""A hybrid search on a real Elasticsearch: right order, right hits, all that was asked for."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import (
    AsyncHybridClient,
    FieldBoost,
    NumericBoost,
    RecencyBoost,
    RequestError,
    Settings,
)
from es_hybrid.testing import AsyncScriptedReranker
from es_hybrid.types import PlanName
from tests.support.fusions import exact_query, fused, query_vector, scores_of
from tests.support.shops import shop_mapping, shop_products

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
TEXT = "trail running shoe"
WORDS: dict[str, Any] = {"multi_match": {"query": TEXT, "fields": ["title^3", "description"]}}
RED = {"term": {"colour": "red"}}
SHOES = {"term": {"category": "shoes"}}
PRODUCTS = {product["id"]: product for product in shop_products()}


def by_checksum(query: str, text: str) -> float:
    """Score a text by what says nothing of its relevance, and never ties."""
    return zlib.crc32(text.encode()) / 2**32


def ids(response: Any) -> list[str]:
    return [hit["_id"] for hit in response["hits"]["hits"]]


async def both_lists(
    es: AsyncElasticsearch, index: str, *, text: str = TEXT, query: Any = WORDS, **exact: Any
) -> tuple[dict[str, float], dict[str, float]]:
    """Ask both lists for themselves, whole."""
    lexical = await es.search(index=index, query=query, size=200)
    semantic = await es.search(index=index, query=exact_query(text, **exact), size=200)
    return scores_of(lexical), scores_of(semantic)


def assert_ranked(response: Any, expected: dict[str, float]) -> None:
    """Compare scores hit by hit; hits of equal score may stand in either order."""
    got = scores_of(response)
    assert got.keys() <= expected.keys()
    for (id_, score), wanted in zip(got.items(), expected.values(), strict=False):
        assert score == pytest.approx(expected[id_], abs=1e-5)
        assert score == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("lexical_weight", [0.5, 0.8])
async def test_the_fused_order(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    products_index: str,
    lexical_weight: float,
) -> None:
    """Scores equal a fusion worked out from two plain searches with exact scores."""
    shop = async_open_shop(settings=Settings(search={"lexical_weight": lexical_weight}))
    response = await shop.search(index=products_index, query=WORDS, size=72)
    lexical, semantic = await both_lists(async_es, products_index)
    assert_ranked(response, fused(lexical, semantic, lexical_weight=lexical_weight))
    assert len(ids(response)) == 72
    assert response.hybrid.plan is PlanName.MSEARCH_FUSION
    assert response.hybrid.degraded == ()


async def test_every_candidate_has_both_exact_scores(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: Callable[..., str]
) -> None:
    """With a small window too, no list's end cuts a score off."""
    # Before 8.18 a quantised index chooses its nearest ten by approximate scores.
    index = make_index(mapping=shop_mapping(kind="hnsw"))
    options = {"window": 10, "explain": True}
    response = await async_open_shop().search(
        index=index, query=WORDS, size=10, ext={"hybrid": options}
    )
    lexical, semantic = await both_lists(async_es, index)
    assert_ranked(response, fused(lexical, semantic, window=10))
    for (_, id_), part in response.hybrid.parts.items():
        assert part.hit.semantic_score == pytest.approx(semantic[id_], abs=1e-6)
        if id_ in lexical:
            assert part.hit.lexical_score == pytest.approx(lexical[id_], abs=1e-5)
        else:
            assert part.hit.lexical_score is None


async def test_a_server_that_cannot_rescore(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    products_index: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is asked of an 8.14 has both exact scores too, although its kNN scores are approximate."""
    answer = await async_es.info()
    answer.body["version"]["number"] = "8.14.1"

    async def info() -> Any:
        return answer

    monkeypatch.setattr(async_es, "info", info)
    shop = async_open_shop()
    plan = await shop.plan(index=products_index, query=WORDS, size=72)
    assert "rescore_vector" not in str(plan)
    response = await shop.search(index=products_index, query=WORDS, size=72)
    lexical, semantic = await both_lists(async_es, products_index)
    assert_ranked(response, fused(lexical, semantic))
    # Without that, the scores would be those of the compressed vectors.
    leg = {"field": "embedding", "query_vector": query_vector(TEXT), "k": 10, "num_candidates": 99}
    own = scores_of(await async_es.search(index=products_index, knn=leg))
    assert max(abs(score - semantic[id_]) for id_, score in own.items()) > 1e-5


async def test_vectors_of_bytes(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: Callable[..., str]
) -> None:
    """The caller's own vector of whole numbers finds both lists with exact scores."""
    mapping = shop_mapping()
    field = {"type": "dense_vector", "dims": 2, "element_type": "byte", "similarity": "cosine"}
    mapping["properties"]["embedding"] = field
    products = [
        {**product, "embedding": [number + 1, 40 - number]}
        for number, product in enumerate(shop_products()[:30])
    ]
    index = make_index(products, mapping=mapping, without_vector=[p["id"] for p in products])
    options = {"vector": [100, 1], "explain": True, "window": 5, "min_similarity": -1.0}
    response = await async_open_shop().search(
        index=index, query=WORDS, size=10, ext={"hybrid": options}
    )
    assert response.hybrid.degraded == ()
    scores = [part.hit.semantic_score for part in response.hybrid.parts.values()]
    assert None not in scores
    assert max(scores) == pytest.approx(0.97114, abs=1e-4)  # of 30, 11


async def test_three_shards(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: Callable[..., str]
) -> None:
    """On an index of several shards the order is the same as worked out from its own lists."""
    index = make_index(shards=3)
    response = await async_open_shop().search(
        index=index, query=WORDS, size=20, ext={"hybrid": {"window": 20}}
    )
    assert_ranked(response, fused(*await both_lists(async_es, index), window=20))
    assert response["_shards"]["total"] == 3


@pytest.mark.parametrize("similarity", ["dot_product", "l2_norm", "max_inner_product"])
@pytest.mark.parametrize("kind", ["hnsw", "int8_hnsw"])
async def test_similarities(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    make_index: Callable[..., str],
    similarity: str,
    kind: str,
) -> None:
    """Scores of both legs are those that kNN search gives the similarity, quantised or not."""
    mapping = shop_mapping(kind=kind)
    mapping["properties"]["embedding"]["similarity"] = similarity
    index = make_index(mapping=mapping)
    response = await async_open_shop().search(
        index=index, query=WORDS, size=72, ext={"hybrid": {"explain": True}}
    )
    lexical, semantic = await both_lists(async_es, index, similarity=similarity)
    assert_ranked(response, fused(lexical, semantic))
    for (_, id_), part in response.hybrid.parts.items():
        assert part.hit.semantic_score == pytest.approx(semantic[id_], abs=1e-5)


async def test_products_without_a_vector(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, half_embedded_index: str
) -> None:
    """They fail nothing and vanish nowhere: their words count, their meaning is 0."""
    response = await async_open_shop().search(
        index=half_embedded_index, query=WORDS, size=72, ext={"hybrid": {"explain": True}}
    )
    lexical, semantic = await both_lists(async_es, half_embedded_index)
    assert_ranked(response, fused(lexical, semantic))
    assert set(ids(response)) == set(lexical) | set(semantic)
    without = [part for part in response.hybrid.parts.values() if part.hit.semantic_score is None]
    assert {part.hit.id for part in without} == set(lexical) - set(semantic)
    assert without
    assert response.hybrid.degraded == ()


@pytest.mark.parametrize("method", ["linear", "rrf"])
@pytest.mark.parametrize("scores", ["complete", "window"])
@pytest.mark.parametrize("normalize", ["robust", "minmax", "zscore", "sigmoid", "none"])
async def test_every_fusion(
    async_open_shop: OpenShop, products_index: str, method: str, scores: str, normalize: str
) -> None:
    """Each method gives a full page whose finite scores never rise."""
    fusion = {"method": method, "scores": scores, "normalize": normalize}
    response = await async_open_shop().search(
        index=products_index, query=WORDS, size=30, ext={"hybrid": {"fusion": fusion, "window": 30}}
    )
    found = list(scores_of(response).values())
    assert len(found) == 30
    assert found == sorted(found, reverse=True)
    assert response["hits"]["max_score"] == found[0]
    assert PRODUCTS[ids(response)[0]]["title"].split(" ", 1)[1].startswith(TEXT)


TEXTLESS_MUST = {"bool": {"must": [WORDS, RED, SHOES]}}
NESTED = {"nested": {"path": "sizes", "query": {"term": {"sizes.size": 40}}}}
FILTERED: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = {
    "filter": (
        {"query": {"bool": {"must": WORDS, "filter": [RED]}}},
        lambda p: p["colour"] == "red",
    ),
    "must_not": (
        {"query": {"bool": {"must": WORDS, "must_not": SHOES}}},
        lambda p: p["category"] != "shoes",
    ),
    "post_filter": ({"query": WORDS, "post_filter": RED}, lambda p: p["colour"] == "red"),
    "must without text": (
        {"query": TEXTLESS_MUST},
        lambda p: p["colour"] == "red" and p["category"] == "shoes",
    ),
    "nested": (
        {"query": {"bool": {"must": WORDS, "filter": NESTED}}},
        lambda p: p["sizes"][0]["size"] == 40,
    ),
    "range": (
        {"query": {"bool": {"must": WORDS, "filter": {"range": {"price": {"lt": 30}}}}}},
        lambda p: p["price"] < 30,
    ),
    "required should": (
        {"query": {"bool": {"must": WORDS, "should": [RED], "minimum_should_match": 1}}},
        lambda p: p["colour"] == "red",
    ),
    "function_score": (
        {"query": {"function_score": {"query": {"bool": {"must": WORDS, "filter": RED}}}}},
        lambda p: p["colour"] == "red",
    ),
    "everything at once": (
        {
            "query": {
                "bool": {"must": WORDS, "filter": RED, "must_not": [{"term": {"brand": "Norvik"}}]}
            },
            "post_filter": SHOES,
        },
        lambda p: p["colour"] == "red" and p["brand"] != "Norvik" and p["category"] == "shoes",
    ),
    "branches that all filter": (
        {
            "query": {
                "dis_max": {
                    "queries": [
                        {"bool": {"must": WORDS, "filter": RED}},
                        {"bool": {"must": {"match": {"description": TEXT}}, "filter": RED}},
                    ]
                }
            }
        },
        lambda p: p["colour"] == "red",
    ),
}


@pytest.mark.parametrize("plan", ["msearch_fusion", "single"])
@pytest.mark.parametrize(("asked", "allowed"), FILTERED.values(), ids=list(FILTERED))
async def test_filters_bind_both_legs(
    async_open_shop: OpenShop, products_index: str, asked: Any, allowed: Any, plan: str
) -> None:
    """No hit lies outside, and every product inside is found: the kNN leg reaches them all."""
    response = await async_open_shop().search(
        index=products_index, size=72, ext={"hybrid": {"plan": plan}}, **asked
    )
    assert set(ids(response)) == {id_ for id_, product in PRODUCTS.items() if allowed(product)}
    assert response.hybrid.degraded == ()
    assert response.hybrid.plan == plan


async def test_facets_keep_their_counts(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """With a post_filter, other values of a facet are still counted, as `es.search` counts them."""
    asked: dict[str, Any] = {
        "index": products_index,
        "query": WORDS,
        "post_filter": RED,
        "aggs": {"colours": {"terms": {"field": "colour"}}, "price": {"avg": {"field": "price"}}},
    }
    response = await async_open_shop().search(**asked)
    plain = await async_es.search(**asked)
    assert response["aggregations"] == plain["aggregations"]
    assert len(response["aggregations"]["colours"]["buckets"]) == 3
    assert {PRODUCTS[id_]["colour"] for id_ in ids(response)} == {"red"}


async def test_suggest_and_profile(async_open_shop: OpenShop, products_index: str) -> None:
    """Both are answered as they are by `es.search`."""
    suggest = {"fix": {"text": "sheo", "term": {"field": "title"}}}
    response = await async_open_shop().search(
        index=products_index, query=WORDS, suggest=suggest, profile=True
    )
    assert response["suggest"]["fix"][0]["options"]
    assert response["profile"]["shards"]


@pytest.mark.parametrize("plan", ["msearch_fusion", "single", "lexical_only"])
async def test_collapse(async_open_shop: OpenShop, products_index: str, plan: str) -> None:
    """Each group is answered once, by its best product, with the field as `es.search` gives it."""
    response = await async_open_shop().search(
        index=products_index,
        query=WORDS,
        size=24,
        collapse={"field": "group"},
        ext={"hybrid": {"plan": plan}},
        explain=False,
    )
    groups = [PRODUCTS[id_]["group"] for id_ in ids(response)]
    assert len(groups) == len(set(groups))
    assert len(groups) == 24 if plan != "lexical_only" else groups
    for hit in response["hits"]["hits"]:
        assert hit["fields"]["group"] == [PRODUCTS[hit["_id"]]["group"]]


async def test_inner_hits_of_a_group(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """A collapsed hit brings its group's other products, as the bare client's does."""
    collapse = {
        "field": "group",
        "inner_hits": {"name": "variants", "size": 5, "_source": ["colour"]},
    }
    asked: dict[str, Any] = {"index": products_index, "query": WORDS, "collapse": collapse}
    response = await async_open_shop().search(**asked)
    plain = await async_es.search(**asked)

    def variants(answer: Any) -> dict[str, set[str]]:
        return {
            PRODUCTS[hit["_id"]]["group"]: {
                inner["_id"] for inner in hit["inner_hits"]["variants"]["hits"]["hits"]
            }
            for hit in answer["hits"]["hits"]
        }

    ours, theirs = variants(response), variants(plain)
    for group in ours.keys() & theirs.keys():
        assert ours[group] == theirs[group]
    assert all(ours.values())


async def test_boosts_move_within_the_clamp(async_open_shop: OpenShop, products_index: str) -> None:
    """Factors multiply the relevance, at most doubling it and at least halving it."""
    boosts = [
        NumericBoost("sales", scale=100, by=3.0),
        FieldBoost("in_stock", equals=False, by=0.1),
        RecencyBoost("created", half_life_days=100, by=1.3),
    ]
    shop = async_open_shop(boosts=boosts)
    explain = {"hybrid": {"explain": True}}
    plain = {"hybrid": {"boosts": [], "explain": True}}
    boosted = await shop.search(index=products_index, query=WORDS, size=72, ext=explain)
    bare = await shop.search(index=products_index, query=WORDS, size=72, ext=plain)
    before = scores_of(bare)
    assert ids(boosted) != ids(bare)
    for (_, id_), part in boosted.hybrid.parts.items():
        product = PRODUCTS[id_]
        assert 0.5 <= part.boost <= 2.0
        assert part.score == pytest.approx(before[id_] * part.boost, abs=1e-6)
        assert part.factors["in_stock=false"] == (1.0 if product["in_stock"] else 0.1)
        assert (part.factors["sales"] > 1.0) == (product["sales"] > 0)
        assert 1.0 < part.factors["created"] <= 1.3
    assert all(part.factors == {} for part in bare.hybrid.parts.values())


async def test_boosts_of_a_request(async_open_shop: OpenShop, products_index: str) -> None:
    """What a request says replaces the client's, also where there are no vectors."""
    section = [{"field": "brand", "equals": "Ostara", "factor": 2.0}]
    for embedder in ("hash", None):
        response = await async_open_shop(embedder=embedder).search(
            index=products_index, query=WORDS, size=3, ext={"hybrid": {"boosts": section}}
        )
        assert {PRODUCTS[id_]["brand"] for id_ in ids(response)} == {"Ostara"}


@pytest.mark.parametrize("options", [{}, {"window": 10}, {"window": 25, "plan": "single"}])
@pytest.mark.parametrize("collapse", [None, {"field": "group"}])
async def test_pages(
    async_open_shop: OpenShop, products_index: str, options: Any, collapse: Any
) -> None:
    """From the first page to the last no hit comes twice and no lexical match is missing."""
    shop = async_open_shop()
    asked: dict[str, Any] = {"index": products_index, "query": WORDS, "collapse": collapse}
    pages = [
        await shop.search(**asked, from_=start, size=7, ext={"hybrid": options})
        for start in range(0, 84, 7)
    ]
    seen = [id_ for page in pages for id_ in ids(page)]
    assert len(seen) == len(set(seen))
    matches = await shop.es.search(**asked, size=72)
    if collapse is None:
        assert set(ids(matches)) <= set(seen)
    else:
        groups = [PRODUCTS[id_]["group"] for id_ in seen]
        assert len(groups) == len(set(groups))
        assert {PRODUCTS[id_]["group"] for id_ in ids(matches)} <= set(groups)
    scores = [hit["_score"] for page in pages for hit in page["hits"]["hits"]]
    assert scores == sorted(scores, reverse=True)
    (total,) = {page.total for page in pages}
    assert total is not None
    assert len(seen) <= total


async def test_totals(async_open_shop: OpenShop, products_index: str) -> None:
    """The total counts what the meaning added, as asked: exactly, not at all, or as a number."""
    shop = async_open_shop()
    asked: dict[str, Any] = {"index": products_index, "query": WORDS, "size": 72}
    response = await shop.search(**asked)
    assert response["hits"]["total"] == {"value": 72, "relation": "eq"}
    assert (await shop.search(**asked, track_total_hits=False)).total is None
    assert "total" not in (await shop.search(**asked, track_total_hits=False))["hits"]
    capped = await shop.search(**asked, track_total_hits=5)
    assert capped["hits"]["total"]["relation"] == "gte"
    assert capped.total is not None
    number = await shop.search(**asked, rest_total_hits_as_int=True)
    assert number["hits"]["total"] == 72


async def test_the_same_request_twice(async_open_shop: OpenShop, products_index: str) -> None:
    """The same request gives the same page, to the last digit."""
    shop = async_open_shop(reranker=AsyncScriptedReranker(by_checksum))
    asked: dict[str, Any] = {"index": products_index, "query": WORDS, "size": 72}
    first, second = await shop.search(**asked), await shop.search(**asked)
    assert first["hits"] == second["hits"]


async def test_an_explained_page(async_open_shop: OpenShop, products_index: str) -> None:
    """Each hit of the page tells its ranks, scores and one sentence, in the answer too."""
    shop = async_open_shop(reranker=AsyncScriptedReranker(by_checksum))
    response = await shop.search(
        index=products_index, query=WORDS, from_=5, size=5, ext={"hybrid": {"explain": True}}
    )
    parts = list(response.hybrid.parts.values())
    assert [part.hit.id for part in parts] == ids(response)
    assert [part.position for part in parts] == [6, 7, 8, 9, 10]
    written = response["ext"]["hybrid"]["explain"]
    assert [part["_id"] for part in written] == ids(response)
    assert [part["score"] for part in written] == pytest.approx(list(scores_of(response).values()))
    assert all(part["why"].startswith(f"#{part['position']}") for part in written)


async def test_diagnostics_stand_in_the_body_only_where_asked(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """Without `ext.hybrid` the body has Elasticsearch's keys alone."""
    shop = async_open_shop()
    bare = await shop.search(index=products_index, query=WORDS)
    assert set(bare) == {"took", "timed_out", "_shards", "hits"}
    asked = await shop.search(index=products_index, query=WORDS, ext={"hybrid": {}})
    assert asked["ext"]["hybrid"]["plan"] == "msearch_fusion"
    assert bare.hybrid.timings_ms.keys() >= {"embed", "retrieve", "fetch"}


async def test_reranking(async_open_shop: OpenShop, products_index: str) -> None:
    """Scores are merged into the right products, and the best are shown to the reranker."""
    reranker = AsyncScriptedReranker(by_checksum)
    shop = async_open_shop(reranker=reranker)
    only = {"rerank": {"top": 10, "blend": 1.0, "fields": ["brand", "title"]}, "explain": True}
    response = await shop.search(index=products_index, query=WORDS, size=72, ext={"hybrid": only})
    fused_only = await shop.search(
        index=products_index, query=WORDS, size=10, ext={"hybrid": {"rerank": False}}
    )
    assert response.hybrid.reranked == 10
    assert set(ids(response)[:10]) == set(ids(fused_only))
    (call,) = reranker.calls
    assert call.query == TEXT
    assert set(call.texts) == {
        f"{PRODUCTS[id_]['brand']}. {PRODUCTS[id_]['title']}" for id_ in ids(fused_only)
    }
    reranked = [p.rerank for p in response.hybrid.parts.values() if p.rerank is not None]
    assert reranked == sorted(reranked, reverse=True)
    assert fused_only.hybrid.reranked == 0


async def test_exact_codes_come_first(async_open_shop: OpenShop, products_index: str) -> None:
    """A SKU, alone or among words and in any case, finds exactly its product first."""
    shop = async_open_shop(boosts=[FieldBoost("brand", equals="Ostara", by=2.0)])
    product = PRODUCTS["p31"]
    for text in (product["sku"], product["sku"].lower(), f"Norvik {product['sku']} bag"):
        query = {"multi_match": {"query": text, "fields": ["title", "description"]}}
        response = await shop.search(index=products_index, query=query, size=5)
        assert ids(response)[0] == "p31"
    outside = {"bool": {"must": {"match": {"title": product["sku"]}}, "filter": [SHOES]}}
    response = await shop.search(index=products_index, query=outside, size=72)
    assert "p31" not in ids(response)


async def test_inner_hits_of_a_filter(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """A nested filter that asks for its inner hits binds both legs and is answered."""
    nested = {"nested": {**NESTED["nested"], "inner_hits": {}}}
    query = {"bool": {"must": WORDS, "filter": nested}}
    response = await async_open_shop().search(index=products_index, query=query, size=72)
    assert response.hybrid.degraded == ()
    assert len(ids(response)) == 24
    for hit in response["hits"]["hits"]:
        inner = hit["inner_hits"]["sizes"]["hits"]["hits"]
        assert inner[0]["_source"]["size"] == 40


async def test_what_of_a_hit_is_answered(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """Each hit that `es.search` finds too is the same, but for its score."""
    named = {"match": {"brand.text": {"query": "ostara", "_name": "maker"}}}
    shapes: list[dict[str, Any]] = [
        {"source": False},
        {"source": ["title"]},
        {"source": {"excludes": ["embedding", "description"]}},
        {"source_includes": ["title", "price"]},
        {"source_excludes": "embedding"},
        {"highlight": {"fields": {"title": {}}}, "source": False},
        {"fields": ["title", "pri*"], "source": False},
        {"docvalue_fields": ["sales", {"field": "created", "format": "yyyy"}], "source": False},
        {
            "script_fields": {"gross": {"script": "doc['price'].value * 2"}},
            "source": ["title"],
        },
        {"version": True, "seq_no_primary_term": True, "source": False},
        {"stored_fields": [], "source": False},
        {
            "runtime_mappings": {
                "half": {"type": "double", "script": "emit(doc['price'].value / 2)"}
            },
            "fields": ["half"],
            "source": False,
        },
        {"query": {"bool": {"must": WORDS, "should": [named]}}, "source": False},
        {
            "query": {"bool": {"must": WORDS, "should": [named]}},
            "include_named_queries_score": True,
            "source": False,
        },
    ]
    shop = async_open_shop()
    for shape in shapes:
        asked: dict[str, Any] = {"index": products_index, "query": WORDS, "size": 72, **shape}
        response = await shop.search(**asked)
        plain = {hit["_id"]: hit for hit in (await async_es.search(**asked))["hits"]["hits"]}
        both = [hit for hit in response["hits"]["hits"] if hit["_id"] in plain]
        assert both, shape
        for hit in both:
            assert {**hit, "_score": 0} == {**plain[hit["_id"]], "_score": 0}, shape
        assert response.hybrid.degraded == ()
        assert len(ids(response)) == 72


async def test_fields_of_none_at_all(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """A caller who wants no stored field, the id included, gets as many hits as ever."""
    asked: dict[str, Any] = {
        "index": products_index,
        "query": WORDS,
        "stored_fields": "_none_",
        "source": False,
        "docvalue_fields": ["sku"],
    }
    response = await async_open_shop().search(**asked)
    plain = await async_es.search(**asked)
    assert len(response["hits"]["hits"]) == len(plain["hits"]["hits"]) == 10
    assert response["hits"]["hits"][0].keys() == plain["hits"]["hits"][0].keys()


async def test_explanations_of_elasticsearch(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """`explain=True` is Elasticsearch's own explanation, and is answered."""
    response = await async_open_shop().search(index=products_index, query=WORDS, explain=True)
    assert all("_explanation" in hit for hit in response["hits"]["hits"])


async def test_highlights_do_not_cost_a_hit(async_open_shop: OpenShop, products_index: str) -> None:
    """Products found by meaning alone stand on the page too, without a highlight."""
    query = {"match": {"title": "tent"}}
    response = await async_open_shop().search(
        index=products_index, query=query, size=72, highlight={"fields": {"title": {}}}
    )
    lit = [hit["_id"] for hit in response["hits"]["hits"] if "highlight" in hit]
    assert len(ids(response)) == 72
    assert {PRODUCTS[id_]["title"].split(" ", 1)[1].rsplit(" ", 1)[0] for id_ in lit} == {
        "two person tent"
    }


async def test_rescore_stays_in_the_lexical_leg(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A shop's own rescoring goes on working."""
    rescore = {
        "window_size": 50,
        "query": {"rescore_query": {"term": {"brand": "Ostara"}}, "rescore_query_weight": 100},
    }
    response = await async_open_shop().search(
        index=products_index, query=WORDS, rescore=rescore, size=3
    )
    assert {PRODUCTS[id_]["brand"] for id_ in ids(response)} == {"Ostara"}
    assert response.hybrid.degraded == ()


async def test_words_beside_a_filter(async_open_shop: OpenShop, products_index: str) -> None:
    """Words in `ext.hybrid.text` are searched within the query, with vectors and without."""
    for embedder in ("hash", None):
        shop = async_open_shop(embedder=embedder)
        response = await shop.search(
            index=products_index, query=RED, size=3, ext={"hybrid": {"text": "two person tent"}}
        )
        titles = [PRODUCTS[id_]["title"] for id_ in ids(response)]
        assert len(titles) == 3
        assert all("two person tent red" in title for title in titles)


@pytest.mark.parametrize("plan", ["msearch_fusion", "single"])
async def test_a_floor_for_nonsense(
    async_open_shop: OpenShop, products_index: str, plan: str
) -> None:
    """A query that nothing matches finds nothing, where a floor is set."""
    shop = async_open_shop(settings=Settings(search={"min_similarity": 0.6}))
    response = await shop.search(
        index=products_index,
        query={"match": {"title": "qwertz asdf"}},
        ext={"hybrid": {"plan": plan}},
    )
    assert ids(response) == []
    assert response.total == 0
    assert response["hits"]["max_score"] is None


NASTY = [
    '"quote',
    "{brace}",
    "a AND OR",
    "title:(x",
    "\\",
    "'; DROP TABLE products; --",
    "🎧🎧",
    "x" * 20_000,
    "\u0000",
    "line\nbreak",
    "<b>bold</b>",
    "* ?",
    "…！？，",
]


@pytest.mark.parametrize("text", NASTY, ids=[repr(text)[:12] for text in NASTY])
async def test_any_text_is_only_text(
    async_open_shop: OpenShop, products_index: str, text: str
) -> None:
    """Whatever a shopper types, the query keeps its shape and the search answers."""
    shop = async_open_shop(reranker=AsyncScriptedReranker(by_checksum))
    query = {"bool": {"must": {"match": {"title": text}}, "filter": [RED]}}
    response = await shop.search(index=products_index, query=query, size=72)
    assert all(PRODUCTS[id_]["colour"] == "red" for id_ in ids(response))


async def test_the_callers_objects_stay_as_they_are(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """Nothing that was handed in is edited."""
    asked: dict[str, Any] = {
        "index": [products_index],
        "query": {"bool": {"must": [WORDS], "filter": [RED]}},
        "post_filter": SHOES,
        "aggs": {"c": {"terms": {"field": "colour"}}},
        "ext": {"hybrid": {"window": 50}},
    }
    before = copy.deepcopy(asked)
    await async_open_shop().search(**asked)
    assert asked == before


async def test_a_frozen_order(async_open_shop: OpenShop, products_index: str) -> None:
    """With the token of page one, later pages follow its order though the models have gone."""
    asked: dict[str, Any] = {"index": products_index, "query": WORDS, "size": 8}
    reranker = AsyncScriptedReranker(by_checksum)
    whole = await async_open_shop(reranker=reranker).search(**{**asked, "size": 72})
    first = await async_open_shop(reranker=reranker).search(
        **asked, ext={"hybrid": {"order": True}}
    )
    token = first.hybrid.order
    assert token is not None
    assert first["ext"]["hybrid"]["order"] == token
    seen = ids(first)
    without_models = async_open_shop(embedder=None)
    for start in range(8, 72, 8):
        page = await without_models.search(**asked, from_=start, ext={"hybrid": {"order": token}})
        seen += ids(page)
        assert page.total == first.total
    assert seen == ids(whole)


async def test_a_frozen_order_of_another_search(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A token brought to another query is refused, not mixed in."""
    shop = async_open_shop()
    first = await shop.search(index=products_index, query=WORDS, ext={"hybrid": {"order": True}})
    with pytest.raises(RequestError) as caught:
        await shop.search(
            index=products_index,
            query={"match": {"title": "tent"}},
            ext={"hybrid": {"order": first.hybrid.order}},
        )
    assert caught.value.path == "ext.hybrid.order"


async def test_inner_hits_of_what_has_no_group(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: Callable[..., str]
) -> None:
    """Products without the collapse field are one group to Elasticsearch, and so are they here."""
    products = [
        {name: value for name, value in product.items() if name != "group" or place % 2}
        for place, product in enumerate(shop_products())
    ]
    asked: dict[str, Any] = {
        "index": make_index(products),
        "query": WORDS,
        "size": 72,
        "collapse": {"field": "group", "inner_hits": {"name": "variants", "size": 100}},
    }
    response = await async_open_shop().search(**asked)
    plain = await async_es.search(**asked)

    def groups(answer: Any) -> dict[str, set[str]]:
        return {
            str(hit["fields"].get("group")) if "fields" in hit else "none": {
                inner["_id"] for inner in hit["inner_hits"]["variants"]["hits"]["hits"]
            }
            for hit in answer["hits"]["hits"]
        }

    ours = groups(response)
    for group, variants in groups(plain).items():
        assert ours[group] >= variants
