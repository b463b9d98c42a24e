"""Follows a source of changes and writes them, for as long as it is asked to."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.admin import index_info
from es_hybrid._async.delete import delete_products
from es_hybrid._async.first_load import index_to_write
from es_hybrid._async.follow_state import AsyncState
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._logging import get_logger
from es_hybrid._retry import Outcome, OutcomeKind, RetryPolicy, next_delay
from es_hybrid._stop import AsyncStop
from es_hybrid.dead_letter import append_letters, letters_of_chunk
from es_hybrid.errors import HybridError, IngestError
from es_hybrid.following.changes import AsyncChanges, Batch, position_of, split
from es_hybrid.following.report import FollowReport
from es_hybrid.indexing.actions import TRANSIENT
from es_hybrid.indexing.fields import FieldMap, field_types, resolve
from es_hybrid.indexing.outcomes import owes_vectors
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.metrics import Meter
from es_hybrid.settings import Settings
from es_hybrid.types import Json

_PATIENCE = RetryPolicy(max_attempts=2**62, max_elapsed_s=float("inf"), base_s=1.0, cap_s=60.0)
_SOON_S = 0.2
"""Seconds until a source is asked again that has nothing yet, but will."""
_log = get_logger("es_hybrid.follow")

EventSink = Callable[[str, Mapping[str, Any]], None]


class AsyncWrite(Protocol):
    """What writes a chunk; `shop.ingest` is one."""

    async def __call__(
        self,
        index: str,
        products: Sequence[FeedItem],
        *,
        fields: FieldMap | str | None,
        id_field: str,
        dead_letter: str | os.PathLike[str] | None,
        refresh: bool,
    ) -> IngestReport:
        """Write products and report."""
        ...


class _NotYet(HybridError):
    """Elasticsearch turned some of a chunk away for now."""


class AsyncFollower:
    """Writes the changes of a source into an index.

    A position is kept only after everything before it is stored or in the dead-letter file, so a
    process that dies repeats at most one chunk, and writing a product again changes nothing.

    Args:
        es: Where; neither changed nor closed.
        ingest: Writes a chunk.
        settings: Sizes and limits of deletes.
        fields: As for `shop.ingest`, with `id_field`.
        id_field: Source field of the id.
        deleted_field: Field that says that a product is gone.
        dead_letter: File for what cannot be stored; it is added to.
        interval_s: Seconds between two looks at a source that has nothing new.
        meter: Counts what is taken out, and how far the index follows its source.
        on_event: Told of what happens: `follow.chunk`, `follow.waiting`, `follow.note`.

    Example:
        follower = AsyncFollower(es, shop.ingest, settings=shop.settings)
        await follower.run("products", changes, state=AsyncFileState("products.follow.json"))
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        ingest: AsyncWrite,
        *,
        settings: Settings,
        fields: FieldMap | str | None = None,
        id_field: str = "id",
        deleted_field: str | None = None,
        dead_letter: str | os.PathLike[str] | None = None,
        interval_s: float = 5.0,
        meter: Meter | None = None,
        on_event: EventSink | None = None,
    ) -> None:
        self._es = es
        self._ingest = ingest
        self._settings = settings
        self._fields = fields
        self._id_field = id_field
        self._deleted_field = deleted_field
        self._dead_letter = dead_letter
        self._interval_s = interval_s
        self._meter = meter or Meter()
        self._on_event = on_event
        self._done = FollowReport()
        self._kept: Json | None = None
        self._looked = False

    async def run(
        self,
        index: str,
        changes: AsyncChanges,
        *,
        state: AsyncState,
        once: bool = False,
        stop: AsyncStop | None = None,
    ) -> FollowReport:
        """Write changes until `stop` is asked, or until there are no more.

        Args:
            index: An alias or index that `create_index` made.
            changes: Where they come from.
            state: Where the position is kept.
            once: Return when the source has nothing more, and raise what would be waited for.
            stop: Ends the run after the chunk under way.

        Returns:
            What was done, in numbers that add up.

        Raises:
            ConfigurationError: There is no such index, or the state is of another source.
            HybridError: Another process follows with the same state, or the source is wrong.
        """
        stop = stop or AsyncStop()
        async with aclosing(state), aclosing(changes):
            self._kept = position_of(await state.load(), identity=changes.identity)
            changes.restore(self._kept)
            attempt = 0
            while not stop.asked:
                try:
                    batch = await self._step(index, changes, state)
                except (ApiError, TransportError, HybridError, OSError) as error:
                    if once or not self._passes(error):
                        raise
                    attempt += 1
                    await self._wait(error, attempt, stop)
                    continue
                attempt = 0
                if batch.more:
                    await stop.wait(timeout_s=0.0 if batch.items or batch.mark else _SOON_S)
                elif once:
                    break
                else:
                    await stop.wait(timeout_s=self._interval_s)
        if once:
            await self._es.indices.refresh(index=index)
        return self._done

    async def _step(self, index: str, changes: AsyncChanges, state: AsyncState) -> Batch:
        """Read a chunk, write it, and keep the position behind it."""
        if not self._looked:
            await index_to_write(self._es, index)
            self._looked = True
        now_s = AsyncToolbox.wall_clock()
        batch = await changes.read(now_s=now_s)
        for note in batch.notes:
            self._tell("follow.note", {"note": note})
        complete = await self._write(index, batch.items) if batch.items else True
        position = changes.settle(batch, complete=complete, now_s=AsyncToolbox.wall_clock())
        if position != self._kept:
            await state.save({"source": changes.identity, "position": position})
            self._kept = position
        if complete and not batch.more:
            self._meter.current(index, now_s)
        return batch

    async def _write(self, index: str, items: Sequence[FeedItem]) -> bool:
        """Write and delete; return whether nothing of it is to be tried again."""
        started = time.monotonic()
        info = await index_info(self._es, index)
        types = field_types(info.mapping.get("properties", {}))
        fields = resolve(self._fields, id_field=self._id_field, types=types)
        kept, gone = split(items, deleted_field=self._deleted_field, id_of=fields.id_of)
        with letters_of_chunk(self._dead_letter) as letters:
            report = IngestReport()
            if kept:
                report = await self._ingest(
                    index,
                    kept,
                    fields=self._fields,
                    id_field=self._id_field,
                    dead_letter=letters,
                    refresh=False,
                )
            self._require_final(failure.reason for failure in report.failures)
            if gone:
                await self._delete(index, gone)
            append_letters(letters, self._dead_letter)
        superseded = len(items) - len(kept) - len(gone)
        chunk = FollowReport().plus(report, deleted=len(gone), superseded=superseded)
        self._done = self._done.plus(report, deleted=len(gone), superseded=superseded)
        self._tell(
            "follow.chunk",
            {
                "read": chunk.read,
                "written": report.indexed,
                "unchanged": chunk.unchanged,
                "deleted": len(gone),
                "failed": report.failed,
                "without_vector": report.without_vector,
                "failures": [f"id {f.id}: {f.reason}" for f in report.failures[:10]],
                "elapsed_s": round(time.monotonic() - started, 3),
            },
        )
        return not owes_vectors(report)

    async def _delete(self, index: str, ids: Sequence[str]) -> None:
        settings = self._settings.ingest
        done = await delete_products(self._es, index, ids, settings=settings, refresh=False)
        self._meter.deleted(index, done.deleted)
        # A product that is not there is what was wanted; anything else is tried again.
        if done.failed:
            reason = done.failures[0].reason
            raise _NotYet(f"{done.failed:,} deletes were refused: {reason}", retryable=True)

    @staticmethod
    def _require_final(reasons: Any) -> None:
        """Refuse to go on past products that Elasticsearch would take later."""
        busy = tuple(str(status) for status in sorted(TRANSIENT))
        late = [reason for reason in reasons if reason.startswith(busy)]
        if late:
            raise _NotYet(
                f"{len(late):,} products were turned away for now: {late[0]}", retryable=True
            )

    async def _wait(self, error: Exception, attempt: int, stop: AsyncStop) -> None:
        outcome = Outcome(OutcomeKind.CONNECTION)
        delay_s = next_delay(_PATIENCE, attempt, outcome, 0.0, random.random) or 0.0
        cause = error.__cause__ if isinstance(error, IngestError) else None
        reason = f"{error} ({type(cause).__name__})" if cause is not None else str(error)
        if isinstance(error, (ApiError, TransportError)):
            reason = f"Elasticsearch: {type(error).__name__}"
        self._tell("follow.waiting", {"reason": reason, "seconds": round(delay_s, 1)})
        await stop.wait(timeout_s=delay_s)

    def _passes(self, error: BaseException | None) -> bool:
        """Tell whether a failure may go away by itself."""
        match error:
            case IngestError():
                return self._passes(error.__cause__)
            case HybridError():
                return error.retryable
            case ApiError():
                return error.status_code in TRANSIENT
            case TransportError():
                return True
            case _:
                return False

    def _tell(self, name: str, fields: Mapping[str, Any]) -> None:
        _log.info(name, **{key: value for key, value in fields.items() if key != "failures"})
        if self._on_event is not None:
            self._on_event(name, fields)
