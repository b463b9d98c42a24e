"""Decides when a second request is sent because the first one takes long. Pure: no clock.

Source: Jeffrey Dean and Luiz André Barroso, "The Tail at Scale", Communications of the ACM, 2013:
a second request after the 95th percentile of the answer times cuts the slowest answers for a few
per cent more requests.
"""

from __future__ import annotations

import threading
from collections import deque

__all__ = ["Hedge"]

_QUANTILE = 0.95
_WINDOW = 200
_ENOUGH = 20
"""Answers that must have been seen before their slowest tell anything."""


class Hedge:
    """When to send a second request, and whether there may be one at all.

    Args:
        after_s: Seconds to wait for the first answer; 0 takes the 95th percentile of those seen,
            `None` never sends a second one.
        share: Second requests a call, at most, in the long run.

    Example:
        >>> hedge = Hedge(0.05)
        >>> hedge.delay_s(), hedge.take(), hedge.take()
        (0.05, True, False)
    """

    def __init__(self, after_s: float | None = None, *, share: float = 0.05) -> None:
        self._after_s = after_s
        self._share = share
        self._allowance = 1.0
        self._took_s: deque[float] = deque(maxlen=_WINDOW)
        self._lock = threading.Lock()

    def delay_s(self) -> float | None:
        """Return the seconds after which a second request may go; `None`: none may."""
        if self._after_s is None or self._allowance < 1.0:
            return None
        if self._after_s > 0.0:
            return self._after_s
        with self._lock:
            seen = sorted(self._took_s)
        return seen[int(_QUANTILE * len(seen))] if len(seen) >= _ENOUGH else None

    def answered(self, took_s: float) -> None:
        """Note a call that was answered, and how long that took."""
        with self._lock:
            self._took_s.append(took_s)
            # Saved up in quiet times, but not without end: a server that turns slow gets ten.
            self._allowance = min(self._allowance + self._share, 10.0)

    def take(self) -> bool:
        """Return whether a second request may go now, and count it."""
        with self._lock:
            if self._allowance < 1.0:
                return False
            self._allowance -= 1.0
            return True
