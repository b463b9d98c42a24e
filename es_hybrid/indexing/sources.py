"""From a record of a feed to a product that is ready to be compared, embedded and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import orjson

from es_hybrid.indexing.brought import brought_vector
from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.fields import FieldMap, attributes_text
from es_hybrid.indexing.product import BudgetedText, document_hash, text_hash
from es_hybrid.indexing.report import Failure
from es_hybrid.types import Vector

__all__ = [
    "BadRecord",
    "FeedItem",
    "Preparation",
    "Prepare",
    "Product",
    "Record",
    "Rejected",
    "prepared",
]


@dataclass(frozen=True, slots=True)
class Record:
    """One product of a file, with the line it stands in."""

    line: int
    product: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A part of a file that is no product.

    Attributes:
        line: Where it begins, from 1.
        reason: What is wrong with it.
        raw: The text itself, where it is short enough to keep for mending.
    """

    line: int
    reason: str
    raw: str | None = None


FeedItem: TypeAlias = Mapping[str, Any] | Record | BadRecord
"""What a feed is made of: products, with or without their lines, and what could not be read."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product that is ready to be compared, embedded and written.

    Attributes:
        id: Its `_id`.
        line: Where it stands in the feed.
        source: The record as it came, for the dead-letter file.
        body: The document as JSON, without what the vector adds.
        document_hash: Identifies the content.
        text: What is embedded; empty when there is nothing, or vectors are off.
        text_hash: Identifies the vector that belongs to the text; `None` without text.
        vector: Brought along, float32, shape `(dims,)`.
        note: Why a vector that was brought along cannot be used.
        was_cut: Whether the text would be longer without a budget.
    """

    id: str
    line: int
    source: Mapping[str, Any]
    body: bytes
    document_hash: str
    text: str = ""
    text_hash: str | None = None
    vector: Vector | None = None
    note: str | None = None
    was_cut: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot become a product; `source` is `None` where it could not be read."""

    failure: Failure
    source: Mapping[str, Any] | None = None
    raw: str | None = None


class Prepare(Protocol):
    """Turns a record into what travels through a pipeline."""

    @property
    def fields(self) -> FieldMap:
        """Where each source field goes."""
        ...

    def __call__(self, item: FeedItem, *, position: int) -> Product | Rejected:
        """Return the product of a record, or why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a record becomes a product.

    Attributes:
        fields: Where each source field goes.
        text: Builds the text to embed.
        model: Names the model of the index's vectors.
        dims: Their length; `None` when the index has no vectors.
        vectors: Vectors brought along, by id.
    """

    fields: FieldMap
    text: BudgetedText
    model: str | None = None
    dims: int | None = None
    vectors: Mapping[str, Vector] | None = None

    def __call__(self, item: FeedItem, *, position: int) -> Product | Rejected:
        """Return the product of a record, or why there is none."""
        return prepared(item, position=position, id_of=self.fields.id_of, make=self._product)

    def _product(self, product_id: str, line: int, source: Mapping[str, Any]) -> Product:
        document = self.fields.document(source)
        document["id"] = product_id
        content = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)  # whatever the columns' order
        words = attributes_text(document.get("attributes"))
        if words:
            document["attributes_text"] = words
        body = orjson.dumps(document)
        if self.dims is None:
            return Product(product_id, line, source, body, document_hash(content))
        vector, note = brought_vector(product_id, source, vectors=self.vectors, dims=self.dims)
        text, was_cut = self.text.cut(document)
        return Product(
            id=product_id,
            line=line,
            source=source,
            body=body,
            document_hash=document_hash(
                content, vector=b"" if vector is None else vector.tobytes()
            ),
            text=text,
            text_hash=self._text_hash(text) if text or vector is not None else None,
            vector=vector,
            note=note,
            was_cut=was_cut and vector is None,
        )

    def _text_hash(self, text: str) -> str:
        return text_hash(text, model=self.model, dims=self.dims, version=self.text.version)


def prepared(
    item: FeedItem,
    *,
    position: int,
    id_of: Callable[[Mapping[str, Any]], str],
    make: Callable[[str, int, Mapping[str, Any]], Product],
) -> Product | Rejected:
    """Return what `make` gives for a record's id, line and fields, or why there is nothing.

    Args:
        item: Of a feed.
        position: Its place, where it has no line.
        id_of: Returns a record's id.
        make: As `id_of`, raises `BadValue` for what cannot be.
    """
    if isinstance(item, BadRecord):
        return Rejected(Failure(None, item.line, item.reason), raw=item.raw)
    line, source = (item.line, item.product) if isinstance(item, Record) else (position, item)
    if not isinstance(source, Mapping):
        return Rejected(Failure(None, line, "is not an object with fields"))
    found: str | None = None
    try:
        found = id_of(source)
        return make(found, line, source)
    except BadValue as error:
        return Rejected(Failure(found, line, str(error)), source)
    except orjson.JSONEncodeError:
        reason = "holds a value that JSON cannot: broken Unicode, or a number over 64 bits"
        return Rejected(Failure(found, line, reason), source)
