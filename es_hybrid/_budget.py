"""One deadline, split among the stages of a search. Pure: the clock is an argument."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that a search may spend on its model calls.

    Attributes:
        total_s: Seconds in all.
        started_s: When the search began, on a monotonic clock.

    Example:
        >>> budget = Budget(total_s=0.4, started_s=100.0)
        >>> round(budget.slice(100.25, stage_timeout_s=0.3), 3)
        0.15
    """

    total_s: float
    started_s: float

    def remaining(self, now: float) -> float:
        """Return the seconds left at `now`, never below 0 nor above the total."""
        spent = max(now - self.started_s, 0.0)
        return max(self.total_s - spent, 0.0)

    def exhausted(self, now: float) -> bool:
        """Return whether nothing is left at `now`."""
        return self.remaining(now) <= 0.0

    def slice(self, now: float, *, stage_timeout_s: float, reserve_s: float = 0.0) -> float:
        """Return the seconds one stage may take from `now` on.

        Args:
            now: The same clock as `started_s`.
            stage_timeout_s: The stage's own limit.
            reserve_s: Seconds to leave for the stages after it.

        Returns:
            The smaller of its limit and what is left, never below 0.
        """
        return max(min(stage_timeout_s, self.remaining(now) - reserve_s), 0.0)
