"""An embedder and a reranker with several addresses; see `AsyncReplicas`."""

from __future__ import annotations

from collections.abc import Sequence

from es_hybrid._async.models.instructed import embed_as
from es_hybrid._async.models.replicas import AsyncReplicas
from es_hybrid._background import AsyncBackground
from es_hybrid._breaker import BreakerMode, BreakerPolicy
from es_hybrid._hedge import Hedge
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker
from es_hybrid.types import TextKind, Vectors


class AsyncReplicatedEmbedder:
    """Embeds on one of several servers of the same model; satisfies `AsyncEmbedder`.

    Args:
        clients: One an address; with a single one, what is left is the deadline that holds.
        background: Where the calls run.
        hedge: When a second request goes out; none by default.
        policy: When a replica is left alone.

    Example:
        replicas = AsyncReplicatedEmbedder([first, second], background=background)
        rows = await replicas.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=0.15)
    """

    def __init__(
        self,
        clients: Sequence[AsyncEmbedder],
        *,
        background: AsyncBackground,
        hedge: Hedge | None = None,
        policy: BreakerPolicy | None = None,
    ) -> None:
        self.model = clients[0].model
        self.instruction: str | None = getattr(clients[0], "instruction", None)
        self._replicas = AsyncReplicas(
            clients, service="embed", background=background, hedge=hedge, policy=policy
        )

    def breakers(self, now: float) -> dict[str, BreakerMode]:
        """Return what the next call of each server will meet, where there are several."""
        return self._replicas.breakers(now)

    async def embed(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        timeout_s: float,
        instruction: str | None = None,
    ) -> Vectors:
        """Return one row per text; see `AsyncInstructedEmbedder`."""

        async def ask(client: AsyncEmbedder, timeout_s: float) -> Vectors:
            return await embed_as(
                client, texts, kind=kind, timeout_s=timeout_s, instruction=instruction
            )

        return await self._replicas.run(ask, timeout_s=timeout_s)


class AsyncReplicatedReranker:
    """Reranks on one of several servers of the same model; satisfies `AsyncReranker`.

    Args:
        clients: One an address; with a single one, what is left is the deadline that holds.
        background: Where the calls run.
        hedge: When a second request goes out; none by default.
        policy: When a replica is left alone.

    Example:
        replicas = AsyncReplicatedReranker([first, second], background=background)
        scores = await replicas.rerank("red shoe", texts, instruction=None, timeout_s=0.3)
    """

    def __init__(
        self,
        clients: Sequence[AsyncReranker],
        *,
        background: AsyncBackground,
        hedge: Hedge | None = None,
        policy: BreakerPolicy | None = None,
    ) -> None:
        self.instruction: str | None = getattr(clients[0], "instruction", None)
        self.reads_instruction: bool = getattr(clients[0], "reads_instruction", True)
        self._replicas = AsyncReplicas(
            clients, service="rerank", background=background, hedge=hedge, policy=policy
        )

    def breakers(self, now: float) -> dict[str, BreakerMode]:
        """Return what the next call of each server will meet, where there are several."""
        return self._replicas.breakers(now)

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> Sequence[float]:
        """Return one score per text; see `AsyncReranker`."""

        async def ask(client: AsyncReranker, timeout_s: float) -> Sequence[float]:
            return await client.rerank(query, texts, instruction=instruction, timeout_s=timeout_s)

        return await self._replicas.run(ask, timeout_s=timeout_s)
