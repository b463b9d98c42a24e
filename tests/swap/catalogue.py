"""The indices that the swap suite searches: as a shop has them, with and without vectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any
from uuid import uuid4

from elasticsearch import Elasticsearch

from es_hybrid.types import Json
from tests.support.shops import DIMS, fill, shop_mapping, shop_products

PLACES = ((48.14, 11.58), (52.52, 13.40), (50.11, 8.68))
"""Warehouses: Munich, Berlin, Frankfurt."""


@dataclass(frozen=True)
class Names:
    """What shapes call `@shop`, `@sale` and so on, on this cluster.

    Attributes:
        shop: 72 products with vectors, one shard.
        sale: 24 products with vectors, two shards; shares ids with `shop`.
        plain: The products of `shop` without vectors and without `_meta`, as a shop starts.
        stocked: Alias of `shop` with a filter: what is in stock.
        everything: Alias of `shop` and `sale`.
        pit: A point in time of `shop`.
        root: What all these names start with.
    """

    shop: str
    sale: str
    plain: str
    stocked: str
    everything: str
    pit: str
    root: str

    def fill_in(self, arguments: Json) -> Json:
        """Return a shape's arguments with this cluster's names in them."""
        return {name: self._filled(value) for name, value in arguments.items()}

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            for name in _NAMES:
                value = value.replace(f"@{name}", getattr(self, name))
            return value
        if isinstance(value, dict):
            return {self._filled(name): self._filled(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(self._filled, value))
        return value


_NAMES = tuple(field.name for field in fields(Names))


def products() -> list[Json]:
    """Return the products, with what else shops keep: places, reviews, tags, missing prices."""
    extended = []
    for number, product in enumerate(shop_products()):
        lat, lon = PLACES[number % 3]
        extra: Json = {
            "warehouse": {"lat": lat + number / 100, "lon": lon},
            "tags": ["outdoor", product["colour"]] if number % 2 else [product["colour"]],
            "ean": f"40{number:011d}",
            "reviews": [
                {"body": f"a very good {product['category']} buy", "stars": 1 + number % 5},
                {"body": "arrived late", "stars": 2},
            ],
            "complete": product["title"],
        }
        whole = {**product, **extra}
        if number % 10 == 9:
            del whole["price"]
        extended.append(whole)
    return extended


def mapping() -> Json:
    """Return the mapping with vectors."""
    base = shop_mapping()
    text = {"type": "text"}
    more: dict[str, Any] = {
        "title": {**text, "fields": {"raw": {"type": "keyword"}}},
        "description": {**text, "term_vector": "with_positions_offsets"},
        "warehouse": {"type": "geo_point"},
        "tags": {"type": "keyword"},
        "ean": {"type": "keyword", "store": True},
        "complete": {"type": "completion"},
        "reviews": {"type": "nested", "properties": {"body": text, "stars": {"type": "integer"}}},
    }
    return {**base, "properties": {**base["properties"], **more}}


def plain_mapping() -> Json:
    """Return the mapping of a shop that has never heard of vectors."""
    properties = mapping()["properties"]
    return {"properties": {name: properties[name] for name in properties if name != "embedding"}}


@contextmanager
def catalogue(es: Elasticsearch) -> Iterator[Names]:
    """Create the indices, and delete them after the session."""
    root = f"test-swap-{uuid4().hex[:10]}"
    shop, sale, plain = f"{root}-shop", f"{root}-sale", f"{root}-plain"
    assert mapping()["_meta"]["es_hybrid"]["dims"] == DIMS
    goods = products()
    try:
        fill(es, shop, goods, mapping=mapping())
        fill(es, sale, [{**p, "price": 5.0} for p in goods[::3]], mapping=mapping(), shards=2)
        ids = [product["id"] for product in goods]
        fill(es, plain, goods, mapping=plain_mapping(), without_vector=ids)
        es.indices.update_aliases(
            actions=[
                {
                    "add": {
                        "index": shop,
                        "alias": f"{root}-stocked",
                        "filter": {"term": {"in_stock": True}},
                    }
                },
                {"add": {"indices": [shop, sale], "alias": f"{root}-everything"}},
            ]
        )
        pit = es.open_point_in_time(index=shop, keep_alive="5m")["id"]
        yield Names(shop, sale, plain, f"{root}-stocked", f"{root}-everything", pit, root)
        es.options(ignore_status=404).close_point_in_time(id=pit)
    finally:
        es.options(ignore_status=404).indices.delete(index=[shop, sale, plain])
