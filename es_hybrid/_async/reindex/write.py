"""Writes documents into an index until each is stored or refused."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

from elasticsearch import ApiError

from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._concurrency import async_sleep
from es_hybrid._logging import get_logger
from es_hybrid._retry import BUSY_STATUSES, Outcome, OutcomeKind, next_delay
from es_hybrid.indexing.actions import Action, body_end
from es_hybrid.indexing.reindex.documents import outcomes

_TOO_LARGE = 413
_log = get_logger("es_hybrid.reindex")

Refused = dict[str, tuple[int, str]]
"""Status and reason of what an index refused, by id."""


class AsyncWriter:
    """Sends bulk requests of a fitting size.

    Args:
        gateway: Elasticsearch.
    """

    def __init__(self, gateway: AsyncGateway) -> None:
        self._gateway = gateway

    async def write(self, index: str, actions: Sequence[Action]) -> Refused:
        """Write actions; return those that the index refused."""
        refused: Refused = {}
        settings = self._gateway.settings
        most, max_bytes = settings.batch, settings.max_batch_bytes
        start = 0
        while start < len(actions):
            end = body_end(actions, start, most=most, max_bytes=max_bytes)
            refused |= await self._write_body(index, actions[start:end])
            start = end
        return refused

    async def _write_body(self, index: str, body: Sequence[Action]) -> Refused:
        refused: Refused = {}
        left = list(body)
        policy = self._gateway.policy
        started = time.monotonic()
        attempt = 0
        while left:
            attempt += 1
            try:
                answer = await self._send(index, left)
            except ApiError as error:
                if error.status_code != _TOO_LARGE:
                    raise
                return refused | await self._write_halves(index, left)
            again = []
            found = list(outcomes(answer, [action.id for action in left]))
            for action, (_, status, reason) in zip(left, found, strict=True):
                if status in BUSY_STATUSES:
                    again.append(action)
                elif status >= 300:
                    refused[action.id] = (status, reason)
            left = again
            outcome, elapsed = Outcome(OutcomeKind.BUSY), time.monotonic() - started
            delay = next_delay(policy, attempt, outcome, elapsed, random.random)
            if left and delay is None:
                return refused | {a.id: (429, "the cluster stayed busy") for a in left}
            if left:
                _log.info("reindex.items_retried", items=len(left), attempt=attempt)
                await async_sleep(delay or 0.0)
        return refused

    async def _write_halves(self, index: str, body: Sequence[Action]) -> Refused:
        """Write what is too large for one request in two; one document alone is refused."""
        if len(body) == 1:
            return {body[0].id: (_TOO_LARGE, "the document is larger than a request may be")}
        half = len(body) // 2
        first = await self._write_body(index, body[:half])
        return first | await self._write_body(index, body[half:])

    async def _send(self, index: str, body: Sequence[Action]) -> Any:
        lines: Any = [action.lines for action in body]
        return await self._gateway.patiently(
            self._gateway.es.bulk,
            operations=lines,
            index=index,
            wait_for_active_shards="1",  # ours go in while a shop's own wait
            pipeline="_none",
            filter_path=["items.*.status", "items.*.error.type", "items.*.error.reason"],
        )
