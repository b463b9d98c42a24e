"""What of an index a page can show, filter by and boost, read from its mapping and its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_hybrid.query.schema import IndexSchema, Money
from es_hybrid.types import Json
from es_hybrid.ui.boosts import choose_boosts

__all__ = ["RATING", "Catalogue", "facet_candidates", "fields_of", "read_catalogue"]

RATING = "rating"
"""Field of a product's stars."""

_TITLES = ("title", "name", "product_name", "product_title")
_IMAGES = ("image_url", "image", "images", "picture", "thumbnail", "img_url")
_BRANDS = ("brand", "supplier", "manufacturer", "maker", "vendor")
_FACETS_FIRST = (*_BRANDS, "category_path", "category", "categories", "language", "colour", "color")
_CODES = ("id", "sku", "ean", "mpn", "gtin", "asin", "hash", "group", "model", "url", "currency")
_NO_ATTRIBUTES = (*_CODES, "language")
_TEXT_COPY = "_text"
_MOST_CANDIDATES = 24
_MOST_FACETS = 4
_MOST_VALUES = 2000


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What an index holds, as far as a page needs to know.

    Attributes:
        title: Field of a product's name.
        image: Field of a picture's address, where there is one.
        price: Field of the price, where there is one.
        currency: Field of the price's currency, where there is one.
        details: Further fields on a card, in order.
        facets: Keyword fields that are worth filtering by.
        boosts: Boosts that its numbers allow, as `ext.hybrid.boosts`.
        money: What the mapping says of its prices.
        attributes: Fields of short values that describe a product, such as its category.
        texts: Fields of longer texts, such as a description.
    """

    title: str
    image: str | None = None
    price: str | None = None
    currency: str | None = None
    details: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    boosts: tuple[Json, ...] = ()
    money: Money | None = None
    attributes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def shown(self) -> list[str]:
        """The fields that a page asks of each product."""
        found = (self.title, self.image, self.price, self.currency, *self.details)
        return [name for name in found if name]


def fields_of(mapping: Mapping[str, Any]) -> dict[str, str]:
    """Return the type of each field of a mapping by its dotted name, multi-fields left out.

    Example:
        >>> fields_of({"properties": {"brand": {"type": "keyword"}}})
        {'brand': 'keyword'}
    """
    return dict(_fields(mapping.get("properties", {})))


def facet_candidates(fields: Mapping[str, str]) -> list[str]:
    """Return the fields whose values may be worth counting, the likeliest first.

    Example:
        >>> facet_candidates({"sku": "keyword", "material": "keyword", "brand": "keyword"})
        ['brand', 'material']
    """
    names = [
        name
        for name, kind in fields.items()
        if kind in ("keyword", "boolean") and not name.lower().endswith(_CODES)
    ]
    first = [name for name in _FACETS_FIRST if name in names]
    return [*first, *(name for name in names if name not in first)][:_MOST_CANDIDATES]


def read_catalogue(
    fields: Mapping[str, str],
    *,
    schema: IndexSchema,
    values: Mapping[str, int],
    numbers: Mapping[str, Any],
    facets: Sequence[str] = (),
) -> Catalogue:
    """Return what the pages show of an index.

    Args:
        fields: As `fields_of` returns them.
        schema: What a search knows of the index.
        values: How many values each of `facet_candidates` has.
        numbers: As `boosts.index_numbers` returns them.
        facets: Fields to filter by, where the shop names them.

    Example:
        >>> read_catalogue({"name": "text"}, schema=IndexSchema(), values={}, numbers={}).title
        'name'
    """
    searched = [name.partition("^")[0] for name in schema.search_fields]
    title = _first((*_TITLES, *searched), fields) or next(iter(fields), "title")
    worth = [name for name in facet_candidates(fields) if 2 <= values.get(name, 0) <= _MOST_VALUES]
    brand = _first(_BRANDS, fields)
    image = _first(_IMAGES, fields)
    described = [name for name in _describing(fields) if name not in (title, image)]
    rating = RATING if RATING in fields else None
    return Catalogue(
        title=title,
        image=image,
        price=_first(("price",), fields),
        currency=_first(("currency",), fields),
        details=tuple(name for name in (brand, rating) if name and name != title),
        facets=tuple(facets) or tuple(worth[:_MOST_FACETS]),
        boosts=tuple(choose_boosts(numbers)),
        money=schema.money,
        attributes=tuple(name for name in described if fields[name] != "text"),
        texts=tuple(name for name in described if fields[name] == "text"),
    )


def _describing(fields: Mapping[str, str]) -> list[str]:
    """Return the fields that tell a person what a product is, the likeliest first."""
    kinds = ("keyword", "boolean", "flattened", "text")
    names = [
        name
        for name, kind in fields.items()
        if kind in kinds and not name.lower().endswith((*_NO_ATTRIBUTES, _TEXT_COPY))
    ]
    first = [name for name in _FACETS_FIRST if name in names]
    return [*first, *(name for name in names if name not in first)]


def _first(names: Sequence[str], fields: Mapping[str, str]) -> str | None:
    return next((name for name in names if name in fields), None)


def _fields(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in properties.items():
        if "type" in field and field.get("type") not in ("nested", "object"):
            counted = field.get("doc_values") is not False
            kind = str(field["type"])
            yield f"{prefix}{name}", kind if counted or kind != "keyword" else "stored"
        elif field.get("type") != "nested":
            yield from _fields(field.get("properties", {}), f"{prefix}{name}.")
