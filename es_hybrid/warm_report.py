"""What computing query vectors ahead of time did."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["WarmQueriesReport"]


@dataclass(frozen=True, slots=True)
class WarmQueriesReport:
    """What `warm_queries` did.

    Attributes:
        queries: Different queries that were looked at.
        computed: Vectors that were computed and kept.
        remembered: Queries whose vector was there already.
        left_out: Queries in a language that the model does not know; searches never embed them.
        failed: Queries without a vector, because the server or Redis failed.
        reason: The first failure.
    """

    queries: int = 0
    computed: int = 0
    remembered: int = 0
    left_out: int = 0
    failed: int = 0
    reason: str = ""

    def __str__(self) -> str:
        said = (
            f"{self.queries:,} queries: {self.computed:,} computed, {self.remembered:,} remembered"
            f" already, {self.left_out:,} left out, {self.failed:,} failed"
        )
        return f"{said} ({self.reason})" if self.reason else said
