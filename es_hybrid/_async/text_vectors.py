"""The vectors of a run's texts: those that are known are taken, the others are made, once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from es_hybrid._async.vectors import AsyncTextVectors
from es_hybrid._cache import LruCache
from es_hybrid._logging import get_logger
from es_hybrid.errors import HybridError
from es_hybrid.indexing.sources import Product
from es_hybrid.indexing.vector_homes import sound
from es_hybrid.protocols import AsyncVectorStore
from es_hybrid.types import Vector
from es_hybrid.wire.packed import pack_vector, unpack_vector

_log = get_logger("es_hybrid.ingest")


class AsyncKnownVectors:
    """Gives each product the vector of its text: one of this run, one that is stored, a new one.

    A store that fails is not asked again in this run: its vectors are made anew, and the report
    says so.

    Args:
        embedder: Makes what is not known; `None` when there is none.
        dims: Length that the index takes.
        own: The products of the index itself.
        store: Where else vectors are, with what to call it; new ones are put there.
        memory_bytes: For the vectors of this run.
    """

    def __init__(
        self,
        embedder: AsyncTextVectors | None,
        *,
        dims: int,
        own: AsyncVectorStore,
        store: tuple[str, AsyncVectorStore] | None,
        memory_bytes: int,
    ) -> None:
        self._embedder = embedder
        self._dims = dims
        self._own = own
        self._store_name = store[0] if store else ""
        self._store = store[1] if store else None
        self._memory = LruCache(max_bytes=memory_bytes, ttl_s=float("inf"))
        self._trouble: str | None = None

    @property
    def troubles(self) -> list[str]:
        """What went wrong, for the report."""
        found = []
        if self._embedder is not None and self._embedder.trouble is not None:
            found.append(f"the embedder failed: {self._embedder.trouble}")
        if self._trouble is not None:
            found.append(f"vectors_from {self._store_name} failed: {self._trouble}")
        return found

    async def of(
        self, products: Sequence[Product], *, look_up: bool
    ) -> tuple[list[Vector | str | None], list[bool]]:
        """Return for each product a vector or why there is none, and whether it was known.

        Args:
            products: With a text each.
            look_up: Whether the index itself may have some.
        """
        first: dict[str, int] = {}  # by text hash: the product that a text is embedded for
        for place, product in enumerate(products):
            first.setdefault(product.text_hash or "", place)
        known = await self._known(list(first), look_up=look_up)
        missing = [place for key, place in first.items() if key not in known]
        made: dict[str, Vector | str] = {}
        if self._embedder is not None and missing:
            vectors = await self._embedder.of([products[place].text for place in missing])
            made = {
                products[place].text_hash or "": vector
                for place, vector in zip(missing, vectors, strict=True)
            }
            await self._keep({k: v for k, v in made.items() if not isinstance(v, str)})
        found: list[Vector | str | None] = []
        reused = []
        for place, product in enumerate(products):
            key = product.text_hash or ""
            vector = known[key] if key in known else made.get(key)
            found.append(vector)
            reused.append(key in known or (first[key] != place and not isinstance(vector, str)))
        return found, [old and new is not None for old, new in zip(reused, found, strict=True)]

    async def _known(self, keys: Sequence[str], *, look_up: bool) -> dict[str, Vector]:
        packed = self._memory.get_many([key.encode() for key in keys], now=time.monotonic())
        known = {key.decode(): unpack_vector(value) for key, value in packed.items()}
        found = {key: vector for key, vector in known.items() if vector is not None}
        if look_up:
            left = [key for key in keys if key not in found]
            found |= sound(await self._own.get_many(left), dims=self._dims)
        left = [key for key in keys if key not in found]
        if self._store is not None and left:
            try:
                found |= sound(await self._store.get_many(left), dims=self._dims)
            except Exception as error:  # noqa: BLE001 - a store may raise anything
                self._leave_store(error)
        self._remember(found)
        return found

    async def _keep(self, made: Mapping[str, Vector]) -> None:
        self._remember(made)
        if self._store is None or not made:
            return
        try:
            await self._store.put_many(made)
        except Exception as error:  # noqa: BLE001 - a store may raise anything
            self._leave_store(error)

    def _remember(self, vectors: Mapping[str, Vector]) -> None:
        packed = {key.encode(): pack_vector(vector) for key, vector in vectors.items()}
        self._memory.put_many(packed, now=time.monotonic())

    def _leave_store(self, error: Exception) -> None:
        self._store = None
        self._trouble = str(error) if isinstance(error, HybridError) else type(error).__name__
        _log.warning("ingest.store_failed", store=self._store_name, error=type(error).__name__)
