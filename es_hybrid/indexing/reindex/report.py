"""How far a reindex is, and what it did."""

from __future__ import annotations

from dataclasses import dataclass

from es_hybrid.indexing.report import Failure

__all__ = ["BackfillReport", "Check", "ReindexProgress", "ReindexReport", "eta_s"]


@dataclass(frozen=True, slots=True)
class Check:
    """One look at the new index before the alias moves.

    Attributes:
        name: `uuid`, `count`, `sample`, `dims`, `vectors` or `probes`.
        passed: Whether the alias may move.
        detail: What was found.
    """

    name: str
    passed: bool
    detail: str

    def __str__(self) -> str:
        return f"{'ok' if self.passed else 'FAILED'}  {self.name}: {self.detail}"


@dataclass(frozen=True, slots=True)
class ReindexProgress:
    """Where a reindex is.

    Attributes:
        step: Name of the step, such as `copy`.
        done: Documents that the step is done with.
        total: How many there are; `None` where that is not known.
        eta_s: Seconds that the step still needs at its speed so far; `None` where unknown.
    """

    step: str
    done: int = 0
    total: int | None = None
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What a reindex or a rollback did.

    Attributes:
        alias: The name that moved.
        old_index: What it pointed to, kept for rollback and closed to writes.
        new_index: What it points to.
        copied: Documents copied at first.
        caught_up: Documents written again because they changed meanwhile.
        deleted: Documents removed again because they were deleted meanwhile.
        embedded: Texts turned into vectors.
        without_vector: Documents that were written without one and have something to embed.
        passes: Catch-up passes.
        held_s: Seconds for which Elasticsearch let writes wait around the swap.
        elapsed_s: Seconds in all, pauses between a kill and its resume left out.
        checks: What was looked at before the swap.
        failures: The first 1,000 documents that the new index refused.
        failed: How many it refused.
        warnings: What a person should know.

    Example:
        >>> print(ReindexReport("products", "products-1", "products-2", copied=3, elapsed_s=1.5))
        products: products-1 -> products-2, 3 copied, 0 caught up, 0 deleted, 0 failed, 1.5 s
    """

    alias: str
    old_index: str
    new_index: str
    copied: int = 0
    caught_up: int = 0
    deleted: int = 0
    embedded: int = 0
    without_vector: int = 0
    passes: int = 0
    held_s: float = 0.0
    elapsed_s: float = 0.0
    checks: tuple[Check, ...] = ()
    failures: tuple[Failure, ...] = ()
    failed: int = 0
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.alias}: {self.old_index} -> {self.new_index}, {self.copied:,} copied, "
            f"{self.caught_up:,} caught up, {self.deleted:,} deleted, {self.failed:,} failed, "
            f"{self.elapsed_s:.1f} s"
        )


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What a backfill did: `read = embedded + unchanged + without_text + failed`.

    Attributes:
        index: The index that was filled.
        read: Documents looked at.
        embedded: Documents that got a new vector.
        unchanged: Documents whose vector is that of their text, or that changed meanwhile.
        without_text: Documents with nothing to embed.
        cut_texts: Documents whose text is longer than what is embedded; see `IngestReport`.
        failed: Documents that have no vector now, because the embedder or the index refused.
        failures: The first 1,000 of them.
        elapsed_s: Seconds in all.
    """

    index: str
    read: int = 0
    embedded: int = 0
    unchanged: int = 0
    without_text: int = 0
    cut_texts: int = 0
    failed: int = 0
    failures: tuple[Failure, ...] = ()
    elapsed_s: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.index}: {self.read:,} read, {self.embedded:,} embedded, "
            f"{self.unchanged:,} unchanged, {self.without_text:,} without text, "
            f"{self.failed:,} failed, {self.elapsed_s:.1f} s"
        )


def eta_s(*, done: int, total: int | None, elapsed_s: float) -> float | None:
    """Return the seconds a step still needs if it goes on as it did; `None` where unknown.

    Example:
        >>> eta_s(done=250, total=1000, elapsed_s=10.0)
        30.0
    """
    if not total or not done:
        return None
    return max(total - done, 0) * elapsed_s / done
