"""Which settings a new index takes over, and when each comes into force.

While documents are copied, refreshes, replicas and pipelines are off. Around the swap the new index
lets writes wait: they ask for one copy more than can be there (`write.wait_for_active_shards: all`
with a replica that is not allocated), which Elasticsearch looks at again with each change of the
cluster. Taken back, they go on. Our own writes ask for one copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from es_hybrid.types import Json

__all__ = [
    "building",
    "closed_gate",
    "is_gate_closed",
    "kept",
    "open_gate",
    "restored",
    "shards_of",
]

_PRIVATE = (
    "uuid",
    "creation_date",
    "creation_date_string",
    "provided_name",
    "version",
    "resize",
    "blocks",
    "history",
    "lifecycle",
    "routing",
    "shard",
    "verified_before_close",
    "verified_read_only",
    "merge_policy",
)
_PIPELINES = ("default_pipeline", "final_pipeline")


def kept(settings: Mapping[str, Any]) -> Json:
    """Return what a new index takes over: analysis, sizes, limits; not identity, state or place.

    Args:
        settings: The object `index` of `GET index/_settings`.
    """
    return {name: value for name, value in settings.items() if name not in _PRIVATE}


def building(settings: Mapping[str, Any]) -> Json:
    """Return the settings of an index while documents are copied into it."""
    index = _index(settings)
    off = {"refresh_interval": "-1", "number_of_replicas": 0, "auto_expand_replicas": "false"}
    return {
        **{k: v for k, v in settings.items() if k == "analysis"},
        "index": {k: v for k, v in index.items() if k not in _PIPELINES and k != "analysis"} | off,
        **({"analysis": index["analysis"]} if "analysis" in index else {}),
    }


def restored(settings: Mapping[str, Any]) -> Json:
    """Return what is set back before the swap: refreshes and replicas."""
    index = _index(settings)
    expand = index.get("auto_expand_replicas")
    found: Json = {
        "refresh_interval": index.get("refresh_interval"),
        "auto_expand_replicas": expand if _expands(expand) else "false",
    }
    if not _expands(expand):
        found["number_of_replicas"] = int(index.get("number_of_replicas", 1))
    return {"index": found}


def closed_gate(live: Mapping[str, Any]) -> Json:
    """Return the settings under which writes wait, given the live ones; copies stay as they are."""
    return {
        "index": {
            "auto_expand_replicas": "false",
            "number_of_replicas": int(live.get("number_of_replicas", 0)) + 1,
            "routing.allocation.enable": "primaries",
            "write.wait_for_active_shards": "all",
        }
    }


def open_gate(live: Mapping[str, Any], settings: Mapping[str, Any]) -> Json:
    """Return the settings that let waiting writes go on, pipelines included.

    Args:
        live: The live settings of an index whose gate is closed.
        settings: Those that it shall have.
    """
    index = _index(settings)
    expand = index.get("auto_expand_replicas")
    found: Json = {
        "number_of_replicas": max(int(live.get("number_of_replicas", 1)) - 1, 0),
        "routing.allocation.enable": None,
        "write.wait_for_active_shards": index.get("write", {}).get("wait_for_active_shards"),
    }
    if _expands(expand):
        found["auto_expand_replicas"] = expand
    found |= {name: index[name] for name in _PIPELINES if name in index}
    return {"index": found}


def is_gate_closed(live: Mapping[str, Any]) -> bool:
    """Tell from an index's live settings whether its gate is closed."""
    write = live.get("write", {}).get("wait_for_active_shards")
    enable = live.get("routing", {}).get("allocation", {}).get("enable")
    return (write, enable) == ("all", "primaries")


def shards_of(settings: Mapping[str, Any]) -> int:
    """Return how many primaries an index has, from its settings."""
    return int(_index(settings).get("number_of_shards", 1))


def _index(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = settings.get("index", settings)
    return found


def _expands(value: Any) -> bool:
    return value not in (None, "false", False)
