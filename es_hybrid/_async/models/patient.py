"""Embeds products on a server that may be busy: tries again, and asks less of it at once.

The pace is that of bulk requests (`indexing.pace`): a 429, a 503 or no answer in time halves the
requests in flight, and every round that is taken adds one again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from es_hybrid._async.models.instructed import embed_as
from es_hybrid._concurrency import AsyncTurns, async_sleep
from es_hybrid._logging import get_logger
from es_hybrid._retry import OutcomeKind, RetryPolicy, next_delay
from es_hybrid.errors import ServiceError
from es_hybrid.indexing.pace import Pace
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.types import TextKind, Vectors
from es_hybrid.wire.replicas import outcome_of

_SLOW = frozenset({OutcomeKind.BUSY, OutcomeKind.TIMEOUT})
_log = get_logger("es_hybrid.ingest")


class AsyncPatientEmbedder:
    """Repeats failed calls, fewer at once where the server is busy; satisfies `AsyncEmbedder`.

    Waiting for a turn is not part of a call's `timeout_s`: the server has not been asked yet.

    Args:
        embedder: Asked once a try.
        in_flight: Calls at once while all goes well.
        retry: How often, and how long between.

    Attributes:
        pace: How many calls may be in flight now.

    Example:
        patient = AsyncPatientEmbedder(client, in_flight=4, retry=RetryPolicy(6, 60.0))
        rows = await patient.embed(["red shoe"], kind=TextKind.DOCUMENT, timeout_s=60.0)
    """

    def __init__(self, embedder: AsyncEmbedder, *, in_flight: int, retry: RetryPolicy) -> None:
        self.model = embedder.model
        self.instruction: str | None = getattr(embedder, "instruction", None)
        self.pace = Pace.of(in_flight=in_flight, max_bytes=1, max_actions=1)
        self._embedder = embedder
        self._retry = retry
        self._turns = AsyncTurns()

    async def embed(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        timeout_s: float,
        instruction: str | None = None,
    ) -> Vectors:
        """Return one row per text; see `AsyncInstructedEmbedder`.

        Raises:
            ServiceError: The last try's, with the number of tries and the seconds spent.
        """
        tries = calls = 0
        spent_s = 0.0
        while True:
            async with self._turns.turn(lambda: self.pace.in_flight):
                sent, begun_s = self.pace, time.monotonic()
                try:
                    rows = await embed_as(
                        self._embedder,
                        texts,
                        kind=kind,
                        timeout_s=timeout_s - spent_s,
                        instruction=instruction,
                    )
                except ServiceError as error:
                    failed = error
                else:
                    self.pace = self.pace.took()
                    return rows
                tries += 1
                calls += failed.attempts  # of several replicas, where there are
                spent_s += time.monotonic() - begun_s
                outcome = outcome_of(failed)
                if outcome.kind in _SLOW:
                    self._slow_down(sent)
            delay_s = next_delay(self._retry, tries, outcome, spent_s, random.random)
            if delay_s is None or spent_s + delay_s >= timeout_s:
                raise failed.after(attempts=calls, elapsed_s=spent_s)
            await async_sleep(delay_s)
            spent_s += delay_s

    def _slow_down(self, sent: Pace) -> None:
        before, self.pace = self.pace.in_flight, self.pace.busy(sent)
        if self.pace.in_flight < before:
            _log.info("ingest.embedding_slowed", in_flight=self.pace.in_flight)
