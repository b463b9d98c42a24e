"""An embedder without a model: texts that share words are similar, and nothing else is."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types import TextKind, Vectors

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUNS = re.compile(rf"([{_HAN}]+)|([^\W_{_HAN}]+)")
_SHORTEST = 8


class HashEmbedder:
    """Embeds texts as the sum of one fixed direction a word; needs nothing, and is always the same.

    Words are folded in case and width. Chinese, written without spaces, counts by its pairs of
    neighbouring characters. Unrelated words are at a cosine of about 0, give or take `dims ** -0.5`.

    Args:
        dims: Length of a vector, 8 or more.
        model: Its name, kept with each product; `hash-64` with 64 dims when `None`.

    Raises:
        ValueError: `dims` is below 8.

    Example:
        >>> texts = ["red shoe", "shoe, RED", "red hat", "连衣裙"]
        >>> rows = HashEmbedder().embed(texts, kind=TextKind.QUERY, timeout_s=1.0)
        >>> [round(float(cosine), 1) for cosine in rows @ rows[0]]
        [1.0, 1.0, 0.6, 0.1]
    """

    def __init__(self, dims: int = 64, *, model: str | None = None) -> None:
        if dims < _SHORTEST:
            raise ValueError(f"{dims} dims cannot keep words apart; use {_SHORTEST} or more")
        self.dims = dims
        self.model = model or f"hash-{dims}"

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return one unit-length row per text.

        Args:
            texts: None of them blank.
            kind: Queries and documents are treated alike.
            timeout_s: Accepted for the contract; a thousand titles take some 10 ms.

        Returns:
            Shape `(len(texts), dims)`, float32.

        Raises:
            ValueError: A text is blank; the message names its position.
        """
        del kind, timeout_s
        rows = np.empty((len(texts), self.dims), dtype=np.float32)
        for position, text in enumerate(texts):
            if not text.strip():
                raise ValueError(f"text {position} of {len(texts)} is blank; leave blank texts out")
            total = np.sum([self._direction(token) for token in _tokens(text)], axis=0)
            rows[position] = total / np.linalg.norm(total)
        return rows

    def _direction(self, token: str) -> NDArray[np.float64]:
        numbers = hashlib.shake_128(token.encode()).digest(self.dims)
        return np.frombuffer(numbers, dtype=np.uint8).astype(np.float64) - 127.5


class AsyncHashEmbedder:
    """The same as `HashEmbedder`, awaited.

    Example:
        >>> import asyncio
        >>> embed = AsyncHashEmbedder().embed(["red shoe"], kind=TextKind.QUERY, timeout_s=1.0)
        >>> asyncio.run(embed).shape
        (1, 64)
    """

    def __init__(self, dims: int = 64, *, model: str | None = None) -> None:
        self._embedder = HashEmbedder(dims, model=model)
        self.dims = dims
        self.model = self._embedder.model

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return one unit-length row per text; see `HashEmbedder.embed`."""
        return self._embedder.embed(texts, kind=kind, timeout_s=timeout_s)


def _tokens(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    found = False
    for match in _RUNS.finditer(folded):
        found = True
        chinese = match[1]
        if chinese is None or len(chinese) == 1:
            yield match[0]
            continue
        yield from (chinese[start : start + 2] for start in range(len(chinese) - 1))
    if not found:
        # Punctuation alone is a text, too, and must not become the zero vector.
        yield folded
