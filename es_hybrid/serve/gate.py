"""Counts requests, and says when the service drains."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from es_hybrid.serve.routes import Kind

__all__ = ["Gate"]


class Gate:
    """What every request passes.

    Attributes:
        registry: The counts, for Prometheus.
        draining: Whether a stop has been asked for; readiness ends, requests are still answered.
        under_way: Requests that are being answered.

    Example:
        >>> Gate().enter(most=1)
        True
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.draining = False
        self.under_way = 0
        self._answered = Counter(
            "es_hybrid_http_requests",
            "Requests by what became of them: search, msearch, read or write",
            ("kind", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "es_hybrid_http_request_duration_seconds",
            "From the first byte read to the answer",
            ("kind",),
            registry=self.registry,
        )
        now = Gauge("es_hybrid_http_requests_under_way", "Requests now", registry=self.registry)
        now.set_function(lambda: self.under_way)

    def enter(self, *, most: int) -> bool:
        """Let a request in, unless as many are under way."""
        if self.under_way >= most:
            return False
        self.under_way += 1
        return True

    def leave(self) -> None:
        """Let a request out."""
        self.under_way -= 1

    def count(self, kind: Kind, status: int, seconds: float) -> None:
        """Note an answer."""
        self._answered.labels(kind.value, str(status)).inc()
        self._seconds.labels(kind.value).observe(seconds)
