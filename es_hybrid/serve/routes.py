"""Decides what becomes of a request from its method and path alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

__all__ = ["Kind", "Route", "route"]


class Kind(StrEnum):
    """What becomes of a request."""

    SEARCH = "search"
    MSEARCH = "msearch"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Route:
    """A request's place.

    Attributes:
        kind: What becomes of it.
        index: The names before the endpoint, as `es.search` takes them; `None` for all.
        endpoint: First part of the path that is a word of Elasticsearch's, such as `_search`.
    """

    kind: Kind
    index: str | None
    endpoint: str


_READ_BY_GET = frozenset(
    {
        *("", "_alias", "_aliases", "_analyze", "_async_search", "_capabilities", "_cat"),
        *("_cluster", "_component_template", "_count", "_data_stream", "_doc", "_explain"),
        *("_field_caps", "_ilm", "_index_template", "_ingest", "_license", "_mapping", "_mget"),
        *("_msearch", "_mtermvectors", "_nodes", "_pit", "_rank_eval", "_recovery", "_render"),
        *("_resolve", "_scripts", "_search", "_search_shards", "_segments", "_settings"),
        *("_source", "_sql", "_stats", "_synonyms", "_tasks", "_template", "_termvectors"),
        *("_terms_enum", "_validate", "_xpack"),
    }
)
_READ_BY_POST = frozenset(
    {
        *("_analyze", "_async_search", "_count", "_eql", "_explain", "_field_caps", "_mget"),
        *("_msearch", "_mtermvectors", "_pit", "_query", "_rank_eval", "_render", "_search"),
        *("_search_shards", "_sql", "_termvectors", "_terms_enum", "_validate"),
    }
)
_READ_BY_DELETE = frozenset({"_async_search", "_pit"})
_WHO_AM_I = ["_security", "_authenticate"]


def route(method: str, path: str) -> Route:
    """Return what becomes of a request.

    Args:
        method: In capitals.
        path: As it was sent, percent-encoded, without parameters.

    Example:
        >>> route("POST", "/shoes,boots/_search")
        Route(kind=<Kind.SEARCH: 'search'>, index='shoes,boots', endpoint='_search')
    """
    parts = [unquote(part) for part in path.strip("/").split("/")]
    place = _endpoint_at(parts)
    endpoint = parts[place] if place < len(parts) else ""
    index = "/".join(parts[:place]) or None
    ends_here = place == len(parts) - 1
    if method in {"GET", "POST"} and ends_here and place <= 1:
        if endpoint == "_search":
            return Route(Kind.SEARCH, index, endpoint)
        if endpoint == "_msearch":
            return Route(Kind.MSEARCH, index, endpoint)
    return Route(Kind.READ if _only_reads(method, parts, place) else Kind.WRITE, index, endpoint)


def _endpoint_at(parts: list[str]) -> int:
    """Return the place of the first word of Elasticsearch's; `_all` in front is a name."""
    for place, part in enumerate(parts):
        if part.startswith("_") and not (place == 0 and part.split(",")[0] == "_all"):
            return place
    return len(parts)


def _only_reads(method: str, parts: list[str], place: int) -> bool:
    endpoint = parts[place] if place < len(parts) else ""
    match method:
        case "GET" | "HEAD":
            return endpoint in _READ_BY_GET or parts == _WHO_AM_I
        case "POST":
            return endpoint in _READ_BY_POST
        case "DELETE":  # what a read has opened
            return endpoint in _READ_BY_DELETE or parts == ["_search", "scroll"]
        case _:
            return False
