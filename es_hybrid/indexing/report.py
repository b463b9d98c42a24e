"""What an ingest run did, in numbers that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

__all__ = ["Failure", "IngestReport", "Tally"]

MAX_FAILURES_KEPT = 1000
_COUNTS = (
    "indexed", "unchanged", "stale", "failed", "without_vector", "embedded", "reused", "deleted",
    "cut_texts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that was not stored.

    Attributes:
        id: The product's id, where the record has one.
        line: Line of the file, or position in the iterable, from 1.
        reason: Why; never holds the product's content.
    """

    id: str | None
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcome of an ingest run, or of its part so far.

    `read = indexed + unchanged + stale + failed`, always.

    Attributes:
        read: Records that were dealt with.
        indexed: Records written.
        unchanged: Records that needed no write: the stored product is the same already, or a later
            line of the feed replaces it.
        stale: Records that were not written because what is stored comes from a newer feed.
        failed: Records that were not stored.
        without_vector: Products of the index's feed that have no vector now; they are found by
            words only, and a later run adds what is missing.
        embedded: Texts turned into vectors in this run.
        reused: Products that got the vector of an equal text: one of this run, of the index, or of
            where `vectors_from` points.
        deleted: Products that were deleted because the feed has them no more.
        cut_texts: Products whose text is longer than `ES_HYBRID_EMBED__MAX_TOKENS`: the vector is
            of its beginning, cut at a sentence end. A vector that was brought along is not counted.
        duplicates: Records whose id came before in the feed; the last one counts.
        elapsed_s: Seconds since the run began.
        failures: The first 1,000 records that were not stored.
        warnings: What a person should know, in sentences.

    Example:
        >>> print(IngestReport(read=41_902, indexed=41_900, failed=2, elapsed_s=183.2))
        41,902 read, 41,900 indexed, 0 unchanged, 2 failed, 183 s
    """

    read: int = 0
    indexed: int = 0
    unchanged: int = 0
    stale: int = 0
    failed: int = 0
    without_vector: int = 0
    embedded: int = 0
    reused: int = 0
    deleted: int = 0
    cut_texts: int = 0
    duplicates: int = 0
    elapsed_s: float = 0.0
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def failures_left_out(self) -> int:
        """Failures beyond those that `failures` holds."""
        return self.failed - len(self.failures)

    def __str__(self) -> str:
        seconds = f"{self.elapsed_s:.0f}" if self.elapsed_s >= 10 else f"{self.elapsed_s:.1f}"
        stale = f"{self.stale:,} stale, " if self.stale else ""
        deleted = f"{self.deleted:,} deleted, " if self.deleted else ""
        return (
            f"{self.read:,} read, {self.indexed:,} indexed, {self.unchanged:,} unchanged, "
            f"{stale}{self.failed:,} failed, {deleted}{seconds} s"
        )


@dataclass(slots=True)
class Tally:
    """Counts while a run goes on; `report` gives the numbers so far."""

    indexed: int = 0
    unchanged: int = 0
    stale: int = 0
    without_vector: int = 0
    embedded: int = 0
    reused: int = 0
    deleted: int = 0
    cut_texts: int = 0
    failed: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    first_ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """Return a tally that goes on from the `counts` of another."""
        tally = cls()
        for name in _COUNTS:
            setattr(tally, name, counts.get(name, 0))
        return tally

    @property
    def counts(self) -> dict[str, int]:
        """The numbers alone, from which another run can go on counting."""
        return {name: getattr(self, name) for name in _COUNTS}

    def fail(self, failure: Failure) -> None:
        """Count a record that was not stored, and keep it while there is room."""
        self.failed += 1
        if len(self.failures) < MAX_FAILURES_KEPT:
            self.failures.append(failure)

    def note(self, what: str, product_id: str) -> None:
        """Count one product for a warning; warnings name how many and the first."""
        self.notes[what] += 1
        self.first_ids.setdefault(what, product_id)

    def report(
        self, *, elapsed_s: float, duplicates: int = 0, warnings: Sequence[str] = ()
    ) -> IngestReport:
        """Return the numbers so far."""
        return IngestReport(
            read=self.indexed + self.unchanged + self.stale + self.failed,
            indexed=self.indexed,
            unchanged=self.unchanged,
            stale=self.stale,
            failed=self.failed,
            without_vector=self.without_vector,
            embedded=self.embedded,
            reused=self.reused,
            deleted=self.deleted,
            cut_texts=self.cut_texts,
            duplicates=duplicates,
            elapsed_s=elapsed_s,
            failures=tuple(self.failures),
            warnings=tuple(warnings),
        )
