"""Turns a request on the wire into the arguments of `search` and `msearch`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from es_hybrid.query.request import URL_PARAMETERS
from es_hybrid.types import Json

__all__ = ["msearch_arguments", "search_arguments"]

_ARGUMENTS = {name: argument for argument, name in URL_PARAMETERS.items()}
"""Names in a URL, with the arguments of `es.search` that stand for them."""


def search_arguments(
    index: str | None, parameters: Sequence[tuple[str, str]], content: bytes
) -> Json | None:
    """Return the arguments of `search`, or `None` where Elasticsearch had better answer itself.

    Parameters in the URL win over the body, as they do in Elasticsearch.

    Args:
        index: Names or aliases.
        parameters: Of the URL, decoded.
        content: The body as it was sent.

    Example:
        >>> search_arguments("shoes", [("size", "3")], b'{"query": {"match_all": {}}}')
        {'index': 'shoes', 'body': {'query': {'match_all': {}}, 'size': 3}}
    """
    found = dict(parameters)
    if len(found) < len(parameters):
        return None
    found.pop("pretty", None)
    if not content and "source" in found:
        content = found.pop("source").encode()
        found.pop("source_content_type", None)
    body = _object(content) if content.strip() else {}
    if body is None:
        return None
    arguments: Json = {} if index is None else {"index": index}
    for name, value in found.items():
        if name in _IN_BODY:
            try:
                body = {**body, name: _IN_BODY[name](value)}
            except ValueError:
                return None
        elif name in _ARGUMENTS:
            arguments[_ARGUMENTS[name]] = value
        else:
            return None
    return {**arguments, "body": body} if body else arguments


def msearch_arguments(
    index: str | None, parameters: Mapping[str, str], content: bytes
) -> Json | None:
    r"""Return the arguments of `msearch`, or `None` where Elasticsearch had better answer itself.

    Args:
        index: Of searches that name none.
        parameters: Of the URL, decoded.
        content: Lines of headers and bodies.

    Example:
        >>> msearch_arguments(None, {}, b'{"index": "shoes"}\n{"size": 1}\n')
        {'searches': [{'index': 'shoes'}, {'size': 1}]}
    """
    lines = content.rstrip(b"\n").split(b"\n")
    searches = [_object(line) if line.strip() else {} for line in lines]
    if len(searches) % 2 or not content.strip() or None in searches:
        return None
    found = {name: value for name, value in parameters.items() if name != "pretty"}
    if not _ARGUMENTS.keys() >= found.keys() - {"max_concurrent_searches"}:
        return None
    named = {_ARGUMENTS.get(name, name): value for name, value in found.items()}
    return {**({} if index is None else {"index": index}), **named, "searches": searches}


def _object(content: bytes) -> Json | None:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _flag(value: str) -> bool:
    if value in {"", "true"}:
        return True
    if value == "false":
        return False
    raise ValueError(value)


def _flag_or_number(value: str) -> bool | int:
    return int(value) if value.lstrip("-").isdigit() else _flag(value)


def _names(value: str) -> list[str]:
    return value.split(",")


def _source(value: str) -> bool | list[str]:
    return value == "true" if value in {"true", "false"} else _names(value)


def _sort(value: str) -> list[Any]:
    """Read `field:desc,other`."""
    keys: list[Any] = []
    for part in value.split(","):
        field, colon, order = part.rpartition(":")
        keys.append({field: {"order": order}} if colon else part)
    return keys


_IN_BODY: Mapping[str, Callable[[str], Any]] = {
    "_source": _source,
    "docvalue_fields": _names,
    "explain": _flag,
    "from": int,
    "seq_no_primary_term": _flag,
    "size": int,
    "sort": _sort,
    "stats": _names,
    "stored_fields": _names,
    "terminate_after": int,
    "timeout": str,
    "track_scores": _flag,
    "track_total_hits": _flag_or_number,
    "version": _flag,
}
"""Parameters that the body has, too, each with how it is read."""
