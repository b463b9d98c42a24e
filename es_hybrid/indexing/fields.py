"""From a shop's product to the mapped document: which field goes where, and as what type.

A field that the map names goes where the map says; one that the mapping knows keeps its name; all
others go to `attributes`, so that nothing of an export is lost and none of it grows the mapping.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import orjson

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.coerce import (
    BadValue,
    as_integer,
    as_keyword,
    as_list,
    as_money,
    as_number,
    as_text,
)
from es_hybrid.indexing.dates import as_date
from es_hybrid.types import Json

__all__ = ["OWN_FIELDS", "PRODUCT_FIELDS", "FieldMap", "attributes_text", "field_types", "resolve"]

_KEYWORDS = (
    "id", "sku", "ean", "mpn", "brand", "category_path", "shop", "variant_group", "image_url", "language",
    "currency", "tags",
)  # fmt: skip
PRODUCT_FIELDS: Mapping[str, str] = {
    "title": "text",
    "description": "text",
    "attributes": "flattened",
    **dict.fromkeys(_KEYWORDS, "keyword"),
    **dict.fromkeys(("price",), "double"),
    **dict.fromkeys(("sales_total", "sales_30d", "sales_7d", "clicks_30d", "clicks_7d"), "long"),
    **dict.fromkeys(("review_count", "impressions", "stock"), "long"),
    **dict.fromkeys(("rating", "rating_smoothed", "shop_score", "delivery_days"), "float"),
    **dict.fromkeys(("created_at", "updated_at"), "date"),
}
"""What `mappings/products.json` takes from a product, with the types."""

OWN_FIELDS = frozenset(
    {
        "attributes_text",
        "document_hash",
        "embedding",
        "embedding_dims",
        "embedding_model",
        "embedding_text_hash",
        "feed_time",
    }
)
"""What ingestion writes itself; a source cannot."""

_COERCE: Mapping[str, Callable[[Any], Any]] = {
    "text": as_text,
    "keyword": as_keyword,
    "date": as_date,
    **dict.fromkeys(("double", "float", "half_float"), as_number),
    **dict.fromkeys(("long", "integer", "short", "byte"), as_integer),
}
_LISTS = frozenset({"tags", "ean"})
_MONEY = frozenset({"price"})
_ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where each field of the source goes.

    Attributes:
        sources: Source field by field of the mapping, such as `{"brand": "supplier"}`; a dot
            reaches into an object: `{"brand": "vendor.name"}`.
        id_field: Source field that holds the product's id.
        types: Field types by field of the mapping.

    Example:
        >>> fields = FieldMap.parse("brand=supplier", id_field="sku")
        >>> fields.document({"sku": 7, "supplier": "Xerox", "price": "€ 9,90", "colour": "red"})
        {'brand': 'Xerox', 'sku': '7', 'currency': 'EUR', 'price': 9.9, 'attributes': {'colour': 'red'}}
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    id_field: str = "id"
    types: Mapping[str, str] = field(default_factory=lambda: PRODUCT_FIELDS)

    @classmethod
    def parse(
        cls, spec: str, *, id_field: str = "id", known: Mapping[str, str] = PRODUCT_FIELDS
    ) -> Self:
        """Read `target=source` pairs separated by commas.

        Raises:
            ConfigurationError: A part is no pair, names an unknown field, or names one twice.
        """
        sources: dict[str, str] = {}
        for part in filter(None, (piece.strip() for piece in spec.split(","))):
            target, equals, source = (piece.strip() for piece in part.partition("="))
            if not (equals and target and source):
                raise ConfigurationError(
                    f"field map: {part!r} is not FIELD=SOURCE", hint="such as brand=supplier"
                )
            if target in sources:
                raise ConfigurationError(f"field map: {target!r} is given twice, in {part!r}")
            sources[target] = source
        made = cls(sources=sources, id_field=id_field, types=known)
        made.check()
        return made

    def check(self) -> None:
        """Refuse targets that the mapping does not know.

        Raises:
            ConfigurationError: Names the bad part, a near field, and all that are known.
        """
        known = [name for name in self.types if name not in OWN_FIELDS and name != "id"]
        for target, source in self.sources.items():
            if target in known:
                continue
            if target == "id":
                raise ConfigurationError(
                    f"field map: id={source} is not how the id is named",
                    hint=f"use id_field={source!r}, on the command line --id-field {source}",
                )
            near = difflib.get_close_matches(target, known, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise ConfigurationError(
                f"field map: {target}={source} names the unknown field {target!r}",
                hint=f"{meant}known are {', '.join(sorted(known))}",
            )

    def id_of(self, product: Mapping[str, Any]) -> str:
        """Return the product's id.

        Raises:
            BadValue: It is missing, empty, no single value, or over 512 bytes.
        """
        found = as_keyword(_at(product, self.id_field))
        if found is None:
            raise BadValue(f"no id: field {self.id_field!r} is missing or empty")
        if not isinstance(found, str):
            raise BadValue(f"field {self.id_field!r} holds several ids")
        if len(found.encode("utf-8", "replace")) > 512:
            raise BadValue(f"the id in field {self.id_field!r} is longer than 512 bytes")
        return found

    def document(self, product: Mapping[str, Any]) -> Json:
        """Return the mapped document, without the id and without what ingestion adds.

        Raises:
            BadValue: A value does not fit its field; the message names the field.
        """
        document: Json = {}
        for target, source in self.sources.items():
            self._put(document, target, _at(product, source))
        used = set(self.sources.values())
        rest: Json = {}
        for name, value in product.items():
            if name in used or name == "id" or name in OWN_FIELDS:
                continue
            if name == _ATTRIBUTES and name not in self.sources:
                rest |= _attributes(value)
            elif name in self.types and name not in self.sources:
                self._put(document, name, value)
            elif name != self.id_field:
                rest[name] = value
        if self.id_field != "id" and "id" in product and "id" not in used:
            rest["id"] = product["id"]
        attributes = _clean(document.get(_ATTRIBUTES, {}) | rest)
        if attributes:
            document[_ATTRIBUTES] = attributes
        return document

    def _put(self, document: Json, name: str, value: Any) -> None:
        try:
            if name == _ATTRIBUTES:
                document[name] = document.get(name, {}) | _attributes(value)
                return
            if name in _MONEY:
                value, currency = as_money(value)
                if currency and not document.get("currency"):
                    document["currency"] = currency
            elif name in _LISTS:
                value = as_list(value)
            else:
                value = _COERCE.get(self.types.get(name, ""), _same)(value)
        except BadValue as error:
            raise BadValue(f"field {name!r} {error}") from None
        if value is not None:
            document[name] = value


def attributes_text(attributes: Any) -> str:
    """Return the words of an attribute object's values; numbers and flags say nothing alone.

    Example:
        >>> attributes_text({"colour": "red", "usb": True, "more": {"material": ["wool", 3]}})
        'red wool'
    """
    return " ".join(_words(attributes))


def field_types(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the types of a live mapping's fields that a source may fill."""
    types = {name: str(body.get("type", "object")) for name, body in properties.items()}
    return {
        name: kind
        for name, kind in types.items()
        if name not in OWN_FIELDS and kind != "dense_vector"
    }


def resolve(fields: FieldMap | str | None, *, id_field: str, types: Mapping[str, str]) -> FieldMap:
    """Return the field map of a run, checked against the live mapping's fields.

    Raises:
        ConfigurationError: It names a field that the index has not.
    """
    if not isinstance(fields, FieldMap):
        return FieldMap.parse(fields or "", id_field=id_field, known=types)
    found = replace(fields, types=types)
    found.check()
    return found


def _same(value: Any) -> Any:
    return value if value != "" else None


def _at(product: Mapping[str, Any], path: str) -> Any:
    if path in product:
        return product[path]
    value: Any = product
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def _attributes(value: Any) -> Json:
    """Read an object, a list of name-value objects, either of them as JSON text, or plain text."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {_ATTRIBUTES: value}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (list, tuple)) and all(_is_pair(item) for item in value):
        return {str(item["name"]): item["value"] for item in value}
    return {} if value in (None, "") else {_ATTRIBUTES: value}


def _is_pair(item: Any) -> bool:
    return isinstance(item, Mapping) and {"name", "value"} <= item.keys()


def _clean(value: Any) -> Any:
    """Drop what is empty, at any depth, and make keys ones that Elasticsearch takes."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        pairs = [(_key(k), _clean(v)) for k, v in value.items()]
        return {k: v for k, v in pairs if v not in _EMPTY}
    if isinstance(value, (list, tuple)):
        return [item for item in map(_clean, value) if item not in _EMPTY]
    return value


_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _key(name: Any) -> str:
    return str(name).replace("\0", "").strip() or "_"


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for inner in value.values() for word in _words(inner)]
    if isinstance(value, (list, tuple)):
        return [word for inner in value for word in _words(inner)]
    return []
