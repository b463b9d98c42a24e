"""Which requests must not be touched, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from es_hybrid.query.request import SearchRequest
from es_hybrid.types import PassthroughReason as Reason

_FOR_Q = ("df", "analyzer", "analyze_wildcard", "default_operator", "lenient")
"""URL parameters that Elasticsearch refuses without `q`."""

MAX_RESULT_WINDOW = 10_000
"""Elasticsearch's own default limit of `from + size`; past it, it says so itself."""

_BODY: tuple[tuple[str, Reason], ...] = (
    ("knn", Reason.KNN),
    ("retriever", Reason.RETRIEVER),
    ("rank", Reason.RANK),
    ("pit", Reason.PIT),
    ("search_after", Reason.SEARCH_AFTER),
    ("slice", Reason.SLICE),
    ("min_score", Reason.MIN_SCORE),
    ("terminate_after", Reason.TERMINATE_AFTER),
    ("project_routing", Reason.PARAMETER),
)
"""Body fields whose meaning a second leg would change."""

_PARAMS: tuple[tuple[str, Reason], ...] = (
    ("scroll", Reason.SCROLL),
    ("filter_path", Reason.PARAMETER),
    ("batched_reduce_size", Reason.PARAMETER),
    ("force_synthetic_source", Reason.PARAMETER),
    ("min_compatible_shard_node", Reason.PARAMETER),
    ("route_slice", Reason.PARAMETER),
    ("suggest_field", Reason.PARAMETER),
    ("suggest_mode", Reason.PARAMETER),
    ("suggest_size", Reason.PARAMETER),
    ("suggest_text", Reason.PARAMETER),
)
"""URL parameters that `_msearch` cannot carry for one search."""


def passthrough_reason(request: SearchRequest) -> tuple[Reason, str] | None:
    """Return why a request goes to Elasticsearch as it came, and the JSON path that decides.

    Args:
        request: The sorted request.

    Returns:
        Reason and path, or `None` where the request can be improved.
    """
    if not request.enabled:
        return Reason.SWITCHED_OFF, "ext.hybrid"
    if not request.understood:
        return Reason.PARAMETER, "body"
    if request.index is None:
        return Reason.NO_INDEX, "index"
    return _named_reason(request) or _page_reason(request) or _text_reason(request)


def _named_reason(request: SearchRequest) -> tuple[Reason, str] | None:
    for name, reason in _BODY:
        if _says_something(request.body.get(name)):
            return reason, name
    for name, reason in _PARAMS:
        if name in request.params:
            return reason, name
    for name in _FOR_Q:
        if name in request.params and "q" not in request.params:
            return Reason.PARAMETER, name
    total = request.body.get("track_total_hits")
    if request.params.get("rest_total_hits_as_int") and type(total) is int:
        return Reason.PARAMETER, "track_total_hits"
    collapse = request.body.get("collapse")
    if collapse is not None and not _names_field(collapse):
        return Reason.PARAMETER, "collapse"
    if "_none_" in _as_names(request.body.get("stored_fields")):
        return Reason.PARAMETER, "stored_fields"
    return None if sorts_by_score(request.body.get("sort")) else (Reason.SORT, "sort")


def _page_reason(request: SearchRequest) -> tuple[Reason, str] | None:
    for name in ("from", "size"):
        if not _is_count(request.body.get(name)):
            return Reason.PARAMETER, name
    if request.size == 0:
        return Reason.SIZE_ZERO, "size"
    if request.from_ + request.size > MAX_RESULT_WINDOW:
        return Reason.PAST_RESULT_WINDOW, "from"
    return None


def _text_reason(request: SearchRequest) -> tuple[Reason, str] | None:
    if request.ambiguous:
        return Reason.AMBIGUOUS_TEXT, "ext.hybrid.text"
    if request.text is None:
        return Reason.NO_TEXT, "ext.hybrid.text"
    if any("completion" in each for each in _suggesters(request.body.get("suggest"))):
        return Reason.PARAMETER, "suggest"
    return None


def sorts_by_score(sort: Any) -> bool:
    """Say whether a `sort` asks for what search does anyway: by score, best first.

    Example:
        >>> sorts_by_score([{"_score": {"order": "desc"}}]), sorts_by_score("price")
        (True, False)
    """
    if sort is None or sort in ([], ()):
        return True
    if isinstance(sort, (list, tuple)):
        return len(sort) == 1 and sorts_by_score(sort[0])
    if isinstance(sort, dict):
        if list(sort) != ["_score"]:
            return False
        order = sort["_score"]
        return order in ("desc", None, {}) or order == {"order": "desc"}
    return sort in ("_score", "_score:desc")


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 0)


def _suggesters(suggest: Any) -> list[Mapping[str, Any]]:
    """Completions answer with documents of their own, which candidates leave out."""
    if not isinstance(suggest, Mapping):
        return []
    return [each for each in suggest.values() if isinstance(each, Mapping)]


def _names_field(collapse: Any) -> bool:
    return isinstance(collapse, Mapping) and isinstance(collapse.get("field"), str)


def _as_names(value: Any) -> list[Any]:
    return value.split(",") if isinstance(value, str) else list(value or ())


def _says_something(value: Any) -> bool:
    return value is not None and value not in ({}, [], ())
