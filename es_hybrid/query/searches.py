"""The arguments of `es.msearch`, as one set of `search` arguments each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from es_hybrid.query.request import URL_PARAMETERS
from es_hybrid.types import Json

_SHARED = (
    "allow_no_indices",
    "ccs_minimize_roundtrips",
    "expand_wildcards",
    "ignore_throttled",
    "ignore_unavailable",
    "include_named_queries_score",
    "max_concurrent_shard_requests",
    "rest_total_hits_as_int",
    "routing",
    "search_type",
    "typed_keys",
)
"""Parameters of `msearch` that `search` has too; a header's own win over them."""

_NOT_OURS = frozenset({"filter_path", "project_routing", "route_slice", "pre_filter_shard_size"})
"""Parameters that say something of the answer as a whole; such a call goes out as it came."""

_URL_NAMES = {name: argument for argument, name in URL_PARAMETERS.items()}


def read_searches(arguments: Mapping[str, Any]) -> list[Json] | None:
    """Return each search of an `msearch` as arguments of `search`.

    Args:
        arguments: Keyword arguments of `msearch`; nothing in them is edited.

    Returns:
        `None` where the call is not understood; Elasticsearch's client is then left to answer.

    Example:
        >>> read_searches({"index": "products", "searches": [{}, {"size": 1}]})
        [{'index': 'products', 'body': {'size': 1}}]
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    lines = given.get("searches", given.get("body"))
    known = {*_SHARED, "index", "searches", "body", "max_concurrent_searches"}
    if _NOT_OURS.intersection(given) or not known.issuperset(given):
        return None
    if isinstance(lines, (str, bytes)) or not isinstance(lines, Sequence) or len(lines) % 2:
        return None
    parsed = [_line(line) for line in lines]
    shared = {name: given[name] for name in ("index", *_SHARED) if name in given}
    searches = []
    for header, body in zip(parsed[::2], parsed[1::2], strict=True):
        if header is None or body is None:
            return None
        own = {_URL_NAMES.get(name, name): value for name, value in header.items()}
        searches.append({**shared, **own, "body": body})
    return searches


def _line(line: Any) -> Json | None:
    if isinstance(line, (str, bytes)):
        try:
            line = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
    return dict(line) if isinstance(line, Mapping) else None
