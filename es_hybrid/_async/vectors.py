"""Vectors for the texts of a feed: in batches, several at once, and never all or nothing.

One text that the server refuses must not fail its neighbours, so a refused batch is halved until
the text stands alone. Where the halves go through, the batch was too large (413, or a server's own
limit of texts), and no later one of the run is as large. A server that is down is left alone for a while instead: the products are
stored without vectors, and a later run adds them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing

from es_hybrid._breaker import Breaker, BreakerPolicy
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._logging import get_logger
from es_hybrid._retry import OutcomeKind
from es_hybrid.errors import ServiceError
from es_hybrid.indexing.embedding import (
    by_length,
    checked_rows,
    failure_kind,
    is_about_text,
    usable,
)
from es_hybrid.indexing.outcomes import DOWN, REFUSED
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.settings import EmbedSettings
from es_hybrid.types import TextKind, Vector

_log = get_logger("es_hybrid.ingest")


class AsyncTextVectors:
    """Embeds product texts for one run.

    Args:
        embedder: Turns texts into vectors.
        settings: Batch size, requests at once, seconds for each.
        dims: Length that the index takes.
    """

    def __init__(self, embedder: AsyncEmbedder, *, settings: EmbedSettings, dims: int) -> None:
        self._embedder = embedder
        self._settings = settings
        self._dims = dims
        self._breaker = Breaker(BreakerPolicy(failures=3, cooldown_s=10.0))
        self._most = settings.batch
        self.trouble: str | None = None  # the first failure of the server, for the report

    async def probe(self) -> int | None:
        """Return how long the embedder's vectors are; `None` when it is down."""
        try:
            rows = await self._embedder.embed(
                ["product"], kind=TextKind.DOCUMENT, timeout_s=self._settings.ingest_timeout_s
            )
        except Exception as error:  # noqa: BLE001 - an embedder that is down stops no ingest
            self._note(error)
            return None
        return int(rows.shape[-1])

    async def of(self, texts: Sequence[str]) -> list[Vector | str]:
        """Return a vector for each text, or why there is none."""
        places = by_length(texts, batch=self._most)
        batches = [[texts[place] for place in batch] for batch in places]
        found: list[Vector | str] = [DOWN] * len(texts)
        limit = self._settings.max_in_flight
        async with aclosing(async_map_ordered(self._batch, batches, limit=limit)) as results:
            at = iter(places)
            async for result in results:
                for place, vector in zip(next(at), result, strict=True):
                    found[place] = vector
        return found

    async def _batch(self, texts: Sequence[str]) -> list[Vector | str]:
        if not self._breaker.allow(time.monotonic()):
            return [DOWN] * len(texts)
        try:
            rows = checked_rows(
                await self._embedder.embed(
                    texts, kind=TextKind.DOCUMENT, timeout_s=self._settings.ingest_timeout_s
                ),
                texts=len(texts),
                dims=self._dims,
                model=self._embedder.model,
            )
        except Exception as error:  # noqa: BLE001 - plug-ins may raise anything
            if is_about_text(error):
                return await self._halves(texts, error)
            self._note(error)
            return [DOWN] * len(texts)
        self._breaker.success(time.monotonic())
        return [row if usable(row) else REFUSED for row in rows]

    async def _halves(self, texts: Sequence[str], error: Exception) -> list[Vector | str]:
        self._breaker.release()
        if len(texts) == 1:
            return [REFUSED]
        middle = len(texts) // 2
        found = await self._batch(texts[:middle]) + await self._batch(texts[middle:])
        if all(vector is REFUSED for vector in found):
            self._note(error)  # nothing it is asked succeeds: not the texts' fault
        elif not any(isinstance(vector, str) for vector in found):
            self._take_less(len(texts) - middle)
        return found

    def _take_less(self, most: int) -> None:
        if most < self._most:
            self._most = most
            _log.info("ingest.batch_lowered", texts=most)

    def _note(self, error: Exception) -> None:
        permanent = failure_kind(error) is OutcomeKind.CONFIG
        self._breaker.failure(time.monotonic(), permanent=permanent)
        if self.trouble is not None:
            return
        self.trouble = str(error) if isinstance(error, ServiceError) else type(error).__name__
        _log.warning("ingest.embedder_failed", error=type(error).__name__, detail=self.trouble)
