"""Calls an embedder with a task where there is one; a plug-in need not know of tasks."""

from __future__ import annotations

from collections.abc import Sequence

from es_hybrid.errors import RequestError
from es_hybrid.protocols import AsyncEmbedder, AsyncInstructedEmbedder
from es_hybrid.types import TextKind, Vectors


async def embed_as(
    embedder: AsyncEmbedder,
    texts: Sequence[str],
    *,
    kind: TextKind,
    timeout_s: float,
    instruction: str | None,
) -> Vectors:
    """Return one row per text, from queries that carry `instruction`.

    Args:
        embedder: Any.
        texts: Queries or documents.
        kind: Which of the two.
        timeout_s: Seconds for the call.
        instruction: The task; `None` leaves it to the embedder.

    Raises:
        RequestError: The embedder reads no task. Plans are checked for it, so that a search never
            comes here.
        ServiceError: The embedder's own.
    """
    if instruction is None:
        return await embedder.embed(texts, kind=kind, timeout_s=timeout_s)
    if not isinstance(embedder, AsyncInstructedEmbedder):
        raise RequestError("the embedder reads no instruction", path="ext.hybrid.embed.instruction")
    return await embedder.embed(texts, kind=kind, timeout_s=timeout_s, instruction=instruction)
