"""Sends bulk requests whose items succeed or fail one by one.

The official helpers either retry nothing or send everything again; here only the items that were
rejected for now go again, alone, after a pause with jitter. What the server takes decides how large
the next requests are and how many go at once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch, ConnectionTimeout, TransportError
from elasticsearch import ConnectionError as ElasticConnectionError

from es_hybrid._concurrency import AsyncTurns, async_sleep
from es_hybrid._logging import get_logger
from es_hybrid._retry import Outcome, OutcomeKind, RetryPolicy, next_delay
from es_hybrid.indexing.actions import TRANSIENT, Action, body_end, item_reasons, worst_status
from es_hybrid.indexing.pace import Pace
from es_hybrid.settings import IngestSettings

_FILTER = [
    "errors",
    "items.*.status",
    "items.*.result",
    "items.*.error.type",
    "items.*.error.reason",
]
_OVERLOADED = frozenset({429, 503})
"""Statuses of a cluster that has too much to do: less is sent at once."""
_log = get_logger("es_hybrid.ingest")


def write_policy(settings: IngestSettings) -> RetryPolicy:
    """Return how often, and after which pauses, a cluster that is busy is asked again."""
    return RetryPolicy(
        max_attempts=settings.max_attempts,
        max_elapsed_s=settings.timeout_s * settings.max_attempts,
        base_s=0.25,
        cap_s=30.0,
    )


class AsyncBulkWriter:
    """Writes actions to one index.

    Args:
        es: Its own retries are switched off on a copy.
        index: Index or alias.
        settings: Size of a request, requests at once, tries, time.
        require_alias: Whether `index` must be an alias; it keeps Elasticsearch from creating an
            index of that name, should the alias disappear.
    """

    def __init__(
        self, es: AsyncElasticsearch, *, index: str, settings: IngestSettings, require_alias: bool
    ) -> None:
        self._es = es.options(
            request_timeout=settings.timeout_s,
            max_retries=0,
            retry_on_status=(),
            retry_on_timeout=False,
        )
        self._index = index
        self._settings = settings
        self._require_alias = require_alias
        self._policy = write_policy(settings)
        self._turns = AsyncTurns()
        self.pace = Pace.of(
            in_flight=settings.concurrency,
            max_bytes=settings.max_batch_bytes,
            max_actions=settings.batch,
        )

    async def write(self, actions: Sequence[Action]) -> list[str | None]:
        """Return one entry per action: `None` when stored, else why it was not.

        Raises:
            ApiError: The whole request is refused, as with 401 or 403, or until the tries are over.
            TransportError: Elasticsearch cannot be reached until the tries are over.
        """
        reasons: list[str | None] = []
        while (start := len(reasons)) < len(actions):
            pace = self.pace
            end = body_end(actions, start, most=pace.max_actions, max_bytes=pace.max_bytes)
            reasons += await self._write_body(actions[start:end])
        return reasons

    async def _write_body(self, body: Sequence[Action]) -> list[str | None]:
        reasons: list[str | None] = [None] * len(body)
        left = list(range(len(body)))
        started = time.monotonic()
        attempt = 0
        while True:
            attempt += 1
            failure: Exception | None = None
            sent = self.pace
            try:
                answer = await self._send([body[i] for i in left])
            except (ApiError, TransportError) as error:
                if isinstance(error, ApiError) and error.status_code == 413:
                    found = await self._smaller([body[i] for i in left])
                    for i, reason in zip(left, found, strict=True):
                        reasons[i] = reason
                    return reasons
                failure, outcome = error, self._outcome(error)
                if outcome is None:
                    raise
            else:
                results = item_reasons(answer, len(left))
                for i, result in zip(left, results, strict=True):
                    reasons[i] = result[1] if result else None
                left = [i for i, result in zip(left, results, strict=True) if result and result[0]]
                outcome = Outcome(OutcomeKind.BUSY, status=worst_status(results))
            if not left:
                self.pace = self.pace.took()
                return reasons
            self._slow_down(outcome, sent)
            elapsed = time.monotonic() - started
            delay = next_delay(self._policy, attempt, outcome, elapsed, random.random)
            if delay is None and failure is not None:
                raise failure
            if delay is None:
                return reasons
            _log.info("ingest.items_retried", items=len(left), attempt=attempt, delay_s=delay)
            await async_sleep(delay)

    def _slow_down(self, outcome: Outcome, sent: Pace) -> None:
        if outcome.status in _OVERLOADED or outcome.kind is OutcomeKind.TIMEOUT:
            self.pace = pace = self.pace.busy(sent)
            _log.info("ingest.slowed", in_flight=pace.in_flight, max_bytes=pace.max_bytes)

    async def _send(self, body: Sequence[Action]) -> Mapping[str, Any]:
        lines: Any = [action.lines for action in body]  # bytes pass through the client as they are
        async with self._turns.turn(lambda: self.pace.in_flight):
            answer = await self._es.bulk(
                operations=lines,
                index=self._index,
                require_alias=self._require_alias,
                filter_path=_FILTER,
            )
        found: Mapping[str, Any] = answer.body
        return found

    async def _smaller(self, body: Sequence[Action]) -> list[str | None]:
        """Send a request that is too large for the server in halves, and remember its size."""
        self.pace = self.pace.too_large(sum(len(action.lines) for action in body))
        if len(body) == 1:
            return ["413 the product is larger than the server takes (http.max_content_length)"]
        middle = len(body) // 2
        return await self._write_body(body[:middle]) + await self._write_body(body[middle:])

    @staticmethod
    def _outcome(error: ApiError | TransportError) -> Outcome | None:
        """Return how a failed request is tried again; `None` when it is not."""
        if isinstance(error, ApiError):
            transient = error.status_code in TRANSIENT
            return Outcome(OutcomeKind.BUSY, status=error.status_code) if transient else None
        if isinstance(error, ConnectionTimeout):
            return Outcome(OutcomeKind.TIMEOUT)
        if isinstance(error, ElasticConnectionError):
            return Outcome(OutcomeKind.CONNECTION)
        return None
