"""Which stored products need a vector, and how it is written without touching anything newer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from es_hybrid.indexing.actions import Action, VectorFields
from es_hybrid.indexing.product import BudgetedText, text_hash
from es_hybrid.types import Json, Vector

__all__ = [
    "NOT_READ",
    "StoredProduct",
    "WarmProductsReport",
    "WarmTally",
    "is_overtaken",
    "read_products_of",
    "vector_update",
]

NOT_READ = ("attributes_text", "document_hash")
"""Fields that no text is built from; a vector is left out too, by its own name."""


class StoredProduct(NamedTuple):
    """A product as the index holds it, with the text that its vector should be of.

    Attributes:
        id: Its `_id`.
        text: What is embedded; empty when there is nothing.
        text_hash: Identifies the vector that belongs to the text.
        held: Identifies the vector that is there; `None` without one.
        was_cut: Whether the text would be longer without a budget.
        seq_no: Of the document as it was read.
        primary_term: Of the document as it was read.
    """

    id: str
    text: str
    text_hash: str
    held: str | None
    seq_no: int
    primary_term: int
    was_cut: bool = False

    @property
    def needs_vector(self) -> bool:
        """Whether there is none, or that of another text, model, length or way to build texts."""
        return bool(self.text) and self.held != self.text_hash


@dataclass(frozen=True, slots=True)
class WarmProductsReport:
    """What `warm_products` did.

    Attributes:
        products: Products that were looked at.
        computed: Vectors that were computed and stored.
        up_to_date: Products whose vector was right already.
        without_text: Products with nothing to embed.
        cut_texts: Products whose text is longer than what is embedded; see `IngestReport`.
        overtaken: Products that changed in the meantime, and were left as they are.
        missing: Ids that the index does not have.
        failed: Products without a right vector, because the embedder or Elasticsearch failed.
        reason: The first failure.
    """

    products: int = 0
    computed: int = 0
    up_to_date: int = 0
    without_text: int = 0
    cut_texts: int = 0
    overtaken: int = 0
    missing: int = 0
    failed: int = 0
    reason: str = ""

    def __str__(self) -> str:
        said = (
            f"{self.products:,} products: {self.computed:,} computed, {self.up_to_date:,} up to"
            f" date, {self.without_text:,} without text, {self.overtaken:,} changed meanwhile,"
            f" {self.missing:,} not there, {self.failed:,} failed"
        )
        return f"{said} ({self.reason})" if self.reason else said


@dataclass(slots=True)
class WarmTally:
    """Counts a run as it goes on."""

    products: int = 0
    computed: int = 0
    up_to_date: int = 0
    without_text: int = 0
    cut_texts: int = 0
    overtaken: int = 0
    missing: int = 0
    failed: int = 0
    reason: str = ""

    def read(self, products: Sequence[StoredProduct], *, missing: int = 0) -> None:
        """Count what was read."""
        self.products += len(products)
        self.missing += missing
        self.without_text += sum(not product.text for product in products)
        self.cut_texts += sum(product.was_cut for product in products)
        self.up_to_date += sum(bool(p.text) and not p.needs_vector for p in products)

    def settle(self, reasons: Iterable[str | None]) -> None:
        """Count what came of each product that lacked a vector: `None`, or why it has none."""
        for reason in reasons:
            if reason is None:
                self.computed += 1
            elif is_overtaken(reason):
                self.overtaken += 1
            else:
                self.failed += 1
                self.reason = self.reason or reason

    def report(self) -> WarmProductsReport:
        """Return the numbers so far."""
        return WarmProductsReport(**{name: getattr(self, name) for name in self.__slots__})


def read_products_of(
    hits: Iterable[Mapping[str, Any]],
    *,
    build: BudgetedText,
    model: str | None,
    dims: int | None,
) -> list[StoredProduct]:
    """Return the products of a page of hits, or of an `_mget` answer.

    Args:
        hits: With `_source`, `_seq_no` and `_primary_term`; those without `_source` are not there.
        build: Builds the text, as ingestion does.
        model: Names the model of the index's vectors.
        dims: Their length.
    """
    found = []
    for hit in hits:
        source = hit.get("_source")
        if source is None:
            continue
        text, was_cut = build.cut(source)
        found.append(
            StoredProduct(
                id=str(hit["_id"]),
                text=text,
                text_hash=text_hash(text, model=model, dims=dims, version=build.version),
                held=source.get("embedding_text_hash"),
                seq_no=int(hit["_seq_no"]),
                primary_term=int(hit["_primary_term"]),
                was_cut=was_cut,
            )
        )
    return found


def vector_update(product: StoredProduct, vector: Vector, fields: VectorFields) -> Action:
    r"""Return the bulk item that gives a product its vector, if it is still what was read.

    Example:
        >>> import numpy as np
        >>> product = StoredProduct("7", "Boot", "hash", None, seq_no=3, primary_term=1)
        >>> fields = VectorFields("embedding", "m", packed=False)
        >>> vector_update(product, np.ones(1, np.float32), fields).lines[:64]
        b'{"update":{"_id":"7","if_seq_no":3,"if_primary_term":1}}\n{"doc":'
    """
    head: Json = {
        "_id": product.id,
        "if_seq_no": product.seq_no,
        "if_primary_term": product.primary_term,
    }
    added = fields.of(vector, text_hash=product.text_hash)
    lines = (
        orjson.dumps({"update": head}),
        orjson.dumps({"doc": added}, option=orjson.OPT_SERIALIZE_NUMPY),
    )
    return Action(product.id, b"%b\n%b\n" % lines)


def is_overtaken(reason: str) -> bool:
    """Say whether an update was refused because the product is no longer what was read.

    Example:
        >>> is_overtaken("409 version_conflict_engine_exception: …"), is_overtaken("429 busy")
        (True, False)
    """
    return reason.startswith(("409 ", "404 "))
