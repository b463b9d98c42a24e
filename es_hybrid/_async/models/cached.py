"""An embedder and a reranker that remember their answers; each stands where its model stood.

Only what is not there is asked for, once for all who ask at the same time. Answers are checked
before they are kept, and again when they come out: a Redis may hold anything. Errors are not kept.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from es_hybrid._async.models.instructed import embed_as
from es_hybrid._async.models.stores import AsyncStore
from es_hybrid._cache import Tally
from es_hybrid._deadline import AsyncCall
from es_hybrid._flights import AsyncFlights
from es_hybrid.errors import ServiceError
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker
from es_hybrid.types import TextKind, Vector, Vectors
from es_hybrid.wire.cache_hits import (
    FoundScores,
    FoundVectors,
    count_found,
    found_scores,
    found_vectors,
    pack_scores,
    unpack_scores,
)
from es_hybrid.wire.cache_keys import pair_keys, text_keys
from es_hybrid.wire.contracts import one_row_each, one_score_each
from es_hybrid.wire.failures import timed_out
from es_hybrid.wire.packed import pack_vector

R = TypeVar("R")


class AsyncCachedEmbedder:
    """Remembers vectors; satisfies `AsyncEmbedder`.

    `look` and `complete` are the two halves of `embed`, for a caller that wants to know whether the
    model is needed before it asks for it.

    Args:
        embedder: What makes the vectors.
        store: Where they are kept.
        space: Names model, dims and instruction; see `space_of`.

    Example:
        cached = AsyncCachedEmbedder(embedder, store=store, space=space_of({"model": "m"}))
        rows = await cached.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=0.15)
    """

    def __init__(self, embedder: AsyncEmbedder, *, store: AsyncStore, space: bytes) -> None:
        self.model = embedder.model
        self.instruction: str | None = getattr(embedder, "instruction", None)
        self._embedder = embedder
        self._store = store
        self._space = space
        self._flights = AsyncFlights[tuple[bytes, ...], dict[bytes, Vector]]()

    async def embed(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        timeout_s: float,
        instruction: str | None = None,
    ) -> Vectors:
        """Return one row per text, from memory or from the model; see `AsyncInstructedEmbedder`."""
        found = await self.look(texts, kind=kind, instruction=instruction)
        return await self.complete(found, timeout_s=timeout_s)

    async def look(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        instruction: str | None = None,
        tallies: Sequence[Tally] = (),
    ) -> FoundVectors:
        """Find what is remembered; the model is not asked.

        Args:
            texts: Queries or documents.
            kind: Which of the two.
            instruction: The task of this call; `None`: the embedder's own.
            tallies: One a text, counted up by whether it was found.
        """
        keys = text_keys(self._space, texts, kind=kind, instruction=instruction)
        stored = await self._store.get_many(keys)
        found = found_vectors(keys, texts, stored, kind=kind, instruction=instruction)
        count_found(tallies, keys, found.rows, found.missing)
        return found

    async def complete(self, found: FoundVectors, *, timeout_s: float) -> Vectors:
        """Return one row per text, having asked the model for those that were not found.

        Raises:
            ServiceError: The model's own.
        """
        if not found.keys:
            return np.empty((0, 0), np.float32)
        rows = found.rows
        ends_s = time.monotonic() + timeout_s
        if found.missing:
            rows = rows | await self._made(found, found.missing, timeout_s)
        if len({len(row) for row in rows.values()}) > 1:
            # The model was exchanged behind its name; none of the old one's vectors is of use.
            left_s = max(ends_s - time.monotonic(), 0.0)
            rows = await self._made(found, found.texts, left_s)
        return np.stack([rows[key] for key in found.keys])

    async def _made(
        self, found: FoundVectors, missing: dict[bytes, str], timeout_s: float
    ) -> dict[bytes, Vector]:
        ask = partial(self._ask, found, missing)
        return await _shared(self._flights, missing, ask, service="embed", timeout_s=timeout_s)

    async def _ask(
        self, found: FoundVectors, missing: dict[bytes, str], timeout_s: float
    ) -> dict[bytes, Vector]:
        texts = list(missing.values())
        rows = await embed_as(
            self._embedder,
            texts,
            kind=found.kind,
            timeout_s=timeout_s,
            instruction=found.instruction,
        )
        made = dict(zip(missing, one_row_each(rows, len(texts)), strict=True))
        await self._store.put_many({key: pack_vector(row) for key, row in made.items()})
        return made


class AsyncCachedReranker:
    """Remembers the score of each pair of query and text; satisfies `AsyncReranker`.

    For rerankers whose score of a text depends on nothing but query, instruction and that text. The
    scores are the model's own; whoever scales them does so after they came together here.

    Args:
        reranker: What makes the scores.
        store: Where they are kept.
        space: Names model, dialect and prompt; see `space_of`.

    Example:
        cached = AsyncCachedReranker(reranker, store=store, space=space_of({"model": "m"}))
        scores = await cached.rerank("red shoe", texts, instruction=None, timeout_s=0.3)
    """

    def __init__(self, reranker: AsyncReranker, *, store: AsyncStore, space: bytes) -> None:
        self._reranker = reranker
        self._store = store
        self._space = space
        self._flights = AsyncFlights[tuple[bytes, ...], dict[bytes, float]]()

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        """Return one score per text, from memory or from the model; see `AsyncReranker`."""
        found = await self.look(query, texts, instruction=instruction)
        return await self.complete(found, timeout_s=timeout_s)

    async def look(
        self,
        query: str,
        texts: Sequence[str],
        *,
        instruction: str | None,
        tallies: Sequence[Tally] = (),
    ) -> FoundScores:
        """Find what is remembered; the model is not asked.

        Args:
            query: The shopper's words.
            texts: Products as the reranker sees them.
            instruction: The task of this call.
            tallies: One a text, counted up by whether it was found.
        """
        keys = pair_keys(self._space, query, texts, instruction=instruction)
        stored = await self._store.get_many(keys)
        found = found_scores(keys, texts, stored, query=query, instruction=instruction)
        count_found(tallies, keys, found.scores, found.missing)
        return found

    async def complete(self, found: FoundScores, *, timeout_s: float) -> list[float]:
        """Return one score per text, having asked the model for those that were not found.

        A blank text gets the smallest score of the others.

        Raises:
            ServiceError: The model's own.
        """
        scores = found.scores
        if found.missing:
            scores = scores | await self._made(found, timeout_s)
        lowest = min(scores.values(), default=0.0)
        return [scores.get(key, lowest) for key in found.keys]

    async def _made(self, found: FoundScores, timeout_s: float) -> dict[bytes, float]:
        ask = partial(self._ask, found)
        return await _shared(
            self._flights, found.missing, ask, service="rerank", timeout_s=timeout_s
        )

    async def _ask(self, found: FoundScores, timeout_s: float) -> dict[bytes, float]:
        texts = list(found.missing.values())
        answer = await self._reranker.rerank(
            found.query, texts, instruction=found.instruction, timeout_s=timeout_s
        )
        made = dict(zip(found.missing, one_score_each(answer, len(texts)), strict=True))
        packed = pack_scores(made)
        if packed is None:
            return made  # beyond float32; kept, it would not come out as it went in
        await self._store.put_many(packed)
        return unpack_scores(
            packed
        )  # as they will come out next time: the same search, the same page


async def _shared(
    flights: AsyncFlights[tuple[bytes, ...], R],
    missing: dict[bytes, str],
    ask: AsyncCall[float, R],
    *,
    service: str,
    timeout_s: float,
) -> R:
    """Ask once for all who miss the same; a time that is over is the service's own error."""
    try:
        return await flights.run(tuple(missing), ask, timeout_s=timeout_s)
    except ServiceError:
        raise
    except TimeoutError as error:
        raise timed_out(service, timeout_s).error from error
