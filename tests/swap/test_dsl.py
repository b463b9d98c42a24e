"""The query builder of Elastic's client, with the shop in place of the connection."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid.testing import AsyncHashEmbedder, HashEmbedder
from es_hybrid.types import PlanName
from tests.support.shops import DIMS
from tests.support.waiting import patient
from tests.swap.catalogue import Names

# Before client 8.18 the builder was a package of its own.
_PACKAGE = "elasticsearch.dsl" if find_spec("elasticsearch.dsl") else "elasticsearch_dsl"
dsl: Any = import_module(_PACKAGE)
serializer: Any = import_module(f"{_PACKAGE}.serializer").serializer

pytestmark = pytest.mark.es


class _Recorder:
    """Remembers what was done for each search: the builder keeps only the body."""

    def __init__(self) -> None:
        self.plans: list[PlanName] = []

    def search_done(self, event: Any) -> None:
        self.plans.append(event.plan)


@pytest.fixture
def done() -> _Recorder:
    """What the shop did."""
    return _Recorder()


@pytest.fixture
def shop(es: Elasticsearch, done: _Recorder) -> Any:
    """A shop with an embedder."""
    with HybridClient(
        es, settings=patient(), embedder=HashEmbedder(dims=DIMS), hook=done
    ) as opened:
        yield opened


@pytest.fixture
async def async_shop(async_es: AsyncElasticsearch, done: _Recorder) -> Any:
    """The same, awaited."""
    embedder = AsyncHashEmbedder(dims=DIMS)
    async with AsyncHybridClient(
        async_es, settings=patient(), embedder=embedder, hook=done
    ) as opened:
        yield opened


def build(search: Any) -> Any:
    """Build a search as shops do: words, filters, facets, highlights, fields."""
    built = (
        search.query("multi_match", query="trail shoe", fields=["title^2", "description"])
        .filter("term", in_stock=True)
        .exclude("term", colour="blue")
        .highlight("title")
        .source(["title", "price"])
        .suggest("fix", "sheo", term={"field": "title"})
    )
    built.aggs.bucket("brands", dsl.A("terms", field="brand")).metric("price", "avg", field="price")
    return built[2:8]


def assert_same(ours: Any, theirs: Any) -> None:
    assert ours.aggregations.to_dict() == theirs.aggregations.to_dict()
    assert ours.suggest.to_dict() == theirs.suggest.to_dict()
    assert ours.hits.total.value >= theirs.hits.total.value
    assert len(ours.hits) == 6
    for hit in ours:
        assert set(hit.to_dict()) <= {"title", "price"}
        assert hit.meta.id.startswith("p")
        assert hit.meta.score <= ours.hits.max_score
    assert any("highlight" in hit.meta for hit in ours)


def test_search(shop: HybridClient, es: Elasticsearch, names: Names, done: _Recorder) -> None:
    """A built search is answered in hybrid order, with facets, suggestions and highlights."""
    ours = build(dsl.Search(using=shop, index=names.shop)).execute()
    theirs = build(dsl.Search(using=es, index=names.shop)).execute()
    assert done.plans == [PlanName.MSEARCH_FUSION]
    assert_same(ours, theirs)


async def test_async_search(
    async_shop: AsyncHybridClient, async_es: AsyncElasticsearch, names: Names, done: _Recorder
) -> None:
    """The same, awaited."""
    ours = await build(dsl.AsyncSearch(using=async_shop, index=names.shop)).execute()
    theirs = await build(dsl.AsyncSearch(using=async_es, index=names.shop)).execute()
    assert done.plans == [PlanName.MSEARCH_FUSION]
    assert_same(ours, theirs)


def test_count_and_scan(shop: HybridClient, es: Elasticsearch, names: Names) -> None:
    """Counting and exporting find the lexical matches, as they always did."""
    found = dsl.Search(using=shop, index=names.shop).query("match", title="trail shoe")
    bare = dsl.Search(using=es, index=names.shop).query("match", title="trail shoe")
    assert found.count() == bare.count() > 0
    assert {hit.meta.id for hit in found.scan()} == {hit.meta.id for hit in bare.scan()}
    assert [hit.title for hit in found[:3]]


async def test_async_count_and_scan(
    async_shop: AsyncHybridClient, es: Elasticsearch, names: Names
) -> None:
    """The same, awaited."""
    found = dsl.AsyncSearch(using=async_shop, index=names.shop).query("match", title="trail shoe")
    bare = dsl.Search(using=es, index=names.shop).query("match", title="trail shoe")
    assert await found.count() == bare.count()
    assert {hit.meta.id async for hit in found.scan()} == {hit.meta.id for hit in bare.scan()}


def test_sorted_and_collapsed(shop: HybridClient, names: Names, done: _Recorder) -> None:
    """A sorted search passes through, a collapsed one is answered in hybrid order."""
    words = dsl.Search(using=shop, index=names.shop).query("match", title="shoe")
    by_price = words.sort("price", "id")[:5].execute()
    prices = [hit.price for hit in by_price]
    assert prices == sorted(prices)
    groups = [tuple(hit.group) for hit in words.collapse("group")[:20].execute()]
    assert len(groups) == len(set(groups))
    assert done.plans == [PlanName.PASSTHROUGH, PlanName.MSEARCH_FUSION]


def test_options_of_ours(shop: HybridClient, names: Names) -> None:
    """`extra()` carries `ext.hybrid`."""
    words = dsl.Search(using=shop, index=names.shop).query("match", title="shoe")
    answer = words.extra(ext={"hybrid": {"plan": "lexical_only", "explain": True}}).execute()
    assert answer.to_dict()["ext"]["hybrid"]["plan"] == "lexical_only"


def test_documents(shop: HybridClient, names: Names) -> None:
    """A document class reads by id and searches through the shop."""

    class Product(dsl.Document):  # type: ignore[misc]
        title = dsl.Text()

    product = Product.get("p00", using=shop, index=names.shop)
    assert product.title == "Fellgate trail running shoe red"
    found = Product.search(using=shop, index=names.shop).query("match", title="tent")
    assert "tent" in found.execute()[0].title


@pytest.mark.parametrize("deep", [False, True])
def test_query_objects_in_a_plain_call(es_url: str, names: Names, deep: bool) -> None:
    """Query objects handed to `search` itself bind as dictionaries do, where the client takes them."""
    red = dsl.Q("term", colour="red")
    words: Any = {"match": {"title": "tent"}} if deep else dsl.Q("match", title="tent")
    query: Any = {"bool": {"must": [words], "filter": [red]}}
    with (
        Elasticsearch(es_url, serializer=serializer) as es,
        HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop,
    ):
        ours = shop.search(index=names.shop, query=query, size=72)
        theirs = es.search(index=names.shop, query=query, size=72)
    found = {hit["_id"]: hit["_source"] for hit in ours["hits"]["hits"]}
    assert found.keys() >= {hit["_id"] for hit in theirs["hits"]["hits"]}
    assert {source["colour"] for source in found.values()} == {"red"}
