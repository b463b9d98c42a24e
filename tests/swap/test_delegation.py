"""The shop stands wherever the client stood: what is not ours is the client's own."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from elastic_transport import ApiResponse
from elasticsearch import (
    ApiError,
    AsyncElasticsearch,
    Elasticsearch,
    NotFoundError,
    helpers,
)
from elasticsearch.helpers import async_bulk, async_scan

from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid.testing import AsyncHashEmbedder, HashEmbedder, ScriptedReranker
from tests.support.recording import Request, forward_to, recording_server
from tests.support.shops import DIMS
from tests.support.waiting import patient
from tests.swap.catalogue import Names, mapping

pytestmark = pytest.mark.es

WORDS: dict[str, Any] = {"match": {"title": "trail shoe"}}


@pytest.fixture
def shop(es: Elasticsearch) -> Iterator[HybridClient]:
    """A shop with an embedder."""
    with HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as opened:
        yield opened


@pytest.fixture
async def async_shop(async_es: AsyncElasticsearch) -> Any:
    """The same, awaited."""
    embedder = AsyncHashEmbedder(dims=DIMS)
    async with AsyncHybridClient(async_es, settings=patient(), embedder=embedder) as opened:
        yield opened


def test_documents_are_written_and_read(shop: HybridClient, index_name: str) -> None:
    """A shop's whole life of a document goes through the shop."""
    shop.indices.create(index=index_name)
    shop.index(index=index_name, id="1", document={"title": "tent"}, refresh=True)
    assert shop.exists(index=index_name, id="1")
    assert shop.get(index=index_name, id="1")["_source"] == {"title": "tent"}
    assert shop.mget(index=index_name, ids=["1"])["docs"][0]["found"]
    shop.update(index=index_name, id="1", doc={"title": "stove"}, refresh=True)
    assert shop.count(index=index_name, query={"match": {"title": "stove"}})["count"] == 1
    shop.delete(index=index_name, id="1", refresh=True)
    with pytest.raises(NotFoundError):
        shop.get(index=index_name, id="1")
    assert shop.indices.get_mapping(index=index_name)[index_name]
    shop.indices.delete(index=index_name)
    assert not shop.indices.exists(index=index_name)


def test_cluster_calls(shop: HybridClient, es: Elasticsearch, names: Names) -> None:
    """Namespaces, the transport and raw requests are the client's own."""
    assert shop.ping()
    assert shop.info()["version"] == es.info()["version"]
    assert shop.transport is es.transport
    assert shop.cluster.health()["cluster_name"]
    assert names.shop in str(shop.cat.indices(index=names.shop, format="json").body)
    raw = shop.perform_request(
        "GET", f"/{names.shop}/_count", headers={"accept": "application/json"}
    )
    assert isinstance(raw, ApiResponse)
    assert raw.body["count"] == 72


def test_the_ingest_namespace(shop: HybridClient, index_name: str) -> None:
    """`ingest` writes products when called, and still holds the client's pipelines."""
    shop.ingest.put_pipeline(id=index_name, processors=[])
    try:
        assert index_name in shop.ingest.get_pipeline(id=index_name)
    finally:
        shop.ingest.delete_pipeline(id=index_name)
    assert callable(shop.ingest)


def test_scrolling(shop: HybridClient, names: Names) -> None:
    """An export that scrolls finds each match once."""
    page: Any = shop.search(index=names.shop, query=WORDS, scroll="1m", size=5)
    seen = []
    while page["hits"]["hits"]:
        seen += [hit["_id"] for hit in page["hits"]["hits"]]
        page = shop.scroll(scroll_id=page["_scroll_id"], scroll="1m")
    shop.clear_scroll(scroll_id=page["_scroll_id"])
    assert len(seen) == len(set(seen)) == shop.count(index=names.shop, query=WORDS)["count"]


def test_helpers_bulk(shop: HybridClient, index_name: str) -> None:
    """`helpers.bulk` and its kin write through the shop."""
    actions = [{"_index": index_name, "_id": str(n), "title": f"tent {n}"} for n in range(5)]
    assert helpers.bulk(shop, actions, refresh=True) == (5, [])
    assert all(ok for ok, _ in helpers.streaming_bulk(shop, actions))
    assert all(ok for ok, _ in helpers.parallel_bulk(shop, actions, thread_count=2))
    assert shop.count(index=index_name)["count"] == 5


def test_helpers_scan(shop: HybridClient, names: Names) -> None:
    """`helpers.scan` exports through the shop."""
    found = list(helpers.scan(shop, index=names.shop, query={"query": WORDS}, size=7))
    assert len(found) == shop.count(index=names.shop, query=WORDS)["count"]


async def test_async_helpers(async_shop: AsyncHybridClient, names: Names, index_name: str) -> None:
    """The awaited helpers write and export through the shop."""
    actions = [{"_index": index_name, "_id": str(n), "title": f"tent {n}"} for n in range(5)]
    assert await async_bulk(async_shop, actions, refresh=True) == (5, [])
    found = [hit async for hit in async_scan(async_shop, index=names.shop, query={"query": WORDS})]
    assert len(found) == (await async_shop.count(index=names.shop, query=WORDS))["count"]


async def test_async_calls(async_shop: AsyncHybridClient, names: Names, index_name: str) -> None:
    """The awaited flavour hands through what is not ours, too."""
    await async_shop.indices.create(index=index_name)
    await async_shop.index(index=index_name, id="1", document={"title": "tent"}, refresh=True)
    assert (await async_shop.get(index=index_name, id="1"))["_source"] == {"title": "tent"}
    assert (await async_shop.count(index=names.shop))["count"] == 72
    with pytest.raises(NotFoundError):
        await async_shop.ingest.get_pipeline(id=index_name)
    quick = async_shop.options(request_timeout=5)
    answer = await quick.search(index=names.shop, query=WORDS)
    assert answer.hybrid.plan == "msearch_fusion"


def test_closing_the_shop_leaves_the_client_open(es: Elasticsearch, names: Names) -> None:
    """`with shop:` closes what the shop opened, and never the caller's client."""
    with HybridClient(es, settings=patient()) as shop:
        shop.search(index=names.shop, query=WORDS)
    assert es.count(index=names.shop)["count"] == 72


async def test_closing_the_async_shop_leaves_the_client_open(
    async_es: AsyncElasticsearch, names: Names
) -> None:
    """The same, awaited."""
    async with AsyncHybridClient(async_es, settings=patient()) as shop:
        await shop.search(index=names.shop, query=WORDS)
    assert (await async_es.count(index=names.shop))["count"] == 72


def test_options_make_a_copy(shop: HybridClient, names: Names) -> None:
    """`options()` gives another shop with the same models, and leaves this one as it was."""
    before = {name: repr(value) for name, value in vars(shop.es).items()}
    copy = shop.options(request_timeout=3, headers={"x-shop": "1"}, opaque_id="visit-7")
    assert type(copy) is HybridClient
    assert copy is not shop
    assert copy.embedder is shop.embedder
    assert copy.search(index=names.shop, query=WORDS).hybrid.plan == "msearch_fusion"
    assert {name: repr(value) for name, value in vars(shop.es).items()} == before


@pytest.mark.parametrize("models", ["none", "all"])
def test_statuses_that_are_ignored(es: Elasticsearch, names: Names, models: str) -> None:
    """`options(ignore_status=404)` answers for an index that is gone as the bare client does."""
    embedder = HashEmbedder(dims=DIMS) if models == "all" else None
    reranker = ScriptedReranker([]) if models == "all" else None
    with HybridClient(es, settings=patient(), embedder=embedder, reranker=reranker) as shop:
        asked: dict[str, Any] = {"index": f"{names.shop}-gone", "query": WORDS}
        ours = shop.options(ignore_status=404).search(**asked)
        theirs = es.options(ignore_status=404).search(**asked)
        assert ours.body == theirs.body
        assert ours.meta.status == theirs.meta.status == 404
        wrong: dict[str, Any] = {"index": names.shop, "query": {"match": {"title": {"qury": "a"}}}}
        assert shop.options(ignore_status=[400]).search(**wrong).body == (
            es.options(ignore_status=[400]).search(**wrong).body
        )


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_statuses_of_a_cluster_in_trouble(status: int) -> None:
    """What the cluster answers instead of hits is raised as the bare client raises it."""
    answer = {"error": {"type": "trouble", "reason": "r", "root_cause": []}, "status": status}
    with (
        recording_server(lambda request: (status, answer)) as (url, _),
        Elasticsearch(url, max_retries=0) as es,
        HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop,
    ):
        raised = []
        for client in (es, shop):
            with pytest.raises(Exception) as caught:
                client.search(index="products", query=WORDS)
            raised.append((caught.type, str(caught.value)))
        assert raised[0] == raised[1]


@pytest.mark.parametrize("status", [401, 429, 502, 503, 504])
@pytest.mark.parametrize("inside", [False, True], ids=["whole", "inside"])
def test_a_busy_cluster_is_not_asked_again_and_again(status: int, inside: bool) -> None:
    """What a cluster in trouble refuses is sent once, or twice where only a part was refused."""
    error: dict[str, Any] = {"error": {"type": "trouble", "root_cause": []}, "status": status}
    known = {"products": {"mappings": mapping()}}

    def answer(request: Request) -> tuple[int, Any]:
        if request.path == "/":
            return 200, {"version": {"number": "9.4.3"}}
        if request.path.startswith("/products/_mapping"):
            return 200, known
        if inside and "_msearch" in request.path:
            legs = request.body.count(b"\n") // 2
            return 200, {"took": 1, "responses": [error] * legs}
        return status, error

    with (
        recording_server(answer) as (url, requests),
        Elasticsearch(url, max_retries=0) as es,
        HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop,
        pytest.raises(ApiError) as caught,
    ):
        shop.search(index="products", query=WORDS)
    assert caught.value.status_code == status
    searches = [request for request in requests if "search" in request.path]
    assert "_msearch" in searches[0].path
    assert len(searches) <= (2 if inside else 1)


def test_headers_and_options_reach_every_request(es: Elasticsearch, names: Names) -> None:
    """Opaque id, API key and own headers go with all that a search sends."""
    with recording_server(forward_to(es)) as (url, requests):
        with (
            Elasticsearch(url, api_key="c2VjcmV0", headers={"x-tenant": "t1"}) as recorded,
            HybridClient(recorded, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop,
        ):
            asked = shop.options(opaque_id="visit-7", headers={"x-visitor": "v"})
            assert asked.search(index=names.shop, query=WORDS).hybrid.plan == "msearch_fusion"
        assert len(requests) >= 3
        for request in requests:
            assert request.headers["authorization"] == "ApiKey c2VjcmV0"
            assert request.headers["x-opaque-id"] == "visit-7"
            assert request.headers["x-visitor"] == "v"
            assert request.headers["user-agent"].startswith("elasticsearch-py/")


def test_compatibility_headers(es: Elasticsearch, names: Names) -> None:
    """Every request says which version of the API it speaks, as the bare client's do."""
    with recording_server(forward_to(es)) as (url, requests):
        with (
            Elasticsearch(url) as recorded,
            HybridClient(recorded, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop,
        ):
            shop.search(index=names.shop, query=WORDS)
        for request in requests:
            assert "compatible-with=" in request.headers["accept"]
            assert not request.body or "compatible-with=" in request.headers["content-type"]


def test_names_that_do_not_exist(shop: HybridClient) -> None:
    """A misspelled name fails as it does on the client, and private ones are not handed out."""
    with pytest.raises(AttributeError):
        shop.serach(index="products")  # type: ignore[attr-defined]
    assert not hasattr(shop, "_headers")


def test_every_public_name_of_the_client_is_there(shop: HybridClient, es: Elasticsearch) -> None:
    """Nothing that the client can do is lost."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        missing = [name for name in dir(es) if not name.startswith("_") and not hasattr(shop, name)]
    assert missing == []


def test_what_a_shop_is(shop: HybridClient, es: Elasticsearch) -> None:
    """At run time a shop is no `Elasticsearch`; the client inside is one, and it is the caller's."""
    assert not isinstance(shop, Elasticsearch)
    assert isinstance(shop.es, Elasticsearch)
    assert shop.es is es
    assert not inspect.iscoroutinefunction(HybridClient.search)
    assert inspect.iscoroutinefunction(AsyncHybridClient.search)


def test_positional_arguments(shop: HybridClient, names: Names) -> None:
    """Positional arguments are refused, as the client refuses them."""
    with pytest.raises(TypeError):
        shop.search(names.shop)  # type: ignore[call-arg]
