"""The settings of an index while it is filled for the first time, and how they come back.

Elastic's advice for a first load is to switch refreshes and replicas off ("Tune for indexing
speed", elastic.co). Whoever does that must bring them back whatever happens, so what was intended is
written into the mapping's `_meta` before anything is changed: nothing has to be guessed by whoever
finds the index after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from es_hybrid.types import Json

__all__ = ["LOADING", "first_load_since", "marked_meta", "restoring_settings", "unmarked_meta"]

LOADING: Mapping[str, Any] = {
    "refresh_interval": "-1",
    "auto_expand_replicas": "false",
    "number_of_replicas": 0,
}
"""Index settings of a first load."""

_MARK = "first_load"
_EXPANDED = "auto_expand_replicas"


def marked_meta(mapping: Mapping[str, Any], settings: Mapping[str, Any], *, since: str) -> Json:
    """Return the `_meta` of an index whose first load begins.

    Args:
        mapping: The live mapping.
        settings: The live settings, below `index`; what is not there is the server's default.
        since: When it begins, ISO 8601.

    Example:
        >>> marked_meta({}, {"number_of_replicas": "1"}, since="2026-11-21T10:15:00Z")
        {'es_hybrid': {'first_load': {'since': '2026-11-21T10:15:00Z', 'refresh_interval': None, \
'auto_expand_replicas': None, 'number_of_replicas': '1'}}}
    """
    mark = {"since": since, **{name: settings.get(name) for name in LOADING}}
    return _with_mark(mapping, mark)


def unmarked_meta(mapping: Mapping[str, Any]) -> Json:
    """Return the `_meta` of an index whose settings are as intended again."""
    return _with_mark(mapping, None)


def first_load_since(mapping: Mapping[str, Any]) -> str | None:
    """Return when the first load began that has not ended; `None` where there is none."""
    mark = _mark(mapping)
    return None if mark is None else str(mark.get("since"))


def restoring_settings(mapping: Mapping[str, Any]) -> Json | None:
    """Return the settings that were intended before the first load; `None` where there is no mark.

    Replicas that follow the number of nodes are left to do so.
    """
    mark = _mark(mapping)
    if mark is None:
        return None
    found: Json = {name: mark.get(name) for name in LOADING}
    if found[_EXPANDED] not in (None, "false"):
        del found["number_of_replicas"]
    return found


def _mark(mapping: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found = ((mapping.get("_meta") or {}).get("es_hybrid") or {}).get(_MARK)
    return found if isinstance(found, Mapping) else None


def _with_mark(mapping: Mapping[str, Any], mark: Json | None) -> Json:
    meta = dict(mapping.get("_meta") or {})
    ours = {name: value for name, value in (meta.get("es_hybrid") or {}).items() if name != _MARK}
    return meta | {"es_hybrid": ours if mark is None else ours | {_MARK: mark}}
