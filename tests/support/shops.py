"""A small shop on the real cluster: products, an index, clients of both flavours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid.testing import AsyncHashEmbedder, HashEmbedder
from es_hybrid.types import TextKind
from tests.support.waiting import patient

DIMS = 64

_KINDS = (
    ("trail running shoe", "shoes", "light shoe with deep lugs for muddy hills"),
    ("road running shoe", "shoes", "cushioned shoe for long asphalt miles"),
    ("leather walking boot", "shoes", "sturdy boot that keeps ankles dry"),
    ("down sleeping bag", "camping", "warm bag for cold nights outside"),
    ("two person tent", "camping", "storm proof shelter with a porch"),
    ("camping stove", "camping", "gas burner that boils water fast"),
    ("wireless earphones", "audio", "music without cables for thirty hours"),
    ("noise cancelling headphones", "audio", "quiet listening on a plane"),
)
_BRANDS = ("Fellgate", "Norvik", "Ostara")
_COLOURS = ("red", "blue", "black")


def shop_products() -> list[dict[str, Any]]:
    """Return 72 products: 8 kinds of 3 brands in 3 colours, each its own price and sales."""
    products = []
    for kind, (title, category, description) in enumerate(_KINDS):
        for maker, brand in enumerate(_BRANDS):
            for tone, colour in enumerate(_COLOURS):
                number = kind * 9 + maker * 3 + tone
                products.append(
                    {
                        "id": f"p{number:02d}",
                        "title": f"{brand} {title} {colour}",
                        "description": description,
                        "brand": brand,
                        "category": category,
                        "colour": colour,
                        "group": f"g{kind}-{maker}",
                        "sku": f"{brand[:2].upper()}-{kind}{maker}{tone}00X",
                        "price": 10.0 + 7 * number % 90,
                        "sales": number * 13 % 100,
                        "in_stock": number % 4 != 0,
                        "created": f"2026-{1 + number % 9:02d}-15",
                        "sizes": [{"size": 40 + tone, "left": number % 5}],
                    }
                )
    return products


def shop_mapping(*, dims: int = DIMS, kind: str = "int8_hnsw") -> dict[str, Any]:
    """Return the mapping of a shop's own index, with vectors."""
    text = {"type": "text"}
    keyword = {"type": "keyword"}
    return {
        "_meta": {
            "es_hybrid": {
                "id_field": "id",
                "vector_field": "embedding",
                "model": f"hash-{dims}",
                "dims": dims,
                "code_fields": ["sku", "id"],
                "search_fields": ["title^3", "brand.text^2", "description"],
                "rerank_fields": ["title", "description"],
            }
        },
        "properties": {
            "id": keyword,
            "title": text,
            "description": text,
            "brand": {**keyword, "fields": {"text": text}},
            "category": keyword,
            "colour": keyword,
            "group": keyword,
            "sku": keyword,
            "price": {"type": "float"},
            "sales": {"type": "integer"},
            "in_stock": {"type": "boolean"},
            "created": {"type": "date"},
            "sizes": {
                "type": "nested",
                "properties": {"size": {"type": "integer"}, "left": {"type": "integer"}},
            },
            "embedding": {
                "type": "dense_vector",
                "dims": dims,
                "index": True,
                "similarity": "cosine",
                "index_options": {"type": kind},
            },
        },
    }


def fill(
    es: Elasticsearch,
    name: str,
    products: Sequence[Mapping[str, Any]],
    *,
    mapping: Mapping[str, Any] | None = None,
    without_vector: Sequence[str] = (),
    shards: int = 1,
) -> None:
    """Create an index and store products with the hash embedder's vectors."""
    es.indices.create(
        index=name,
        mappings=mapping or shop_mapping(),
        settings={"number_of_shards": shards, "number_of_replicas": 0},
    )
    texts = [f"{product['title']}. {product['description']}" for product in products]
    vectors = HashEmbedder(dims=DIMS).embed(texts, kind=TextKind.DOCUMENT, timeout_s=10)
    operations: list[Mapping[str, Any]] = []
    for product, vector in zip(products, vectors, strict=True):
        operations.append({"index": {"_id": product["id"]}})
        bare = product["id"] in without_vector
        operations.append(product if bare else {**product, "embedding": vector.tolist()})
    answer = es.bulk(index=name, operations=operations, refresh=True)
    assert not answer["errors"], answer


@pytest.fixture(scope="session")
def products_index(es: Elasticsearch) -> Iterator[str]:
    """The shop's 72 products, each with a vector; read only."""
    name = f"test-shop-{uuid4().hex[:12]}"
    fill(es, name, shop_products())
    yield name
    es.indices.delete(index=name)


@pytest.fixture(scope="session")
def half_embedded_index(es: Elasticsearch) -> Iterator[str]:
    """The same products, every second one without a vector; read only."""
    name = f"test-half-{uuid4().hex[:12]}"
    products = shop_products()
    fill(es, name, products, without_vector=[product["id"] for product in products[::2]])
    yield name
    es.indices.delete(index=name)


@pytest.fixture
def make_index(es: Elasticsearch) -> Iterator[Callable[..., str]]:
    """Make indices of this test's own: `make_index(shards=3)`; they go with the test."""
    made: list[str] = []

    def make(products: Sequence[Mapping[str, Any]] | None = None, **options: Any) -> str:
        name = f"test-own-{uuid4().hex[:12]}"
        made.append(name)
        fill(es, name, shop_products() if products is None else products, **options)
        return name

    yield make
    for name in made:
        es.indices.delete(index=name, ignore_unavailable=True)


@pytest.fixture
def open_shop(es: Elasticsearch) -> Iterator[Callable[..., HybridClient]]:
    """Open sync clients with the hash embedder; they close with the test."""
    with ExitStack() as stack:

        def open_one(*, embedder: Any = "hash", **options: Any) -> HybridClient:
            chosen = HashEmbedder(dims=DIMS) if embedder == "hash" else embedder
            options.setdefault("settings", patient())
            return stack.enter_context(HybridClient(es, embedder=chosen, **options))

        yield open_one


@pytest.fixture
async def async_open_shop(
    async_es: AsyncElasticsearch,
) -> AsyncIterator[Callable[..., AsyncHybridClient]]:
    """Open async clients with the hash embedder; they close with the test."""
    async with AsyncExitStack() as stack:
        opened: list[AsyncHybridClient] = []

        def open_one(*, embedder: Any = "hash", **options: Any) -> AsyncHybridClient:
            chosen = AsyncHashEmbedder(dims=DIMS) if embedder == "hash" else embedder
            options.setdefault("settings", patient())
            client = AsyncHybridClient(async_es, embedder=chosen, **options)
            stack.push_async_callback(client.close)
            opened.append(client)
            return client

        yield open_one
