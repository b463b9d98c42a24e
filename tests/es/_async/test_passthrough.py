"""What must not be touched comes back as the bare client gives it; errors are Elasticsearch's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError

from es_hybrid import AsyncHybridClient, FieldBoost, RequestError, Settings
from es_hybrid.types import PassthroughReason as Reason
from es_hybrid.types import PlanName

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
WORDS: dict[str, Any] = {"match": {"title": "trail running shoe"}}
AMBIGUOUS = {"bool": {"must": [WORDS, {"match": {"brand.text": "Norvik"}}]}}
VECTOR = [0.1] * 64
KNN = {"field": "embedding", "query_vector": VECTOR, "k": 3, "num_candidates": 10}

UNTOUCHED: list[tuple[dict[str, Any], Reason]] = [
    ({"query": WORDS, "ext": {"hybrid": False}}, Reason.SWITCHED_OFF),
    ({}, Reason.NO_TEXT),
    ({"query": {"match_all": {}}}, Reason.NO_TEXT),
    ({"query": {"term": {"brand": "Norvik"}}, "size": 3}, Reason.NO_TEXT),
    ({"query": AMBIGUOUS}, Reason.AMBIGUOUS_TEXT),
    ({"query": WORDS, "sort": [{"price": "asc"}, "id"]}, Reason.SORT),
    ({"query": WORDS, "sort": "price:desc"}, Reason.SORT),
    ({"query": WORDS, "sort": ["id"], "search_after": ["p10"]}, Reason.SEARCH_AFTER),
    ({"query": WORDS, "size": 0, "aggs": {"b": {"terms": {"field": "brand"}}}}, Reason.SIZE_ZERO),
    ({"query": WORDS, "knn": KNN}, Reason.KNN),
    ({"knn": KNN}, Reason.KNN),
    ({"retriever": {"standard": {"query": WORDS}}}, Reason.RETRIEVER),
    ({"query": WORDS, "min_score": 2.0}, Reason.MIN_SCORE),
    ({"query": WORDS, "terminate_after": 5}, Reason.TERMINATE_AFTER),
    ({"query": WORDS, "filter_path": "hits.hits._id"}, Reason.PARAMETER),
    ({"query": WORDS, "batched_reduce_size": 2}, Reason.PARAMETER),
    ({"body": {"query": {"match_all": {}}, "size": 2}}, Reason.NO_TEXT),
]


def bare(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name != "ext"}


def timeless(body: Any) -> Any:
    return {name: value for name, value in body.items() if name not in ("took", "_scroll_id")}


@pytest.mark.parametrize(
    ("asked", "reason"), UNTOUCHED, ids=[f"{r}-{str(a)[:30]}" for a, r in UNTOUCHED]
)
async def test_bodies_are_equal(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    products_index: str,
    asked: dict[str, Any],
    reason: Reason,
) -> None:
    """But for the milliseconds, the answer is the bare client's; the reason is on the response."""
    shop = async_open_shop(boosts=[FieldBoost("brand", equals="Norvik", by=2.0)])
    response = await shop.search(index=products_index, **asked)
    plain = await async_es.search(index=products_index, **bare(asked))
    assert timeless(response.body) == timeless(plain.body)
    assert (response.hybrid.plan, response.hybrid.reason) == (PlanName.PASSTHROUGH, reason)
    assert response.hybrid.parts == {}
    assert response.meta.status == 200


async def test_scroll_and_point_in_time(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, products_index: str
) -> None:
    """Both ways to read everything work through the shop as through the bare client."""
    shop = async_open_shop()
    first = await shop.search(index=products_index, query=WORDS, scroll="1m", size=5)
    assert first.hybrid.reason is Reason.SCROLL
    second = await shop.scroll(scroll_id=first["_scroll_id"], scroll="1m")
    assert second["hits"]["hits"]
    await shop.clear_scroll(scroll_id=second["_scroll_id"])
    opened = await shop.open_point_in_time(index=products_index, keep_alive="1m")
    pit = {"id": opened["id"]}
    response = await shop.search(pit=pit, query=WORDS, slice={"id": 0, "max": 2})
    assert response.hybrid.plan is PlanName.PASSTHROUGH
    assert (await shop.close_point_in_time(id=opened["id"]))["succeeded"]


async def test_no_index(async_open_shop: OpenShop, products_index: str) -> None:
    """A search of everything is left as it is."""
    response = await async_open_shop().search(query=WORDS, size=1)
    assert response.hybrid.reason is Reason.NO_INDEX


async def test_other_ext_entries_are_elasticsearchs_business(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """What is not ours in `ext` reaches Elasticsearch, which answers for it."""
    sections: list[dict[str, Any]] = [{"hybrid": {}}, {"hybrid": False}, {}]
    for hybrid in sections:
        with pytest.raises(ApiError) as caught:
            await async_open_shop().search(
                index=products_index, query=WORDS, ext={**hybrid, "unheard": {}}
            )
        assert caught.value.status_code == 400


def said(error: ApiError) -> str:
    """Return Elasticsearch's reason; line and column are those of the request that was sent."""
    return re.sub(r"\[\d+:\d+\]", "", error.body["error"].get("reason") or "")


BROKEN: list[dict[str, Any]] = [
    {"index": "test-there-is-no-such-index", "query": WORDS},
    {"query": {"match": {"title": {"query": "shoe", "bogus": 1}}}},
    {"query": {"bool": {"must": [WORDS, {"no_such_query": {}}]}}},
    {"query": WORDS, "aggs": {"a": {"no_such_agg": {}}}},
    {"query": WORDS, "aggs": {"a": {"terms": {"field": "title"}}}},
    {"query": {"function_score": {"query": WORDS, "script_score": {"script": "1/0"}}}},
    {"query": WORDS, "script_fields": {"x": {"script": "doc['none'].value"}}},
    {"query": WORDS, "highlight": {"bogus": 1}},
    {"query": WORDS, "collapse": {"field": "title"}},
    {"query": WORDS, "collapse": {"bogus": "group"}},
    {"query": WORDS, "rescore": {"bogus": 1}},
    {"query": WORDS, "post_filter": {"bogus": 1}},
    {"query": WORDS, "size": -1},
    {"query": WORDS, "from_": -1},
    {"query": WORDS, "size": "many"},
    {"query": WORDS, "size": 10_001},
    {"query": WORDS, "timeout": "soon"},
    {"query": WORDS, "indices_boost": "much"},
    {"query": WORDS, "track_total_hits": "perhaps"},
    {"query": WORDS, "source": 7},
    {"query": "shoe"},
    {"query": {}},
    {"query": WORDS, "preference": "_only_nodes:none"},
    {"query": WORDS, "search_type": "bogus"},
    {"body": {"query": WORDS, "bogus": 1}},
]


@pytest.mark.parametrize("asked", BROKEN, ids=[str(asked)[:60] for asked in BROKEN])
@pytest.mark.parametrize("boosts", [(), (FieldBoost("brand", equals="Norvik"),)])
async def test_errors_are_elasticsearchs_own(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    products_index: str,
    asked: dict[str, Any],
    boosts: Any,
) -> None:
    """A bad request raises what `es.search` raises: same class, status and type of error."""
    asked = {"index": products_index, **asked}
    with pytest.raises(Exception) as theirs:
        await async_es.search(**asked)
    with pytest.raises(Exception) as ours:
        await async_open_shop(boosts=boosts).search(**asked)
    assert type(ours.value) is type(theirs.value)
    if isinstance(theirs.value, ApiError):
        assert isinstance(ours.value, ApiError)
        assert ours.value.status_code == theirs.value.status_code
        assert ours.value.error == theirs.value.error
        assert ours.value.body["error"]["type"] == theirs.value.body["error"]["type"]
        assert said(ours.value) == said(theirs.value)


async def test_a_status_that_the_caller_ignores(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch
) -> None:
    """With `ignore_status`, an error is an answer, as it is for the bare client."""
    asked: dict[str, Any] = {"index": "test-there-is-no-such-index", "query": WORDS}
    for boosts in ((), (FieldBoost("brand"),)):
        shop = async_open_shop(boosts=boosts)
        response = await shop.options(ignore_status=404).search(**asked)
        plain = await async_es.options(ignore_status=404).search(**asked)
        assert response["error"]["type"] == plain["error"]["type"]
        assert response.meta.status == 404


async def test_indices_that_may_be_missing(async_open_shop: OpenShop, products_index: str) -> None:
    """`ignore_unavailable` and `allow_no_indices` mean what they mean to the bare client."""
    shop = async_open_shop()
    response = await shop.search(
        index=[products_index, "test-gone"], query=WORDS, ignore_unavailable=True, size=3
    )
    assert len(response.hits) == 3
    assert response.hybrid.degraded == ()
    none = await shop.search(index="test-gone-*", query=WORDS)
    assert (none.total, none.hits) == (0, ())
    with pytest.raises(NotFoundError):
        await shop.search(index="test-gone-*", query=WORDS, allow_no_indices=False)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"sort": "price"}, "sort"),
        ({"size": 0}, "size"),
        ({"knn": KNN}, "knn"),
        ({"query": {"match_all": {}}}, "ext.hybrid.text"),
        ({"ext": {"hybrid": {"window": 0}}}, "ext.hybrid.window"),
        ({"ext": {"hybrid": {"boosts": [{"field": "x"}]}}}, "ext.hybrid.boosts.0"),
        ({"ext": {"hybrid": {"boosts": [{"name": "none"}]}}}, "ext.hybrid.boosts.0.name"),
        ({"ext": {"hybrid": {"fusion": {"method": "none"}}}}, "ext.hybrid.fusion.method"),
    ],
)
async def test_what_cannot_be_combined(
    async_open_shop: OpenShop, products_index: str, asked: dict[str, Any], path: str
) -> None:
    """`ext.hybrid` beside what rules it out, or with a mistake, is an error with its path."""
    request = {"query": WORDS, "ext": {"hybrid": {"explain": True}}, **asked}
    with pytest.raises(RequestError) as caught:
        await async_open_shop().search(index=products_index, **request)
    assert caught.value.path == path


async def test_everything_else_is_the_wrapped_clients(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The shop stands wherever the bare client stood, and never closes it."""
    shop = async_open_shop()
    await shop.index(index=index_name, id="1", document={"title": "shoe"}, refresh=True)
    assert (await shop.count(index=index_name))["count"] == 1
    assert await shop.indices.exists(index=index_name)
    assert (await shop.get(index=index_name, id="1"))["_source"] == {"title": "shoe"}
    assert shop.es is async_es
    with pytest.raises(AttributeError):
        getattr(shop, "no_such_thing")  # noqa: B009
    async with shop as same:
        assert same is shop
    assert (await async_es.count(index=index_name))["count"] == 1


async def test_transport_options(async_open_shop: OpenShop, products_index: str) -> None:
    """Options of the bare client travel with a copy and leave the shop as it was."""
    shop = async_open_shop(settings=Settings())
    copy = shop.options(opaque_id="page-7", headers={"x-mine": "1"})
    assert type(copy) is type(shop)
    assert copy is not shop
    response = await copy.search(index=products_index, query=WORDS)
    assert response.hybrid.plan is PlanName.MSEARCH_FUSION
    assert response.meta.headers["x-opaque-id"] == "page-7"
    plain = await shop.search(index=products_index, query=WORDS)
    assert "x-opaque-id" not in plain.meta.headers
    assert plain["hits"] == response["hits"]
