"""From the first page to the last: nothing twice, nothing missing, whatever fails between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, RequestError
from es_hybrid.errors import EmbeddingError, RerankError
from es_hybrid.testing import HashEmbedder, ScriptedReranker
from es_hybrid.types import TextKind, Vectors
from tests.support.shops import DIMS
from tests.support.waiting import patient
from tests.swap.catalogue import Names
from tests.swap.conftest import by_checksum

pytestmark = pytest.mark.es

WORDS: dict[str, Any] = {
    "multi_match": {"query": "trail shoe red bag", "fields": ["title^2", "description"]}
}
BOOSTS = [
    {"field": "sales", "scale": 100, "factor": 1.9},
    {"field": "in_stock", "equals": False, "factor": 0.5},
]
OPTIONS: dict[str, dict[str, Any]] = {
    "fused": {"rerank": False},
    "reranked": {"rerank": {"top": 9}},
    "boosted": {"rerank": False, "boosts": BOOSTS},
    "reranked_and_boosted": {"boosts": BOOSTS},
    "lexical": {"plan": "lexical_only", "rerank": False},
    "rrf": {"rerank": False, "fusion": {"method": "rrf"}},
}
WINDOW = 12
SIZES = (1, 7, 10, 50)


@pytest.fixture(scope="module")
def shop(es: Elasticsearch) -> Iterator[HybridClient]:
    """A shop with both models."""
    with HybridClient(
        es,
        settings=patient(),
        embedder=HashEmbedder(dims=DIMS),
        reranker=ScriptedReranker(by_checksum),
    ) as opened:
        yield opened


def pages(
    shop: HybridClient, size: int, asked: dict[str, Any], options: dict[str, Any]
) -> list[Any]:
    """Ask page after page until one is empty; a token goes from page to page."""
    collected: list[Any] = []
    while not collected or collected[-1]["hits"]["hits"]:
        assert len(collected) <= 80 / size + 2
        section = {"window": WINDOW, **options}
        page = shop.search(**asked, from_=len(collected) * size, size=size, ext={"hybrid": section})
        if section.get("order") is True:
            options = {**options, "order": page.hybrid.order}
        collected.append(page)
    return collected


def assert_stable(
    es: Elasticsearch, asked: dict[str, Any], size: int, collected: list[Any]
) -> None:
    hits = [hit for page in collected for hit in page["hits"]["hits"]]
    keys = [(hit["_index"], hit["_id"]) for hit in hits]
    assert len(keys) == len(set(keys))
    assert all(len(page["hits"]["hits"]) == size for page in collected[:-2])
    scores = [hit["_score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert len({page["hits"]["max_score"] for page in collected}) == 1
    assert len({page.total for page in collected}) == 1
    matches = es.search(**asked, size=200)["hits"]["hits"]
    if "collapse" not in asked:
        assert {(hit["_index"], hit["_id"]) for hit in matches} <= set(keys)
        total = collected[0].total
        # Rescored scores hold for the list alone: what else it matches is not known, only that it
        # is not more than the total.
        assert len(keys) <= total if "rescore" in asked else len(keys) == total
        return
    groups = [tuple(hit["fields"]["group"]) for hit in hits]
    assert len(groups) == len(set(groups))
    assert {tuple(hit["fields"]["group"]) for hit in matches} <= set(groups)


@pytest.mark.parametrize("collapsed", [False, True], ids=["hits", "groups"])
@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("size", SIZES)
def test_pages(
    shop: HybridClient, es: Elasticsearch, names: Names, size: int, kind: str, collapsed: bool
) -> None:
    """Every match comes once, in falling order, where the window is smaller than the matches."""
    asked: dict[str, Any] = {"index": names.shop, "query": WORDS}
    if collapsed:
        asked["collapse"] = {"field": "group"}
    assert_stable(es, asked, size, pages(shop, size, asked, OPTIONS[kind]))


@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize(
    "index", ["@everything", "@shop,@sale", "@stocked", "@plain", "@shop,@plain"]
)
def test_pages_of_several_indices(
    shop: HybridClient, es: Elasticsearch, names: Names, size: int, index: str
) -> None:
    """The same over aliases and several indices that share ids."""
    asked = names.fill_in({"index": index, "query": WORDS})
    assert_stable(es, asked, size, pages(shop, size, asked, {}))


@pytest.mark.parametrize(
    "more",
    [
        {"post_filter": {"terms": {"colour": ["red", "blue"]}}},
        {"query": {"bool": {"must": [WORDS], "filter": [{"term": {"in_stock": True}}]}}},
        {
            "query": {
                "function_score": {
                    "query": WORDS,
                    "field_value_factor": {"field": "sales"},
                    "boost_mode": "replace",
                }
            }
        },
        {"query": {"constant_score": {"filter": WORDS}}},
        {
            "query": {"match": {"title": "shoe"}},
            "rescore": {
                "window_size": 20,
                "query": {"rescore_query": {"match": {"colour": "red"}}},
            },
        },
        {"query": {"match": {"description": "shoe"}}},
        {"query": {"match": {"title": "qwertz"}}},
    ],
    ids=["post_filter", "filter", "function", "constant", "rescore", "few", "none"],
)
def test_pages_of_other_queries(
    shop: HybridClient, es: Elasticsearch, names: Names, more: dict[str, Any]
) -> None:
    """The same with filters, scores that are equal or zero, and few or no lexical matches."""
    asked: dict[str, Any] = {"index": names.shop, "query": WORDS, **more}
    assert_stable(es, asked, 7, pages(shop, 7, asked, {}))


class ComesAndGoes:
    """Both models, each up or down as told."""

    model = f"hash-{DIMS}"

    def __init__(self) -> None:
        self.up = True
        self._embedder = HashEmbedder(dims=DIMS)

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        if not self.up:
            raise EmbeddingError("down", service="embed", status=503)
        return self._embedder.embed(texts, kind=kind, timeout_s=timeout_s)

    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        if not self.up:
            raise RerankError("down", service="rerank", status=503)
        return [by_checksum(query, text) for text in texts]


@pytest.mark.parametrize("collapsed", [False, True], ids=["hits", "groups"])
@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize("first", [True, False], ids=["up_first", "down_first"])
def test_a_frozen_order(
    es: Elasticsearch, names: Names, size: int, first: bool, collapsed: bool
) -> None:
    """With the token the order holds while both models fail on every other page."""
    models = ComesAndGoes()
    models.up = first
    asked: dict[str, Any] = {"index": names.shop, "query": WORDS}
    if collapsed:
        asked["collapse"] = {"field": "group"}
    with HybridClient(es, settings=patient(), embedder=models, reranker=models) as shop:
        page = shop.search(**asked, size=size, ext={"hybrid": {"window": WINDOW, "order": True}})
        assert (page.hybrid.degraded == ()) == first
        section = {"window": WINDOW, "order": page.hybrid.order}
        collected = [page]
        while collected[-1]["hits"]["hits"]:
            models.up = not models.up
            start = len(collected) * size
            collected.append(shop.search(**asked, from_=start, size=size, ext={"hybrid": section}))
            assert len(collected) <= 80 / size + 2
    assert_stable(es, asked, size, collected)


def test_a_page_of_the_token_is_the_page_without_it(shop: HybridClient, names: Names) -> None:
    """While the models are up, token or not makes no difference."""
    asked: dict[str, Any] = {"index": names.shop, "query": WORDS, "size": 5}
    token = shop.search(**asked, ext={"hybrid": {"window": WINDOW, "order": True}}).hybrid.order
    for start in (0, 5, 10, 25, 60):
        frozen = shop.search(
            **asked, from_=start, ext={"hybrid": {"window": WINDOW, "order": token}}
        )
        free = shop.search(**asked, from_=start, ext={"hybrid": {"window": WINDOW}})
        assert [h["_id"] for h in frozen["hits"]["hits"]] == [
            h["_id"] for h in free["hits"]["hits"]
        ]
        assert frozen["hits"]["total"] == free["hits"]["total"]


@pytest.mark.parametrize(
    "other",
    [
        {"query": {"match": {"title": "tent"}}},
        {"query": {"bool": {"must": [WORDS], "filter": [{"term": {"colour": "red"}}]}}},
        {"post_filter": {"term": {"colour": "red"}}},
        {"index": "@sale"},
        {"collapse": {"field": "group"}},
        {"runtime_mappings": {"x": {"type": "keyword"}}},
        {"rescore": {"window_size": 5, "query": {"rescore_query": WORDS}}},
        {"routing": "elsewhere"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_token_of_another_search(shop: HybridClient, names: Names, other: dict[str, Any]) -> None:
    """A token serves one search only: query, filters, index, groups, whatever chooses hits."""
    asked: dict[str, Any] = {"index": names.shop, "query": WORDS}
    token = shop.search(**asked, ext={"hybrid": {"order": True}}).hybrid.order
    with pytest.raises(RequestError) as caught:
        shop.search(**{**asked, **names.fill_in(other)}, ext={"hybrid": {"order": token}})
    assert caught.value.path == "ext.hybrid.order"


@pytest.mark.parametrize("damage", ["cut", "turned", "grown"])
def test_a_damaged_token(shop: HybridClient, names: Names, damage: str) -> None:
    """A token that a URL has mangled is refused."""
    asked: dict[str, Any] = {"index": names.shop, "query": WORDS}
    token = shop.search(**asked, ext={"hybrid": {"order": True}}).hybrid.order
    assert token is not None
    mangled = {"cut": token[:-9], "turned": token[::-1], "grown": "A" + token}[damage]
    with pytest.raises(RequestError) as caught:
        shop.search(**asked, ext={"hybrid": {"order": mangled}})
    assert caught.value.path == "ext.hybrid.order"
