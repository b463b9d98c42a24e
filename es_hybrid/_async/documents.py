"""Reads documents by id; one whose shard is away for a moment is not taken for one that is not there."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.bulk import write_policy
from es_hybrid._concurrency import async_sleep
from es_hybrid._logging import get_logger
from es_hybrid._retry import Outcome, OutcomeKind, next_delay
from es_hybrid.errors import HybridError
from es_hybrid.settings import IngestSettings

_FILTER = [
    "docs._id",
    "docs.found",
    "docs._seq_no",
    "docs._primary_term",
    "docs._source",
    "docs.error.type",
]
_REFUSED = "security_exception"
_log = get_logger("es_hybrid.ingest")


class AsyncDocuments:
    """The documents of one index, by id.

    A multi-get answers with an error for each document whose shard is starting or may not be read,
    and with success as a whole.

    Args:
        es: Where.
        index: The index itself.
        settings: How often such a document is asked for again.

    Example:
        docs = await AsyncDocuments(es, index=name, settings=settings.ingest).of(["p1", "p2"])
    """

    def __init__(self, es: AsyncElasticsearch, *, index: str, settings: IngestSettings) -> None:
        self._es = es
        self._index = index
        self._policy = write_policy(settings)

    async def of(
        self,
        ids: Sequence[str],
        *,
        includes: Sequence[str] | None = None,
        excludes: Sequence[str] | None = None,
    ) -> list[Mapping[str, Any]]:
        """Return the documents that are there, in the order of the ids.

        Args:
            ids: Each once.
            includes: Fields to read; all unless given.
            excludes: Fields to leave out.

        Raises:
            ApiError: A document cannot be read, now or ever; Elasticsearch's own.
        """
        read: dict[str, Mapping[str, Any]] = {}
        left = list(ids)
        started = time.monotonic()
        attempt = 0
        while left:
            attempt += 1
            answer = await self._es.mget(
                index=self._index,
                ids=left,
                source_includes=includes,
                source_excludes=excludes,
                filter_path=_FILTER,
            )
            found = {str(doc["_id"]): doc for doc in answer.body.get("docs", ())}
            left = [key for key in left if "error" in found[key]]
            read |= found
            if not left:
                break
            kind = str(found[left[0]]["error"].get("type"))
            elapsed = time.monotonic() - started
            busy = Outcome(OutcomeKind.BUSY, status=503)
            delay = next_delay(self._policy, attempt, busy, elapsed, random.random)
            if delay is None or kind == _REFUSED:
                await self._fail(left[0], kind)
            _log.info("documents.asked_again", documents=len(left), attempt=attempt, error=kind)
            await async_sleep(delay or 0.0)
        return [read[key] for key in ids if read[key].get("found")]

    async def _fail(self, document: str, kind: str) -> None:
        """Ask for a document alone: that fails with Elasticsearch's own exception."""
        await self._es.get(index=self._index, id=document, source=False)
        raise HybridError(
            f"documents of {self._index} could not be read: {kind}", hint="run it again"
        )
