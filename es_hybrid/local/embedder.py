"""The embedded embedder: WordLlama's token vectors, averaged. English; 15,000 short texts a second.

Case and width are folded first, in queries and products alike: without context, `TV` and `tv` are two
unrelated tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from es_hybrid.local.model import StaticModel
from es_hybrid.types import TextKind, Vectors

__all__ = ["EMBEDDER_MODEL", "AsyncWordLlamaEmbedder", "WordLlamaEmbedder"]

EMBEDDER_MODEL = "wordllama-256"
_TINY = float(np.finfo(np.float32).tiny)


class WordLlamaEmbedder:
    """Embeds texts in process: no server, no download, no GPU.

    Args:
        model: Loaded weights to share with a reranker; read from the installed package when `None`.

    Raises:
        ConfigurationError: The extra `local` is not installed.

    Example:
        >>> embedder = WordLlamaEmbedder()
        >>> embedder.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=1.0).shape
        (1, 256)
    """

    model = EMBEDDER_MODEL

    def __init__(self, model: StaticModel | None = None) -> None:
        self._model = model or StaticModel.load()

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return self._model.dims

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return the normalised mean of each text's token vectors.

        Args:
            texts: None of them blank: the mean of nothing has no direction.
            kind: Queries and documents are treated alike.
            timeout_s: Accepted for the contract; 1,000 product texts take about 0.1 s.

        Returns:
            Unit rows, shape `(len(texts), 256)`.

        Raises:
            ValueError: A text is blank; the message names its position.
        """
        del kind, timeout_s
        rows, _ = self.embed_counted(texts)
        return rows

    def embed_counted(self, texts: Sequence[str]) -> tuple[Vectors, int]:
        """Return what `embed` returns, and the number of tokens read.

        Raises:
            ValueError: A text is blank; the message names its position.
        """
        for position, text in enumerate(texts):
            if not text.strip():
                raise ValueError(f"text {position} of {len(texts)} is blank; leave blank texts out")
        ids = self._model.token_ids(texts)
        rows = np.empty((len(texts), self.dims), dtype=np.float32)
        for row, tokens in zip(rows, ids, strict=True):
            # One text at a time: its vector must not depend on the texts that came with it.
            total = self._model.vectors[tokens].sum(axis=0)
            row[:] = total / max(float(np.linalg.norm(total)), _TINY)
        return rows, sum(map(len, ids))


class AsyncWordLlamaEmbedder:
    """The same as `WordLlamaEmbedder`, awaited; the work itself is too short to hand to a thread.

    Example:
        >>> import asyncio
        >>> texts = ["red shoe"]
        >>> embed = AsyncWordLlamaEmbedder().embed(texts, kind=TextKind.QUERY, timeout_s=1.0)
        >>> asyncio.run(embed).shape
        (1, 256)
    """

    model = EMBEDDER_MODEL

    def __init__(self, model: StaticModel | None = None) -> None:
        self._embedder = WordLlamaEmbedder(model)

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return unit rows, shape `(len(texts), 256)`; see `WordLlamaEmbedder.embed`."""
        return self._embedder.embed(texts, kind=kind, timeout_s=timeout_s)
