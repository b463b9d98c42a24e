"""How long to pause between pages, so that a shop's own requests come first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Load", "pause_s", "read_load"]


@dataclass(frozen=True, slots=True)
class Load:
    """How busy a cluster is.

    Attributes:
        queue: Most writes that wait on one node.
        rejected: Writes rejected so far, on all nodes.
        cpu: Busiest node's CPU, 0 to 1.
    """

    queue: int = 0
    rejected: int = 0
    cpu: float = 0.0


def read_load(stats: Mapping[str, Any]) -> Load:
    """Read `_nodes/stats/thread_pool,os`."""
    nodes = list(stats.get("nodes", {}).values())
    pools = [node.get("thread_pool", {}).get("write", {}) for node in nodes]
    cpus = [node.get("os", {}).get("cpu", {}).get("percent") or 0 for node in nodes]
    return Load(
        queue=max((int(pool.get("queue", 0)) for pool in pools), default=0),
        rejected=sum(int(pool.get("rejected", 0)) for pool in pools),
        cpu=max(cpus, default=0) / 100,
    )


def pause_s(load: Load, before: Load | None) -> float:
    """Return the seconds to pause after a page.

    Rejected writes ask for the longest pause; then a queue, then a CPU that is nearly full.

    Example:
        >>> pause_s(Load(cpu=0.5), None), pause_s(Load(queue=100), None)
        (0.0, 1.0)
    """
    if before is not None and load.rejected > before.rejected:
        return 5.0
    queued = min(load.queue / 100, 2.0)
    hot = max(load.cpu - 0.85, 0.0) / 0.15 * 0.25
    return round(queued + hot, 3)
