"""From the records of a feed to chunks of prepared products.

A chunk is what travels through the pipeline together. Chunks are in flight at the same time, so an
id that comes again would race with itself; such a feed is cut into segments, each finished before
the next begins, and the last record of an id wins as it would one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from es_hybrid.indexing.brought import brought_vector
from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.fields import FieldMap, attributes_text
from es_hybrid.indexing.product import document_hash, text_hash
from es_hybrid.indexing.report import Failure
from es_hybrid.indexing.seen import SeenIds
from es_hybrid.protocols import TextBuilder
from es_hybrid.types import Vector

__all__ = ["BadRecord", "Chunk", "Feed", "FeedItem", "Preparation", "Product", "Record", "Rejected"]


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


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot become a product; `source` is `None` where it could not be read."""

    failure: Failure
    source: Mapping[str, Any] | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Products that travel together, each id once.

    Attributes:
        products: In feed order.
        rejected: Records between them that cannot be stored.
        superseded: Records that a later one of the same chunk replaces.
    """

    products: tuple[Product, ...]
    rejected: tuple[Rejected, ...] = ()
    superseded: int = 0


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
    text: TextBuilder
    model: str | None = None
    dims: int | None = None
    vectors: Mapping[str, Vector] | None = None

    def __call__(self, item: FeedItem, *, position: int) -> Product | Rejected:
        """Return the product of a record, or why there is none."""
        if isinstance(item, BadRecord):
            return Rejected(Failure(None, item.line, item.reason), raw=item.raw)
        line, source = (item.line, item.product) if isinstance(item, Record) else (position, item)
        if not isinstance(source, Mapping):
            return Rejected(Failure(None, line, "is not an object with fields"))
        found: str | None = None
        try:
            found = self.fields.id_of(source)
            return self._product(found, line, source)
        except BadValue as error:
            return Rejected(Failure(found, line, str(error)), source)
        except orjson.JSONEncodeError:
            reason = "holds a value that JSON cannot: broken Unicode, or a number over 64 bits"
            return Rejected(Failure(found, line, reason), source)

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
        text = self.text(document)
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
        )

    def _text_hash(self, text: str) -> str:
        return text_hash(text, model=self.model, dims=self.dims, version=self.text.version)


class Feed:
    """Chunks of a feed, in segments that have no id in two chunks.

    Args:
        items: Read lazily, once.
        prepare: Turns a record into a product.
        batch: Products a chunk, at most.
        max_bytes: Bytes of documents a chunk, about.
    """

    def __init__(
        self, items: Iterable[FeedItem], *, prepare: Preparation, batch: int, max_bytes: int
    ) -> None:
        self.done = False
        self.duplicates = 0
        self.duplicate_lines: list[tuple[str, int, int]] = []
        self._prepared = self._prepare_all(items, prepare)
        self._batch, self._max_bytes = batch, max_bytes
        self._seen = SeenIds()
        self._position = 0  # of the last product
        self._came_before = 0  # position at which its id came before; 0: it did not
        self._held: Product | None = None

    @staticmethod
    def _prepare_all(
        items: Iterable[FeedItem], prepare: Preparation
    ) -> Iterator[Product | Rejected]:
        return (prepare(item, position=n) for n, item in enumerate(items, start=1))

    def segment(self) -> Iterator[Chunk]:
        """Yield chunks until the feed ends, or an id comes that an earlier chunk of these has."""
        first = chunk_first = self._position + (self._held is None)
        products: dict[str, Product] = {}
        rejected: list[Rejected] = []
        superseded = size = 0
        while (found := self._next()) is not None:
            if isinstance(found, Rejected):
                rejected.append(found)
            elif first <= self._came_before < chunk_first:
                self._held = found
                break
            else:
                superseded += products.pop(found.id, None) is not None
                products[found.id] = found
                size += len(found.body)
            if len(products) + len(rejected) >= self._batch or size >= self._max_bytes:
                chunk_first = self._position + 1
                yield Chunk(tuple(products.values()), tuple(rejected), superseded)
                products, rejected, superseded, size = {}, [], 0, 0
        if products or rejected:
            yield Chunk(tuple(products.values()), tuple(rejected), superseded)

    def _next(self) -> Product | Rejected | None:
        if self._held is not None:
            held, self._held, self._came_before = self._held, None, 0
            return held
        found = next(self._prepared, None)
        if found is None:
            self.done = True
        elif isinstance(found, Product):
            self._note(found)
        return found

    def _note(self, product: Product) -> None:
        self._position += 1
        before = self._seen.note(product.id, position=self._position, line=product.line)
        self._came_before = 0 if before is None else before[0]
        if before is None:
            return
        self.duplicates += 1
        if len(self.duplicate_lines) < 10:
            self.duplicate_lines.append((product.id, before[1], product.line))
