"""How much goes into one bulk request and how many go at once, by how the server took the last ones.

A busy server (429) halves the requests in flight, and every round of requests that it takes adds one
again: additive increase, multiplicative decrease, which converges for clients that share a server
(Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in
Computer Networks", 1989). A request that is too large (413) halves the bytes for good.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

__all__ = ["Pace"]

_LEAST_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of the next bulk request.

    Attributes:
        in_flight: Requests at once.
        max_bytes: Bytes a request, at most; a single document may be larger.
        max_actions: Items a request, at most.
        most_in_flight: What `in_flight` grows to.
        most_bytes: What `max_bytes` grows to.
        taken: Requests that were taken since the last change.
    """

    in_flight: int
    max_bytes: int
    max_actions: int
    most_in_flight: int
    most_bytes: int
    taken: int = 0

    @classmethod
    def of(cls, *, in_flight: int, max_bytes: int, max_actions: int) -> Self:
        """Return the pace of a beginning: everything that the settings allow.

        Example:
            >>> pace = Pace.of(in_flight=4, max_bytes=8_000_000, max_actions=500)
            >>> pace.busy(pace).in_flight
            2
        """
        return cls(in_flight, max_bytes, max_actions, in_flight, max_bytes)

    def took(self) -> Pace:
        """Return the pace after a request without trouble: slowly up to what is allowed."""
        if self.in_flight == self.most_in_flight and self.max_bytes == self.most_bytes:
            return self
        if self.taken + 1 < self.in_flight:
            return replace(self, taken=self.taken + 1)
        return replace(
            self,
            in_flight=min(self.in_flight + 1, self.most_in_flight),
            max_bytes=min(self.max_bytes + self.most_bytes // 8, self.most_bytes),
            taken=0,
        )

    def busy(self, sent: Pace) -> Pace:
        """Return the pace after a 429: half as many requests at once; alone, half as large ones.

        Args:
            sent: The pace when the request went; requests refused together count once.
        """
        if self.in_flight < sent.in_flight or self.max_bytes < sent.max_bytes:
            return self
        if self.in_flight > 1:
            return replace(self, in_flight=self.in_flight // 2, taken=0)
        return replace(self, max_bytes=max(self.max_bytes // 2, _LEAST_BYTES), taken=0)

    def too_large(self, size: int) -> Pace:
        """Return the pace after a 413: half of the size refused is the most from now on.

        Args:
            size: Bytes of the request.
        """
        most = max(min(self.most_bytes, size // 2), _LEAST_BYTES)
        return replace(self, max_bytes=min(self.max_bytes, most), most_bytes=most, taken=0)
