"""The table of what is bought together: one small document a product, in an index of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from es_hybrid.indexing.actions import Action
from es_hybrid.recommend.bought_together import Companion
from es_hybrid.types import Json

__all__ = [
    "TABLE_MAPPINGS",
    "TABLE_SETTINGS",
    "BoughtTogetherReport",
    "read_rows",
    "row_action",
    "strengths_of",
    "table_of",
]

TABLE_SETTINGS: Json = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}
TABLE_MAPPINGS: Json = {
    "dynamic": False,
    "_meta": {"es_hybrid": {"bought_together": 1}},
    "properties": {"with": {"type": "object", "enabled": False}},
}
"""Nothing in it is searched: a row is read by its id."""

_MOST = 200
"""Products that go with a cart, at most."""


@dataclass(frozen=True, slots=True)
class BoughtTogetherReport:
    """What was made of an order log.

    Attributes:
        index: The table's own index; `None` where nothing was written.
        orders: Orders that were read.
        skipped: Records that are no part of an order, or lie outside the days that count.
        products: Products with at least one companion.
        pairs: Companions of all of them.
    """

    index: str | None
    orders: int
    skipped: int
    products: int
    pairs: int

    def __str__(self) -> str:
        where = f" in {self.index}" if self.index else "; nothing was written"
        return (
            f"{self.orders:,} orders, {self.skipped:,} records skipped,"
            f" {self.products:,} products with {self.pairs:,} companions{where}"
        )


def table_of(index: str) -> str | None:
    """Return the alias of an index's table; `None` where the name stands for several indices.

    Example:
        >>> table_of("products"), table_of("shoes,tents")
        ('products-bought-together', None)
    """
    return None if any(sign in index for sign in ",*:") else f"{index}-bought-together"


def row_action(product: str, companions: Sequence[Companion]) -> Action:
    """Return the bulk item of one product's row."""
    row = {"with": [{"id": c.id, "strength": c.strength, "orders": c.orders} for c in companions]}
    head = orjson.dumps({"index": {"_id": product}})
    return Action(product, b"%b\n%b\n" % (head, orjson.dumps(row)))


def read_rows(hits: Iterable[Json], *, table: str) -> dict[str, dict[str, float]]:
    """Return the strengths of companions by product, of hits that come from the table.

    Args:
        hits: Elasticsearch's, of products and rows alike.
        table: Alias of the table.
    """
    return {
        hit["_id"]: {each["id"]: float(each["strength"]) for each in hit["_source"]["with"]}
        for hit in hits
        if hit["_index"].startswith(table) and "with" in hit.get("_source", {})
    }


def strengths_of(
    rows: Mapping[str, Mapping[str, float]], *, without: Iterable[str]
) -> dict[str, float]:
    """Return how strongly products go with a whole cart, the strongest first.

    What goes with several products of it goes with the cart more: `1 - product of (1 - strength)`,
    as if each could be the reason by itself (noisy-or: Pearl, "Probabilistic Reasoning in
    Intelligent Systems", 1988).

    Args:
        rows: Of the products in the cart.
        without: What is in the cart, or was seen.

    Example:
        >>> strengths_of({"a": {"x": 0.5}, "b": {"x": 0.5, "y": 0.6, "a": 0.9}}, without=["a", "b"])
        {'x': 0.75, 'y': 0.6}
    """
    missing: dict[str, float] = {}
    for row in rows.values():
        for id_, strength in row.items():
            missing[id_] = missing.get(id_, 1.0) * (1.0 - strength)
    left_out = set(without)
    found = {id_: 1.0 - rest for id_, rest in missing.items() if id_ not in left_out}
    best = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST]
    return {id_: round(strength, 9) for id_, strength in best if strength > 0.0}
