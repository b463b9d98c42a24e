"""Chunks of a feed's products, and which ids it had.

A chunk is what travels through the pipeline together. Chunks are in flight at the same time, so an
id that comes again would race with itself; such a feed is cut into segments, each finished before
the next begins, and the last record of an id wins as it would one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.seen import SeenIds
from es_hybrid.indexing.sources import FeedItem, Prepare, Product, Record, Rejected

__all__ = ["Chunk", "Feed"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Products that travel together, each id once.

    Attributes:
        products: In feed order.
        rejected: Records between them that cannot be stored.
        superseded: Records that a later one of the same chunk replaces.
        taken: Records of the feed up to the end of this chunk, earlier chunks included.
    """

    products: tuple[Product, ...]
    rejected: tuple[Rejected, ...] = ()
    superseded: int = 0
    taken: int = 0


class Feed:
    """Chunks of a feed, in segments that have no id in two chunks.

    Args:
        items: Read lazily, once.
        prepare: Turns a record into a product.
        batch: Products per chunk, at most.
        max_bytes: Bytes of documents a chunk, about.
        skip: Records at the beginning that an earlier run has dealt with; only their ids are read.
        replaces: Whether a record says everything of its product, so that of two in one chunk the
            first need not be looked at.

    Attributes:
        done: Whether the feed was read to its end.
        duplicates: Records whose id came before.
        duplicate_lines: Id and lines of the first of them.
        unnamed: Records without a readable id.
    """

    def __init__(
        self,
        items: Iterable[FeedItem],
        *,
        prepare: Prepare,
        batch: int,
        max_bytes: int,
        skip: int = 0,
        replaces: bool = True,
    ) -> None:
        self.done = False
        self.duplicates = 0
        self.duplicate_lines: list[tuple[str, int, int]] = []
        self.unnamed = 0
        self._items = enumerate(items, start=1)
        self._prepare = prepare
        self._batch, self._max_bytes = batch, max_bytes
        self._skip, self._replaces = skip, replaces
        self._taken = 0
        self._seen = SeenIds()
        self._came_before = 0  # place at which the last product's id came before; 0: it did not
        self._held: Product | None = None

    def __contains__(self, product_id: object) -> bool:
        """Whether an id came, be it in a record that was rejected or passed over."""
        return product_id in self._seen

    def segment(self) -> Iterator[Chunk]:
        """Yield chunks until the feed ends, or an id comes that an earlier chunk of these has."""
        held = self._held is not None
        first = chunk_first = self._taken if held else max(self._taken, self._skip) + 1
        products: dict[str, Product] = {}
        rejected: list[Rejected] = []
        superseded = size = 0
        while (found := self._next()) is not None:
            if isinstance(found, Rejected):
                rejected.append(found)
            elif first <= self._came_before < chunk_first or (
                not self._replaces and found.id in products
            ):
                self._held = found
                break
            else:
                superseded += products.pop(found.id, None) is not None
                products[found.id] = found
                size += len(found.body)
            if len(products) + len(rejected) >= self._batch or size >= self._max_bytes:
                chunk_first = self._taken + 1
                yield Chunk(tuple(products.values()), tuple(rejected), superseded, self._taken)
                products, rejected, superseded, size = {}, [], 0, 0
        if products or rejected:
            taken = self._taken - (self._held is not None)
            yield Chunk(tuple(products.values()), tuple(rejected), superseded, taken)

    def _next(self) -> Product | Rejected | None:
        if self._held is not None:
            held, self._held, self._came_before = self._held, None, 0
            return held
        for position, item in self._items:
            self._taken = position
            if position <= self._skip:
                self._pass_over(position, item)
                continue
            found = self._prepare(item, position=position)
            if isinstance(found, Rejected):
                self._keep(found.failure.id, found.failure.line or position)
            else:
                self._note(found)
            return found
        self.done = True
        return None

    def _pass_over(self, position: int, item: FeedItem) -> None:
        line, source = (item.line, item.product) if isinstance(item, Record) else (position, item)
        try:
            found = self._prepare.fields.id_of(source) if isinstance(source, Mapping) else None
        except BadValue:
            found = None
        self._keep(found, line)

    def _keep(self, product_id: str | None, line: int) -> None:
        """Remember that the feed has an id: a product that cannot be read is not a deleted one."""
        if product_id is None:
            self.unnamed += 1
        elif product_id not in self._seen:
            self._seen.note(product_id, position=self._taken, line=line)

    def _note(self, product: Product) -> None:
        before = self._seen.note(product.id, position=self._taken, line=product.line)
        self._came_before = 0 if before is None else before[0]
        if before is None:
            return
        self.duplicates += 1
        if len(self.duplicate_lines) < 10:
            self.duplicate_lines.append((product.id, before[1], product.line))
