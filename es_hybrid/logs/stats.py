"""What became of the records of one client."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LogStats"]


@dataclass(frozen=True, slots=True)
class LogStats:
    """Records, counted since the client was made; each is one of the four.

    Attributes:
        written: Stored.
        failed: Given up, because Elasticsearch or the disk did not take them.
        dropped: Not taken, because too many waited or the client was closed.
        waiting: Still to be written.
    """

    written: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0
