"""Asks a model the golden question; what the answers mean is decided in `golden`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from es_hybrid.golden import QUERY, TEXTS, Similarities
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker
from es_hybrid.types import TextKind


async def probe_embedder(embedder: AsyncEmbedder, *, timeout_s: float) -> Similarities:
    """Return how near the golden query is to each golden text, and batches to single texts.

    Args:
        embedder: Any.
        timeout_s: Seconds for each of three calls.

    Raises:
        ServiceError: The embedder's own; a plug-in may raise anything.
    """

    async def rows(texts: Sequence[str], kind: TextKind) -> NDArray[np.float64]:
        found = await embedder.embed(texts, kind=kind, timeout_s=timeout_s)
        wide = np.asarray(found, dtype=np.float64)
        units: NDArray[np.float64] = wide / np.linalg.norm(wide, axis=1, keepdims=True)
        return units

    query = (await rows([QUERY], TextKind.QUERY))[0]
    texts = await rows([*TEXTS, *reversed(TEXTS)], TextKind.DOCUMENT)
    alone = (await rows([TEXTS[0]], TextKind.DOCUMENT))[0]
    return Similarities(
        cosines=[float(row @ query) for row in texts[: len(TEXTS)]],
        dims=len(query),
        alike=float(min(texts[0] @ alone, texts[-1] @ alone)),
    )


async def probe_reranker(
    reranker: AsyncReranker, *, instruction: str | None, timeout_s: float
) -> list[float]:
    """Return the score of each golden text.

    Args:
        reranker: Any.
        instruction: The task of the settings.
        timeout_s: Seconds for the call.

    Raises:
        ServiceError: The reranker's own; a plug-in may raise anything.
    """
    found = await reranker.rerank(QUERY, TEXTS, instruction=instruction, timeout_s=timeout_s)
    return [float(score) for score in found]
