"""An embedder and a reranker that make one call of those that come together.

The first caller opens a batch and does not wait for others, unless a batch of its kind is under way
already: then those that come within a few milliseconds go together. So a search that is alone pays
nothing, and many at once share calls.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

import numpy as np

from es_hybrid._async.models.instructed import embed_as
from es_hybrid._background import AsyncAsk, AsyncBackground, AsyncRunning, async_first_done
from es_hybrid._concurrency import async_sleep
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker
from es_hybrid.types import TextKind, Vector, Vectors
from es_hybrid.wire.contracts import one_row_each, one_score_each
from es_hybrid.wire.failures import timed_out
from es_hybrid.wire.replicas import may_be_one_texts

R = TypeVar("R")

_GRACE_S = 0.01
"""What a call that keeps to its seconds by itself is given to say so."""


@dataclass(slots=True)
class Batch(Generic[R]):
    """The texts of several callers, on their way to one call.

    Attributes:
        texts: Each once, in order of arrival.
        ends_s: When the most patient caller's time is over.
        callers: How many came.
        waiting: How many still wait.
        running: The call, with a result for each text.
    """

    texts: dict[str, None] = field(default_factory=dict)
    ends_s: float = 0.0
    callers: int = 0
    waiting: int = 0
    running: AsyncRunning[dict[str, R]] | None = None


class AsyncMerger(Generic[R]):
    """Gathers texts and spreads the results; knows nothing of models.

    Args:
        background: Where the merged calls run: they belong to no single caller.
        service: `"embed"` or `"rerank"`, for the error of a caller whose time is over.
        window_s: Seconds that texts are gathered while a call is under way.
        most: Texts per call.
    """

    def __init__(
        self, background: AsyncBackground, *, service: str, window_s: float, most: int
    ) -> None:
        self._background = background
        self._service = service
        self._window_s = window_s
        self._most = most
        self._open: dict[object, Batch[R]] = {}
        self._busy: dict[object, int] = {}
        self._lock = threading.Lock()  # held only for a few steps, never while waiting

    async def run(
        self,
        key: object,
        texts: Sequence[str],
        ask: AsyncAsk[Sequence[str], Sequence[R]],
        *,
        timeout_s: float,
    ) -> list[R]:
        """Return one result per text, from a call that others may share.

        Args:
            key: Equal for callers whose texts may go together.
            texts: More than `most` go alone.
            ask: Makes the call.
            timeout_s: Seconds that this caller waits.

        Raises:
            ServiceError: The call's own, or that this caller's time is over.
        """
        if not texts or len(texts) > self._most:
            return list(await ask(texts, timeout_s))
        ends_s = time.monotonic() + timeout_s
        batch, running = self._join(key, texts, ask, ends_s)
        try:
            if not await async_first_done([running], timeout_s=timeout_s + _GRACE_S):
                raise timed_out(self._service, timeout_s).error
            error = running.exception()
            if error is None:
                made = running.result()
                return [made[text] for text in texts]
        finally:
            self._leave(key, batch, running)
        if batch.callers == 1 or not may_be_one_texts(error):
            raise error
        # Some text of the batch was refused; which caller's, shows when each goes alone.
        return list(await ask(texts, max(ends_s - time.monotonic(), 0.0)))

    def _join(
        self,
        key: object,
        texts: Sequence[str],
        ask: AsyncAsk[Sequence[str], Sequence[R]],
        ends_s: float,
    ) -> tuple[Batch[R], AsyncRunning[dict[str, R]]]:
        with self._lock:
            batch = self._open.get(key)
            if batch is None or len(batch.texts.keys() | set(texts)) > self._most:
                batch = self._open[key] = Batch()
            batch.texts.update(dict.fromkeys(texts))
            batch.ends_s = max(batch.ends_s, ends_s)
            batch.callers += 1
            batch.waiting += 1
            if batch.running is None:
                batch.running = self._background.start(partial(self._send, key, batch, ask))
            return batch, batch.running

    def _leave(self, key: object, batch: Batch[R], running: AsyncRunning[dict[str, R]]) -> None:
        with self._lock:
            batch.waiting -= 1
            if batch.waiting:
                return
            if self._open.get(key) is batch:
                del self._open[key]
        running.cancel()  # does nothing to one that has ended

    async def _send(
        self, key: object, batch: Batch[R], ask: AsyncAsk[Sequence[str], Sequence[R]]
    ) -> dict[str, R]:
        # Even without a wait, whoever is ready to come gets a turn.
        await async_sleep(self._window_s if self._busy.get(key) else 0.0)
        with self._lock:
            if self._open.get(key) is batch:
                del self._open[key]
            texts = tuple(batch.texts)
            self._busy[key] = self._busy.get(key, 0) + 1
        try:
            results = await ask(texts, max(batch.ends_s - time.monotonic(), 0.0))
        finally:
            with self._lock:
                self._busy[key] -= 1
                if not self._busy[key]:
                    del self._busy[key]
        return dict(zip(texts, results, strict=True))


class AsyncMergedEmbedder:
    """Embeds the texts of many searches in one call; satisfies `AsyncEmbedder`.

    Args:
        embedder: What makes the vectors.
        background: Where the merged calls run.
        window_s: Seconds that texts are gathered while a call is under way.
        most: Texts per call.

    Example:
        merged = AsyncMergedEmbedder(embedder, background=background, window_s=0.002, most=32)
        rows = await merged.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=0.15)
    """

    def __init__(
        self, embedder: AsyncEmbedder, *, background: AsyncBackground, window_s: float, most: int
    ) -> None:
        self.model = embedder.model
        self.instruction: str | None = getattr(embedder, "instruction", None)
        self._embedder = embedder
        self._merger = AsyncMerger[Vector](
            background, service="embed", window_s=window_s, most=most
        )

    async def embed(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        timeout_s: float,
        instruction: str | None = None,
    ) -> Vectors:
        """Return one row per text; see `AsyncInstructedEmbedder`."""

        async def ask(texts: Sequence[str], timeout_s: float) -> list[Vector]:
            rows = await embed_as(
                self._embedder, texts, kind=kind, timeout_s=timeout_s, instruction=instruction
            )
            return list(one_row_each(rows, len(texts)))

        rows = await self._merger.run((kind, instruction), texts, ask, timeout_s=timeout_s)
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)


class AsyncMergedReranker:
    """Scores the texts of searches with the same query in one call; satisfies `AsyncReranker`.

    Args:
        reranker: What makes the scores.
        background: Where the merged calls run.
        window_s: Seconds that texts are gathered while a call is under way.
        most: Texts per call.

    Example:
        merged = AsyncMergedReranker(reranker, background=background, window_s=0.002, most=1000)
        scores = await merged.rerank("red shoe", texts, instruction=None, timeout_s=0.3)
    """

    def __init__(
        self, reranker: AsyncReranker, *, background: AsyncBackground, window_s: float, most: int
    ) -> None:
        self._reranker = reranker
        self._merger = AsyncMerger[float](
            background, service="rerank", window_s=window_s, most=most
        )

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        """Return one score per text; see `AsyncReranker`."""

        async def ask(texts: Sequence[str], timeout_s: float) -> list[float]:
            scores = await self._reranker.rerank(
                query, texts, instruction=instruction, timeout_s=timeout_s
            )
            return one_score_each(scores, len(texts))

        return await self._merger.run((query, instruction), texts, ask, timeout_s=timeout_s)
