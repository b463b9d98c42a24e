"""Find a shop's own stages by entry point, on demand.

A plug-in is loaded when a setting names it, never at import. Its entry point is a callable that
takes the `Settings` and returns the object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from es_hybrid.errors import ConfigurationError
from es_hybrid.settings import Settings


class PluginGroup(StrEnum):
    """Entry-point groups that are read."""

    EMBEDDERS = "es_hybrid.embedders"
    RERANKERS = "es_hybrid.rerankers"
    BOOSTS = "es_hybrid.boosts"
    FUSERS = "es_hybrid.fusers"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One installed plug-in, not loaded."""

    group: PluginGroup
    name: str
    distribution: str
    version: str


def installed() -> Iterator[Plugin]:
    """Yield every installed plug-in; nothing is imported."""
    for group in PluginGroup:
        for point in entry_points(group=group):
            about = point.dist
            yield Plugin(
                group, point.name, about.name if about else "", about.version if about else ""
            )


def load(group: PluginGroup, name: str, settings: Settings) -> Any:
    """Load one plug-in and make its object.

    Args:
        group: Which kind of stage.
        name: As the setting names it.
        settings: Handed to the plug-in's factory.

    Raises:
        ConfigurationError: No such plug-in is installed, or it cannot be loaded.
    """
    point = _entry_point(group, name)
    try:
        return point.load()(settings)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ConfigurationError(f"plug-in {name} of {group} cannot be loaded: {reason}") from error


def names(group: PluginGroup) -> tuple[str, ...]:
    """Return the names installed in a group."""
    return tuple(sorted(point.name for point in entry_points(group=group)))


def _entry_point(group: PluginGroup, name: str) -> EntryPoint:
    for point in entry_points(group=group, name=name):
        return point
    known = ", ".join(names(group)) or "none"
    raise ConfigurationError(
        f"no plug-in {name} in {group}", hint=f"installed: {known}; es-hybrid doctor lists them"
    )
