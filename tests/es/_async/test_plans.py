"""Plans: what is sent follows from what the index, the cluster and the client can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, FieldBoost, RequestError, Settings
from es_hybrid.testing import AsyncHashEmbedder
from es_hybrid.types import DegradationReason, PassthroughReason, PlanName
from tests.support.fusions import exact_query, query_vector, scores_of
from tests.support.shops import shop_mapping, shop_products

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
MakeIndex = Callable[..., str]
TEXT = "trail running shoe"
WORDS: dict[str, Any] = {"multi_match": {"query": TEXT, "fields": ["title^3", "description"]}}
COUNT = 72


def without(mapping: dict[str, Any], field: str) -> dict[str, Any]:
    rest = {name: value for name, value in mapping["properties"].items() if name != field}
    return {**mapping, "properties": rest}


def reasons(response: Any) -> list[DegradationReason]:
    return [lack.reason for lack in response.hybrid.degraded]


async def test_single(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: Callable[..., str]
) -> None:
    """One search adds both weighted scores; the parts still tell each leg's own."""
    # Before 8.18 a quantised index adds approximate scores.
    products_index = make_index(mapping=shop_mapping(kind="hnsw"))
    shop = async_open_shop(settings=Settings(search={"lexical_weight": 0.3, "plan": "single"}))
    response = await shop.search(
        index=products_index, query=WORDS, size=COUNT, ext={"hybrid": {"explain": True}}
    )
    lexical = scores_of(await async_es.search(index=products_index, query=WORDS, size=COUNT))
    exact = await async_es.search(index=products_index, query=exact_query(TEXT), size=COUNT)
    semantic = scores_of(exact)
    assert response.hybrid.plan is PlanName.SINGLE
    added = {id_: 0.3 * lexical.get(id_, 0.0) + 0.7 * semantic[id_] for id_ in semantic}
    order = [hit.id for hit in response.hits]
    assert len(order) == COUNT
    assert [added[id_] for id_ in order] == pytest.approx(sorted(added.values(), reverse=True))
    for (_, id_), part in response.hybrid.parts.items():
        assert part.hit.semantic_score == pytest.approx(semantic[id_], abs=1e-6)
        assert part.hit.lexical_score == pytest.approx(lexical.get(id_), abs=1e-5)


@pytest.mark.parametrize("plan", ["msearch_fusion", "single", "lexical_only"])
async def test_weights_at_the_ends(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str, plan: str
) -> None:
    """With all weight on the words their order comes back, whatever the plan."""
    shop = async_open_shop(settings=Settings(search={"lexical_weight": 1.0}))
    options = {"plan": plan, "fusion": {"weights": {"lexical": 1.0, "semantic": 0.0}}}
    response = await shop.search(index=products_index, query=WORDS, size=9, ext={"hybrid": options})
    plain = await async_es.search(index=products_index, query=WORDS, size=9)
    assert [hit.id for hit in response.hits] == list(scores_of(plain))


async def test_lexical_only(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """Asked for, the search is the bare client's own, and lacks nothing."""
    shop = async_open_shop(settings=Settings(search={"plan": "lexical_only"}))
    response = await shop.search(index=products_index, query=WORDS, size=COUNT)
    plain = await async_es.search(index=products_index, query=WORDS, size=COUNT)
    assert response["hits"] == plain["hits"]
    assert (response.hybrid.plan, response.hybrid.degraded) == (PlanName.LEXICAL_ONLY, ())


async def test_an_index_without_vectors(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: MakeIndex
) -> None:
    """It is searched lexically, with the reason; boosts still apply."""
    products = shop_products()
    index = make_index(
        products,
        mapping=without(shop_mapping(), "embedding"),
        without_vector=[product["id"] for product in products],
    )
    shop = async_open_shop()
    response = await shop.search(index=index, query=WORDS, size=COUNT)
    plain = await async_es.search(index=index, query=WORDS, size=COUNT)
    assert response["hits"] == plain["hits"]
    assert reasons(response) == [DegradationReason.NO_VECTOR_FIELD]
    boosts = [{"field": "brand", "equals": "Ostara", "factor": 2}]
    boosted = await shop.search(
        index=index, query=WORDS, size=1, ext={"hybrid": {"boosts": boosts}}
    )
    assert boosted.hits[0].source["brand"] == "Ostara"
    assert boosted.total == plain["hits"]["total"]["value"]


async def test_no_embedder(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """No settings at all is a search that works, and says what is missing."""
    response = await async_open_shop(embedder=None).search(index=products_index, query=WORDS)
    plain = await async_es.search(index=products_index, query=WORDS)
    assert response["hits"] == plain["hits"]
    assert reasons(response) == [DegradationReason.NO_EMBEDDER]


async def test_another_model(async_open_shop: OpenShop, products_index: str) -> None:
    """Vectors of two models are never mixed, though their length is the same."""
    shop = async_open_shop(embedder=AsyncHashEmbedder(64, model="another"))
    response = await shop.search(index=products_index, query=WORDS)
    assert reasons(response) == [DegradationReason.MODEL_MISMATCH]
    assert response.hybrid.plan is PlanName.LEXICAL_ONLY


async def test_other_dims(async_open_shop: OpenShop, products_index: str) -> None:
    """An embedder of another length is told, and the search is lexical."""
    shop = async_open_shop(embedder=AsyncHashEmbedder(32, model="hash-64"))
    response = await shop.search(index=products_index, query=WORDS)
    assert reasons(response) == [DegradationReason.DIMS_MISMATCH]
    assert len(response.hits) == 10


async def test_the_callers_own_vector(async_open_shop: OpenShop, products_index: str) -> None:
    """It is searched with instead of the embedder's, and needs none."""
    own = {"hybrid": {"vector": query_vector("two person tent"), "explain": True}}
    weights = {"fusion": {"weights": {"lexical": 0.0, "semantic": 1.0}}}
    response = await async_open_shop(embedder=None).search(
        index=products_index, query=WORDS, size=3, ext={"hybrid": {**own["hybrid"], **weights}}
    )
    assert response.hybrid.degraded == ()
    assert all("two person tent" in hit.source["title"] for hit in response.hits)


@pytest.mark.parametrize("vector", [[0.1] * 63, [0.1] * 65])
async def test_a_vector_that_does_not_fit(
    async_open_shop: OpenShop, products_index: str, vector: list[float]
) -> None:
    """A wrong length is the caller's mistake, named before anything is sent."""
    with pytest.raises(RequestError) as caught:
        await async_open_shop().search(
            index=products_index, query=WORDS, ext={"hybrid": {"vector": vector}}
        )
    assert caught.value.path == "ext.hybrid.vector"


async def test_several_indices_behind_an_alias(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: MakeIndex
) -> None:
    """Two indices that agree are one shop; the same id in both is two products."""
    products = shop_products()
    one, two = make_index(products[:40]), make_index(products[30:])
    alias = f"{one}-all"
    actions = [{"add": {"index": index, "alias": alias}} for index in (one, two)]
    await async_es.indices.update_aliases(actions=actions)
    shop = async_open_shop()
    for name in (alias, [one, two], f"{one},{two}"):
        response = await shop.search(index=name, query=WORDS, size=100)
        assert response.hybrid.degraded == ()
        keys = [(hit.index, hit.id) for hit in response.hits]
        assert len(keys) == len(set(keys)) == 82
        assert response.total == 82
    paged = [
        (hit.index, hit.id)
        for start in range(0, 90, 10)
        for hit in (
            await shop.search(
                index=alias, query=WORDS, from_=start, size=10, ext={"hybrid": {"window": 15}}
            )
        ).hits
    ]
    assert len(paged) == len(set(paged))
    plain = await async_es.search(index=alias, query=WORDS, size=100)
    assert {(hit["_index"], hit["_id"]) for hit in plain["hits"]["hits"]} <= set(paged)


async def test_indices_that_disagree(async_open_shop: OpenShop, make_index: MakeIndex) -> None:
    """Where vectors differ behind one name, the search is lexical, with the reason."""
    other = shop_mapping()
    other["_meta"] = {"es_hybrid": {**other["_meta"]["es_hybrid"], "model": "another"}}
    products = shop_products()
    names = [make_index(products[:36]), make_index(products[36:], mapping=other)]
    response = await async_open_shop().search(index=names, query=WORDS)
    assert reasons(response) == [DegradationReason.NO_VECTOR_FIELD]
    assert len(response.hits) == 10


async def test_a_filtered_alias(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, make_index: MakeIndex
) -> None:
    """An alias's own filter binds both legs."""
    index = make_index()
    alias = f"{index}-red"
    red = {"add": {"index": index, "alias": alias, "filter": {"term": {"colour": "red"}}}}
    await async_es.indices.update_aliases(actions=[red])
    response = await async_open_shop().search(index=alias, query=WORDS, size=COUNT)
    assert len(response.hits) == 24
    assert {hit.source["colour"] for hit in response.hits} == {"red"}


async def test_an_id_field_that_is_not_promised(
    async_open_shop: OpenShop, make_index: MakeIndex
) -> None:
    """Without our word in `_meta`, ids are Elasticsearch's own, whatever a field `id` holds."""
    mapping = shop_mapping()
    del mapping["_meta"]
    products = [{**product, "id": f"x{product['id']}"} for product in shop_products()]
    index = make_index(products, mapping=mapping)
    response = await async_open_shop().search(index=index, query=WORDS, size=COUNT)
    assert len(response.hits) == COUNT
    assert all(hit.id == hit.source["id"] for hit in response.hits)


async def test_a_legacy_index_of_the_shops_own(
    async_open_shop: OpenShop, make_index: MakeIndex
) -> None:
    """A shop's own mapping, another vector name and a deep path, needs only a setting."""
    mapping = shop_mapping()
    del mapping["_meta"]
    vector = mapping["properties"].pop("embedding")
    mapping["properties"]["ml"] = {"properties": {"v1": vector, "v2": vector}}
    products = [
        {**product, "ml": {"v1": query_vector(product["title"])}} for product in shop_products()
    ]
    index = make_index(products, mapping=mapping, without_vector=[p["id"] for p in products])
    unsaid = await async_open_shop().search(index=index, query=WORDS)
    assert reasons(unsaid) == [DegradationReason.NO_VECTOR_FIELD]
    shop = async_open_shop(settings=Settings(index={"vector_field": "ml.v1"}))
    response = await shop.search(index=index, query=WORDS, size=COUNT)
    assert (reasons(response), len(response.hits)) == ([], COUNT)


async def test_a_boost_on_a_field_that_is_none(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A boost that can never act is told, not silently ignored."""
    shop = async_open_shop(boosts=[FieldBoost("maker", equals="x")])
    response = await shop.search(index=products_index, query=WORDS)
    assert any("maker" in lack.detail for lack in response.hybrid.degraded)


@pytest.mark.parametrize("name", ["native_linear", "native_rrf", "text_similarity_reranker"])
async def test_a_plan_that_the_licence_lacks(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str, name: str
) -> None:
    """Refused once, it is replaced by the fused plan, which answers and says so, from then on."""
    licence = (await async_es.license.get())["license"]["type"]
    assert licence == "basic", "this test is about the free licence"
    shop = async_open_shop()
    fused = await shop.search(index=products_index, query=WORDS, size=COUNT)
    options = {"plan": name, "rerank": {"inference_id": "nobody"}}
    for _ in range(2):
        response = await shop.search(
            index=products_index, query=WORDS, size=COUNT, ext={"hybrid": options}
        )
        assert response.hybrid.plan is PlanName.MSEARCH_FUSION
        assert reasons(response) == [DegradationReason.UNSUPPORTED]
        assert response["hits"] == fused["hits"]


async def test_a_plan_without_sending_it(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """`plan` returns the request that pastes into a console, and it gives the same candidates."""
    shop = async_open_shop()
    plan = await shop.plan(index=products_index, query=WORDS, size=COUNT)
    assert plan.name is PlanName.MSEARCH_FUSION
    assert str(plan).startswith("# plan: msearch_fusion")
    assert f"POST /{products_index}/_msearch" in str(plan)
    lines = plan.lines
    answer = await async_es.msearch(index=products_index, searches=list(lines))
    assert [one["status"] for one in answer["responses"]] == [200, 200]
    untouched = await shop.plan(index=products_index, query={"match_all": {}})
    assert untouched.name is PlanName.PASSTHROUGH
    assert PassthroughReason.NO_TEXT.value in str(untouched)
