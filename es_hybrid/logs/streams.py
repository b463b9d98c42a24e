"""The data streams of the log: their names, their index templates, their bulk lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from es_hybrid.indexing.shipped import shipped_text
from es_hybrid.types import Json

__all__ = ["Stream", "index_template", "stream_name", "template_name"]


class Stream(StrEnum):
    """What is logged where."""

    QUERIES = "queries"
    EVENTS = "events"


def stream_name(prefix: str, stream: Stream) -> str:
    """Return the name of a data stream, or the first part of a file's name.

    Example:
        >>> stream_name("ubi", Stream.EVENTS)
        'ubi_events'
    """
    return f"{prefix}_{stream}"


def template_name(prefix: str, stream: Stream) -> str:
    """Return the name of a data stream's index template.

    Example:
        >>> template_name("ubi", Stream.EVENTS)
        'es-hybrid-ubi_events'
    """
    return f"es-hybrid-{stream_name(prefix, stream)}"


def index_template(
    prefix: str, stream: Stream, *, keep: str | None = None, ilm_policy: str | None = None
) -> Json:
    """Return the body of `PUT _index_template/…` that makes a name a data stream.

    It asks for nothing that a cluster may lack: no lifecycle unless it is named here.

    Args:
        prefix: How the stream's name begins.
        stream: Which.
        keep: How long Elasticsearch keeps records by itself, such as `90d` (data stream lifecycle).
        ilm_policy: An existing policy of index lifecycle management, in its place.

    Example:
        >>> index_template("shop", Stream.QUERIES)["index_patterns"]
        ['shop_queries']
    """
    template: Json = json.loads(shipped_text(f"ubi_{stream}.json"))
    template["index_patterns"] = [stream_name(prefix, stream)]
    inner: dict[str, Any] = template["template"]
    if keep is not None:
        inner["lifecycle"] = {"data_retention": keep}
    if ilm_policy is not None:
        settings: Mapping[str, Any] = inner.get("settings", {})
        inner["settings"] = {**settings, "index.lifecycle.name": ilm_policy}
    return template
