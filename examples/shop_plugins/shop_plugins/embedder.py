"""An embedder over a function that the shop already has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from es_hybrid import Settings
from es_hybrid.types import TextKind, Vectors
from shop_plugins.model import shop_vectors

_DIMS = 256


def make(settings: Settings) -> ShopEmbedder:
    """Return the embedder for `HybridClient`, with the dims that the settings ask for."""
    return ShopEmbedder(settings.embed.dims or _DIMS)


def make_async(settings: Settings) -> AsyncShopEmbedder:
    """Return the embedder for `AsyncHybridClient`."""
    return AsyncShopEmbedder(settings.embed.dims or _DIMS)


class ShopEmbedder:
    """Turns the shop's lists of numbers into what es_hybrid expects: float32 rows of length 1."""

    def __init__(self, dims: int = _DIMS) -> None:
        self._dims = dims
        # Change the name whenever a text would get another vector, then embed the products again.
        self.model = f"shop-words-{dims}"

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return one unit row a text; a text without a word is refused, as is a blank one."""
        del kind, timeout_s  # queries and products are treated alike, and there is no waiting
        rows = np.array(shop_vectors(list(texts), self._dims), dtype=np.float32)
        rows = rows.reshape(len(texts), self._dims)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if (lengths == 0.0).any():
            raise ValueError(f"text {int(lengths.argmin())} of {len(texts)} has no word in it")
        unit: Vectors = rows / lengths
        return unit


class AsyncShopEmbedder:
    """The same, awaited: the work is done in a thread, so that other searches go on meanwhile."""

    def __init__(self, dims: int = _DIMS) -> None:
        self._embedder = ShopEmbedder(dims)
        self.model = self._embedder.model

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return one unit row a text, or raise `TimeoutError`."""
        async with asyncio.timeout(timeout_s):
            return await asyncio.to_thread(
                self._embedder.embed, texts, kind=kind, timeout_s=timeout_s
            )
