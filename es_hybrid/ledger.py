"""What a run has done so far: counted, told, and kept in files from which it can go on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from elasticsearch import ApiError, TransportError

from es_hybrid.checkpoint import Checkpoint, Progress
from es_hybrid.dead_letter import DeadLetterFile
from es_hybrid.errors import IngestError, TooManyFailures
from es_hybrid.indexing.feed import Feed
from es_hybrid.indexing.outcomes import Written, settle, warnings_of
from es_hybrid.indexing.report import IngestReport, Tally

__all__ = ["Ledger", "Records"]


@dataclass(frozen=True, slots=True)
class Records:
    """Where a run keeps and tells what it does.

    Attributes:
        on_progress: Called with the numbers so far after each chunk.
        dead_letter: File for the records that are not stored.
        max_failures: A run with more stops; `None` never stops.
        checkpoint: File from which a stopped run goes on.
    """

    on_progress: Callable[[IngestReport], None] | None = None
    dead_letter: str | os.PathLike[str] | None = None
    max_failures: int | None = None
    checkpoint: Checkpoint | None = None


class Ledger:
    """Takes each chunk that is done, in the order of the feed.

    Args:
        records: Where it is kept.
        feed: What is read.
        progress: Where an earlier run stopped.
        vectors: Whether the index has a vector field; `None` where the run has nothing to do with
            vectors.
        troubles: Returns what went wrong with models and stores.

    Raises:
        ConfigurationError: The dead letters of the earlier run are not there.
    """

    def __init__(
        self,
        records: Records,
        *,
        feed: Feed,
        progress: Progress,
        vectors: bool | None,
        troubles: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._records = records
        self._feed = feed
        self._progress = progress
        self._vectors = vectors
        self._troubles = troubles
        self._started_s = time.monotonic()
        self._letters = DeadLetterFile(records.dead_letter, resume_at=progress.dead_letter_bytes)
        self.tally = Tally.of(progress.counts)
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        self._letters.__enter__()
        if self._records.checkpoint is not None:
            self._records.checkpoint.write(self._progress)  # when the run began is a part of it
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._letters.__exit__(kind, error, trace)

    def take(self, written: Written) -> None:
        """Count a chunk, keep what failed, note the place, and tell.

        Raises:
            TooManyFailures: More records failed than may.
        """
        records, tally = self._records, self.tally
        settle(written, tally, vectors=bool(self._vectors), dead=self._letters.write)
        if records.checkpoint is not None:
            self._progress = replace(
                self._progress,
                taken=written.planned.chunk.taken,
                counts=tally.counts,
                dead_letter_bytes=self._letters.size,
            )
            self._letters.sync()
            records.checkpoint.write(self._progress)
        if records.on_progress is not None:
            records.on_progress(self.report())
        if records.max_failures is not None and tally.failed > records.max_failures:
            raise TooManyFailures(
                f"{tally.failed:,} records failed, {records.max_failures:,} are allowed",
                report=self.report(),
                hint="see report.failures, or raise ES_HYBRID_INGEST__MAX_FAILURES",
            )

    def report(self) -> IngestReport:
        """Return the numbers so far."""
        warnings = warnings_of(
            self._feed,
            self.tally,
            vectors=self._vectors is not False,
            troubles=self._troubles(),
        )
        return self.tally.report(
            elapsed_s=time.monotonic() - self._started_s,
            duplicates=self._feed.duplicates,
            warnings=[*warnings, *self.notes],
        )

    @contextmanager
    def fails_with_report(self, index: str, *, what: str = "ingest") -> Iterator[None]:
        """Turn a failure of Elasticsearch into one that carries the report.

        Raises:
            IngestError: Elasticsearch failed for good; the cause is its own exception.
        """
        try:
            yield
        except (ApiError, TransportError) as error:
            raise IngestError(
                f"writing to {index} failed: {type(error).__name__}",
                report=self.report(),
                hint=f"run the same {what} again: what is stored is not written twice",
            ) from error

    def finish(self) -> IngestReport:
        """Forget the place: there is nothing left to go on with."""
        if self._records.checkpoint is not None:
            self._records.checkpoint.remove()
        return self.report()
