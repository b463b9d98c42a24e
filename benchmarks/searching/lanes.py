"""What is measured: the bare client's searches, and ours, as a shop would write them."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from elasticsearch import AsyncElasticsearch, Elasticsearch

from benchmarks.searching.material import AsyncKnownVectors, KnownVectors, Material
from es_hybrid import AsyncHybridClient, HybridClient, Settings
from es_hybrid.testing import AsyncScriptedReranker, ScriptedReranker
from es_hybrid.types import Vector

Found: TypeAlias = tuple[list[str], Mapping[Any, float]]
"""Ids of the page, and milliseconds of each trip where they are known."""

Search: TypeAlias = Callable[[str], Found]
AsyncSearch: TypeAlias = Callable[[str], Awaitable[Found]]

BM25 = "es.search BM25, 10"
KNN_10 = "es.search query+knn, 10"
KNN_100 = "es.search query+knn, 100"
KNN_100_PACKED = "es.search query+knn, 100, base64"
MSEARCH = "es.msearch both legs, 100"
SINGLE = "shop.search single"
WINDOW = "shop.search window scores"
COMPLETE = "shop.search complete scores"
WINDOW_BOOSTS = "shop.search window, boosts"
DEFAULT = "shop.search complete, boosts"
RERANK = "shop.search complete, rerank"
ALL = "shop.search complete, boosts, rerank"

_WINDOW = {"fusion": {"scores": "window"}}
_COMPLETE = {"fusion": {"scores": "complete"}}


@dataclass(frozen=True, slots=True)
class Shape:
    """How the shop searches.

    Attributes:
        index: Alias.
        fields: Of the text query.
        source: Fields of a page's documents.
        boosts: Business boosts, as `ext.hybrid.boosts` takes them.
        packed: Whether the server takes a query vector as base64.
    """

    index: str
    fields: Sequence[str]
    source: Sequence[str]
    boosts: Sequence[Mapping[str, Any]]
    packed: bool

    def query(self, text: str) -> dict[str, Any]:
        """Return the shop's own query."""
        words = {"query": text, "type": "cross_fields", "fields": list(self.fields)}
        return {"multi_match": words}

    def knn(self, vector: Any, k: int) -> dict[str, Any]:
        """Return the kNN section that a shop adds by hand."""
        candidates = max(100, k * 3 // 2)
        return {
            "field": "embedding",
            "query_vector": vector,
            "k": k,
            "num_candidates": candidates,
        }

    def options(self) -> dict[str, dict[str, Any]]:
        """Return our lanes by name: the plan of each and its `ext.hybrid`."""
        boosts = {"boosts": list(self.boosts)}
        return {
            SINGLE: {"plan": "single", "rerank": False},
            WINDOW: {**_WINDOW, "rerank": False},
            COMPLETE: {**_COMPLETE, "rerank": False},
            WINDOW_BOOSTS: {**_WINDOW, **boosts, "rerank": False},
            DEFAULT: {**_COMPLETE, **boosts, "rerank": False},
            RERANK: dict(_COMPLETE),
            ALL: {**_COMPLETE, **boosts},
        }


def raw_arguments(shape: Shape, material: Material) -> dict[str, Callable[[str], dict[str, Any]]]:
    """Return what the bare client's `search` is called with, by lane."""
    lists = {text: vector.tolist() for text, vector in material.vectors.items()}
    packed = {text: _packed(vector) for text, vector in material.vectors.items()}

    def page(text: str, size: int, vector: Any = None) -> dict[str, Any]:
        knn = {} if vector is None else {"knn": shape.knn(vector, size)}
        wanted = {"index": shape.index, "size": size, "source": list(shape.source)}
        return {**wanted, "query": shape.query(text), **knn}

    raw: dict[str, Callable[[str], dict[str, Any]]] = {
        BM25: lambda text: page(text, 10),
        KNN_10: lambda text: page(text, 10, lists[text]),
        KNN_100: lambda text: page(text, 100, lists[text]),
    }
    if shape.packed:
        raw[KNN_100_PACKED] = lambda text: page(text, 100, packed[text])
    return raw


def msearch_arguments(shape: Shape, material: Material) -> Callable[[str], dict[str, Any]]:
    """Return what the bare client's `msearch` is called with: two legs of ids and scores."""

    def arguments(text: str) -> dict[str, Any]:
        vector = material.vectors[text]
        sent = _packed(vector) if shape.packed else vector.tolist()
        lean = {"size": 100, "_source": False}
        searches = [
            {},
            {"query": shape.query(text), **lean},
            {},
            {"knn": shape.knn(sent, 100), **lean},
        ]
        return {"index": shape.index, "searches": searches}

    return arguments


def lanes(es: Elasticsearch, shape: Shape, material: Material) -> dict[str, Search]:
    """Return every lane of the synchronous clients."""

    def raw(arguments: Callable[[str], dict[str, Any]]) -> Search:
        return lambda text: (_ids(es.search(**arguments(text))), {})

    def legs(text: str) -> Found:
        return _ids(es.msearch(**both(text))["responses"][0]), {}

    def ours(options: Mapping[str, Any]) -> Search:
        def search(text: str) -> Found:
            answer = shop.search(**own_arguments(shape, text, options))
            return _ids(answer), dict(answer.hybrid.timings_ms)

        return search

    both = msearch_arguments(shape, material)
    shop = sync_shop(es, material)
    return {
        **{name: raw(arguments) for name, arguments in raw_arguments(shape, material).items()},
        MSEARCH: legs,
        **{name: ours(options) for name, options in shape.options().items()},
    }


def async_lanes(es: AsyncElasticsearch, shape: Shape, material: Material) -> dict[str, AsyncSearch]:
    """Return the lanes that are measured with the asynchronous clients, too."""

    def raw(arguments: Callable[[str], dict[str, Any]]) -> AsyncSearch:
        async def search(text: str) -> Found:
            return _ids(await es.search(**arguments(text))), {}

        return search

    def ours(options: Mapping[str, Any]) -> AsyncSearch:
        async def search(text: str) -> Found:
            answer = await shop.search(**own_arguments(shape, text, options))
            return _ids(answer), dict(answer.hybrid.timings_ms)

        return search

    shop = AsyncHybridClient(
        es,
        settings=Settings(),
        embedder=AsyncKnownVectors(material.vectors),
        reranker=AsyncScriptedReranker(lambda *_: 1.0),
    )
    wanted = shape.options()
    arguments = raw_arguments(shape, material)
    return {KNN_100: raw(arguments[KNN_100]), DEFAULT: ours(wanted[DEFAULT])}


def sync_shop(es: Elasticsearch, material: Material) -> HybridClient:
    """Return our client, with models that take no time."""
    return HybridClient(
        es,
        settings=Settings(),
        embedder=KnownVectors(material.vectors),
        reranker=ScriptedReranker(lambda *_: 1.0),
    )


def own_arguments(shape: Shape, text: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of our `search`: a page of ten, and `ext.hybrid`."""
    return {
        "index": shape.index,
        "size": 10,
        "source": list(shape.source),
        "query": shape.query(text),
        "ext": {"hybrid": dict(options)},
    }


def _ids(answer: Any) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"][:10]]


def _packed(vector: Vector) -> str:
    return base64.b64encode(vector.astype(np.dtype(">f4")).tobytes()).decode("ascii")
