"""Look at the plug-ins that are installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points

from es_hybrid.checks import Check, Status

__all__ = ["check_plugins"]

_GROUPS = ("embedders", "rerankers", "boosts", "fusers")


def check_plugins() -> Iterator[Check]:
    """Yield one line per group of plug-ins, with the packages and versions they come from."""
    for group in _GROUPS:
        found = sorted(entry_points(group=f"es_hybrid.{group}"), key=lambda entry: entry.name)
        listed = (
            f"{entry.name} ({entry.dist.name} {entry.dist.version})" if entry.dist else entry.name
            for entry in found
        )
        yield Check(f"plug-ins: {group}", Status.OK, ", ".join(listed) or "none installed")
