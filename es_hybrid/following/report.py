"""What following a source did, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from es_hybrid.indexing.report import IngestReport

__all__ = ["FollowReport"]


@dataclass(frozen=True, slots=True)
class FollowReport:
    """The outcome of following, or of its part so far.

    Attributes:
        chunks: Groups of changes that were written.
        read: Changes that were dealt with: `written + unchanged + deleted + failed`.
        written: Products written.
        unchanged: Changes that needed no write.
        deleted: Products taken out.
        failed: Changes that could not be stored; they are in the dead-letter file.

    Example:
        >>> print(FollowReport(chunks=2, read=12, written=9, unchanged=2, deleted=1))
        12 changes in 2 chunks: 9 written, 2 unchanged, 1 deleted, 0 failed
    """

    chunks: int = 0
    read: int = 0
    written: int = 0
    unchanged: int = 0
    deleted: int = 0
    failed: int = 0

    def plus(self, chunk: IngestReport, *, deleted: int, superseded: int) -> FollowReport:
        """Return the numbers with those of one more chunk.

        Args:
            chunk: Of what was written.
            deleted: Products taken out.
            superseded: Changes that a later one of the same chunk replaced.

        Example:
            >>> print(FollowReport().plus(IngestReport(read=3, indexed=2), deleted=1, superseded=0))
            4 changes in 1 chunk: 2 written, 1 unchanged, 1 deleted, 0 failed
        """
        return FollowReport(
            chunks=self.chunks + 1,
            read=self.read + chunk.read + deleted + superseded,
            written=self.written + chunk.indexed,
            unchanged=self.unchanged + chunk.read - chunk.indexed - chunk.failed + superseded,
            deleted=self.deleted + deleted,
            failed=self.failed + chunk.failed,
        )

    def __str__(self) -> str:
        chunks = "chunk" if self.chunks == 1 else "chunks"
        return (
            f"{self.read:,} changes in {self.chunks:,} {chunks}: {self.written:,} written, "
            f"{self.unchanged:,} unchanged, {self.deleted:,} deleted, {self.failed:,} failed"
        )
