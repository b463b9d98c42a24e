"""The arguments of `es.search`, sorted into what the pipeline needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from es_hybrid.errors import RequestError
from es_hybrid.query.options import PATH, HybridOptions, parse_options
from es_hybrid.query.text import FoundText, find_text, text_at
from es_hybrid.types import Json

BODY_FIELDS: Mapping[str, str] = {
    "aggregations": "aggregations",
    "aggs": "aggs",
    "collapse": "collapse",
    "docvalue_fields": "docvalue_fields",
    "explain": "explain",
    "ext": "ext",
    "fields": "fields",
    "from_": "from",
    "highlight": "highlight",
    "indices_boost": "indices_boost",
    "knn": "knn",
    "min_score": "min_score",
    "pit": "pit",
    "post_filter": "post_filter",
    "profile": "profile",
    "project_routing": "project_routing",
    "query": "query",
    "rank": "rank",
    "rescore": "rescore",
    "retriever": "retriever",
    "runtime_mappings": "runtime_mappings",
    "script_fields": "script_fields",
    "search_after": "search_after",
    "seq_no_primary_term": "seq_no_primary_term",
    "size": "size",
    "slice": "slice",
    "sort": "sort",
    "source": "_source",
    "stats": "stats",
    "stored_fields": "stored_fields",
    "suggest": "suggest",
    "terminate_after": "terminate_after",
    "timeout": "timeout",
    "track_scores": "track_scores",
    "track_total_hits": "track_total_hits",
    "version": "version",
}
"""Arguments of `es.search` that travel in the body, with their names there."""

_OTHER_SPELLINGS = {
    "_source": "source",
    "_source_excludes": "source_excludes",
    "_source_includes": "source_includes",
    "from": "from_",
}
"""Names that the client renames before it looks at them."""

_BODY_NAMES = frozenset(BODY_FIELDS.values())

URL_PARAMETERS: Mapping[str, str] = {
    "allow_no_indices": "allow_no_indices",
    "allow_partial_search_results": "allow_partial_search_results",
    "analyze_wildcard": "analyze_wildcard",
    "analyzer": "analyzer",
    "batched_reduce_size": "batched_reduce_size",
    "ccs_minimize_roundtrips": "ccs_minimize_roundtrips",
    "default_operator": "default_operator",
    "df": "df",
    "error_trace": "error_trace",
    "expand_wildcards": "expand_wildcards",
    "filter_path": "filter_path",
    "force_synthetic_source": "force_synthetic_source",
    "human": "human",
    "ignore_throttled": "ignore_throttled",
    "ignore_unavailable": "ignore_unavailable",
    "include_named_queries_score": "include_named_queries_score",
    "lenient": "lenient",
    "max_concurrent_shard_requests": "max_concurrent_shard_requests",
    "min_compatible_shard_node": "min_compatible_shard_node",
    "pre_filter_shard_size": "pre_filter_shard_size",
    "preference": "preference",
    "pretty": "pretty",
    "q": "q",
    "request_cache": "request_cache",
    "rest_total_hits_as_int": "rest_total_hits_as_int",
    "route_slice": "_slice",
    "routing": "routing",
    "scroll": "scroll",
    "search_type": "search_type",
    "source_exclude_vectors": "_source_exclude_vectors",
    "source_excludes": "_source_excludes",
    "source_includes": "_source_includes",
    "suggest_field": "suggest_field",
    "suggest_mode": "suggest_mode",
    "suggest_size": "suggest_size",
    "suggest_text": "suggest_text",
    "typed_keys": "typed_keys",
}
"""Arguments of `es.search` that travel in the URL, with their names there."""

_KNOWN = frozenset({*BODY_FIELDS, *URL_PARAMETERS, "index", "body"})

_QUERY_STRING_PARAMETERS = {
    "df": "default_field",
    "analyzer": "analyzer",
    "analyze_wildcard": "analyze_wildcard",
    "default_operator": "default_operator",
    "lenient": "lenient",
}


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One call of `search`, sorted.

    Attributes:
        index: Comma-separated names or aliases; `None` searches everything.
        body: The body in Elasticsearch's names, without `ext.hybrid`. Never edited.
        params: URL parameters in Python's names, those that are `None` left out.
        arguments: What the bare client would be called with: the caller's, without `ext.hybrid`.
        options: The checked `ext.hybrid`; defaults where there is none.
        enabled: False where the caller wrote `"hybrid": False`.
        explicit: Whether the caller wrote an `ext.hybrid` section.
        found: The shopper's words, `None` where there are none or they are ambiguous.
        ambiguous: Whether several different texts were found.
        understood: False where arguments are unknown or contradict each other; Elasticsearch or
            its client is then left to say so.
    """

    index: str | None
    body: Json
    params: Mapping[str, Any]
    arguments: Mapping[str, Any]
    options: HybridOptions
    enabled: bool = True
    explicit: bool = False
    found: FoundText | None = None
    ambiguous: bool = False
    understood: bool = True

    @property
    def demands(self) -> bool:
        """Whether `ext.hybrid` asks for anything: what the log is told asks for nothing."""
        return self.explicit and self.options.model_fields_set != {"log"}

    @property
    def from_(self) -> int:
        """First hit of the page."""
        return int(self.body.get("from") or 0)

    @property
    def size(self) -> int:
        """Hits per page; Elasticsearch's default is 10."""
        size = self.body.get("size")
        return 10 if size is None else int(size)

    @property
    def text(self) -> str | None:
        """The shopper's words."""
        return self.found.text if self.found else None


def parse_request(arguments: Mapping[str, Any]) -> SearchRequest:
    """Sort the arguments of `es.search`.

    Args:
        arguments: Keyword arguments as the caller gave them; nothing in them is edited.

    Raises:
        RequestError: `ext.hybrid` is wrong.

    Example:
        >>> parse_request({"index": "products", "query": {"match": {"title": "shoe"}}}).text
        'shoe'
    """
    given = _renamed({name: value for name, value in arguments.items() if value is not None})
    body, understood = _body(given)
    params = {name: value for name, value in given.items() if name in URL_PARAMETERS}
    present, section = _section(body)
    explicit = section is not None and section is not False
    options = parse_options(section) if explicit else HybridOptions()
    body = _without_section(body)
    body = _with_url_query(_with_url_source(body, params), params)
    found, ambiguous = _find(body, options)
    return SearchRequest(
        index=_index(given.get("index")),
        body=body,
        params=params,
        arguments=without_hybrid(given) if present else arguments,
        options=options,
        enabled=section is not False,
        explicit=explicit,
        found=found,
        ambiguous=ambiguous,
        understood=understood,
    )


def _renamed(given: Json) -> Json:
    """Spell arguments as the client does, which takes Elasticsearch's own names, too."""
    return {
        _OTHER_SPELLINGS[name]
        if name in _OTHER_SPELLINGS and _OTHER_SPELLINGS[name] not in given
        else name: value
        for name, value in given.items()
    }


def _body(given: Mapping[str, Any]) -> tuple[Json, bool]:
    """Merge the deprecated `body=` with the arguments that travel in the body."""
    named = {BODY_FIELDS[name]: value for name, value in given.items() if name in BODY_FIELDS}
    understood = _KNOWN.issuperset(given)
    body = given.get("body")
    if body is None:
        return named, understood
    if not isinstance(body, Mapping) or not named.keys().isdisjoint(body):
        return named, False
    return {**body, **named}, understood and _BODY_NAMES.issuperset(body)


def _section(body: Mapping[str, Any]) -> tuple[bool, Any]:
    """Return whether there is an `ext.hybrid`, and what it says."""
    ext = body.get("ext")
    if not isinstance(ext, Mapping) or "hybrid" not in ext:
        return False, None
    return True, ext["hybrid"]


def _without_section(holder: Json) -> Json:
    """Return a body without `ext.hybrid`; other `ext` entries stay."""
    if not _section(holder)[0]:
        return holder
    rest = {name: value for name, value in holder["ext"].items() if name != "hybrid"}
    without = {name: value for name, value in holder.items() if name != "ext"}
    return {**without, "ext": rest} if rest else without


def without_hybrid(arguments: Json) -> Json:
    """Return the arguments that the bare client would be called with.

    Example:
        >>> without_hybrid({"index": "products", "ext": {"hybrid": {"window": 200}}})
        {'index': 'products'}
    """
    bare = _without_section(arguments)
    if isinstance(bare.get("body"), Mapping):
        bare = {**bare, "body": _without_section(dict(bare["body"]))}
    return bare


def _index(index: Any) -> str | None:
    if index is None or isinstance(index, str):
        return index or None
    return ",".join(index) or None


def _with_url_source(body: Json, params: Mapping[str, Any]) -> Json:
    """Move `source_includes` and `source_excludes` into the body, where `_msearch` takes them."""
    names = {"includes": "source_includes", "excludes": "source_excludes"}
    source = {key: _names(params[name]) for key, name in names.items() if name in params}
    return {**body, "_source": source} if source else body


def _names(value: Any) -> list[str]:
    return value.split(",") if isinstance(value, str) else list(value)


def _with_url_query(body: Json, params: Mapping[str, Any]) -> Json:
    """Turn `q=`, which wins over a `query`, into the `query_string` that Elasticsearch makes of it."""
    if "q" not in params:
        return body
    query = {"query": params["q"]}
    for name, key in _QUERY_STRING_PARAMETERS.items():
        if name in params:
            query[key] = params[name]
    return {**body, "query": {"query_string": query}}


def _find(body: Json, options: HybridOptions) -> tuple[FoundText | None, bool]:
    if options.text is not None:
        return FoundText(options.text, f"{PATH}.text"), False
    if options.text_path is not None:
        found = text_at(body, options.text_path)
        if found is None:
            raise RequestError("leads to no text in this request", path=f"{PATH}.text_path")
        return found, False
    texts = find_text(body.get("query"))
    if len({" ".join(t.text.split()).casefold() for t in texts}) > 1:
        return None, True
    return (texts[0] if texts else None), False
