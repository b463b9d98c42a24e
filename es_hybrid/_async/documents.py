"""Reads documents by id; one whose shard is away for a moment is not taken for one that is not there.

A multi-get answers with an error for each document whose shard is starting or that may not be read,
and with success as a whole.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError, TransportError

from es_hybrid._async.bulk import write_policy
from es_hybrid._concurrency import async_sleep
from es_hybrid._deadline import AsyncCall
from es_hybrid._logging import get_logger
from es_hybrid._retry import BUSY_STATUSES, Outcome, OutcomeKind, RetryPolicy, next_delay
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
_log = get_logger("es_hybrid.ingest")


class Asked(NamedTuple):
    """A document that is asked for."""

    id: str
    routing: str | None = None


async def async_read_each(
    wanted: Sequence[Asked],
    ask: AsyncCall[Sequence[Asked], Sequence[Mapping[str, Any]]],
    *,
    es: AsyncElasticsearch,
    index: str,
    policy: RetryPolicy,
) -> list[Mapping[str, Any]]:
    """Return a multi-get's answer for each document, asking again for those that come as errors.

    One of them is asked for alone: what cannot be read at all fails there at once, in Elasticsearch's
    own words, however patient the policy is.

    Args:
        wanted: The documents.
        ask: Makes one multi-get, and returns its `docs`.
        es: What the one document is asked of.
        index: The index itself.
        policy: How often, and how long between.

    Raises:
        ApiError: A document cannot be read, now or ever; Elasticsearch's own.
        HybridError: It could be read alone every time, and never with the others.
    """
    read: dict[Asked, Mapping[str, Any]] = {}
    left = list(wanted)
    started = time.monotonic()
    attempt = 0
    while left:
        attempt += 1
        read |= zip(left, await ask(left), strict=True)
        left = [one for one in left if "error" in read[one]]
        if not left:
            break
        busy, elapsed = Outcome(OutcomeKind.BUSY, status=503), time.monotonic() - started
        delay = next_delay(policy, attempt, busy, elapsed, random.random)
        await _require_readable(es, index, left[0], last=delay is None)
        kind = str(read[left[0]]["error"].get("type"))
        if delay is None:
            raise HybridError(
                f"documents of {index} could not be read: {kind}", hint="run it again"
            )
        _log.info("documents.asked_again", documents=len(left), attempt=attempt, error=kind)
        await async_sleep(delay)
    return [read[one] for one in wanted]


async def _require_readable(
    es: AsyncElasticsearch, index: str, document: Asked, *, last: bool
) -> None:
    """Ask for a document alone, which fails with Elasticsearch's own exception and its status."""
    try:
        await es.get(index=index, id=document.id, routing=document.routing, source=False)
    except NotFoundError as error:
        if "error" in error.body:  # the index is gone; a document that is not there is an answer
            raise
    except (ApiError, TransportError) as error:
        if last or (isinstance(error, ApiError) and error.status_code not in BUSY_STATUSES):
            raise


class AsyncDocuments:
    """The documents of one index, by id.

    Args:
        es: Where.
        index: The index itself.
        settings: How often a document is asked for again.

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

        async def ask(wanted: Sequence[Asked]) -> Sequence[Mapping[str, Any]]:
            answer = await self._es.mget(
                index=self._index,
                ids=[one.id for one in wanted],
                source_includes=includes,
                source_excludes=excludes,
                filter_path=_FILTER,
            )
            docs: Sequence[Mapping[str, Any]] = answer.body["docs"]
            return docs

        docs = await async_read_each(
            [Asked(key) for key in ids],
            ask,
            es=self._es,
            index=self._index,
            policy=self._policy,
        )
        return [doc for doc in docs if doc.get("found")]
