"""Moments of people and of logs, many of which do not say in which zone they are."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["zoned"]


def zoned(moment: datetime) -> datetime:
    """Return a moment with its time zone, UTC where it has none.

    Python takes a moment without one as of the machine's zone, which no log means.

    Example:
        >>> zoned(datetime(1970, 1, 2)).timestamp()
        86400.0
    """
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
