"""The log as Kibana's Discover shows it: data views, their runtime fields, saved searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from es_hybrid.logs import Stream
from es_hybrid.logs.runs import RUNS
from es_hybrid.types import Json

__all__ = ["RECOMMENDED", "VIEWS", "DataView", "SavedSearch", "runtime_mappings"]


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A table of records in Discover.

    Attributes:
        name: Last part of its id.
        title: What Kibana's lists show.
        columns: Fields, from left to right.
        lucene: Which records, in Lucene's query language; empty: all.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    lucene: str = ""


@dataclass(frozen=True, slots=True)
class DataView:
    """One stream of the log in Kibana.

    Attributes:
        stream: Which.
        title: What Kibana's lists show.
        runtime: Painless that emits a field's values, by the field's name and type.
        searches: Tables of its records.
    """

    stream: Stream
    title: str
    runtime: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    searches: tuple[SavedSearch, ...] = ()


RECOMMENDED = "query_attributes.recommended"
"""What a recommendation has, and a search has not."""

_SEARCHES = f"NOT _exists_:{RECOMMENDED}"

# Each reads `_source`, because `shown` is stored and not indexed.
_ATTRIBUTES = "def found = params['_source']['query_attributes']; if (found == null) { return; } "
_PARTS = (
    _ATTRIBUTES + "if (found['shown'] == null) { return; } "
    "for (def one : found['shown']) { "
    "String text = one['position'] + '. ' + one['object_id']; "
    "if (one['score'] != null) { text += '  score ' + one['score']; } "
    "if (one['lexical'] != null) "
    "{ text += '  words #' + one['lexical']['rank'] + ' (' + one['lexical']['score'] + ')'; } "
    "if (one['semantic'] != null) "
    "{ text += '  meaning #' + one['semantic']['rank'] + ' (' + one['semantic']['score'] + ')'; } "
    "if (one['fused'] != null) { text += '  fused ' + one['fused']; } "
    "if (one['rerank'] != null) { text += '  reranked ' + one['rerank']; } "
    "if (one['boost'] != null && one['boost'] != 1) { text += '  boost x' + one['boost']; } "
    "if (one['explored'] != null) { text += '  tried out'; } "
    "emit(text); }"
)
_WITHOUT = (
    _ATTRIBUTES + "if (found['degraded'] == null) { return; } "
    "for (def one : found['degraded']) { emit(one['stage'] + ': ' + one['reason']); }"
)
_SLOWEST = (
    _ATTRIBUTES + "if (found['timings_ms'] == null) { return; } "
    "String name = null; double most = -1; "
    "for (def one : found['timings_ms'].entrySet()) { "
    "double ms = ((Number) one.getValue()).doubleValue(); "
    "if (ms > most) { most = ms; name = one.getKey(); } } "
    "if (name != null) { emit(name); }"
)

VIEWS: Mapping[Stream, DataView] = MappingProxyType(
    {
        Stream.QUERIES: DataView(
            Stream.QUERIES,
            "es_hybrid: searches",
            runtime={
                "shown_parts": ("keyword", _PARTS),
                "went_without": ("keyword", _WITHOUT),
                "slowest_stage": ("keyword", _SLOWEST),
            },
            searches=(
                SavedSearch(
                    "searches",
                    "es_hybrid: searches and the parts of their hits",
                    (
                        "user_query",
                        "query_attributes.plan",
                        "query_attributes.total",
                        "query_attributes.took_ms",
                        "slowest_stage",
                        "shown_parts",
                    ),
                    _SEARCHES,
                ),
                SavedSearch(
                    "zero-results",
                    "es_hybrid: searches that found nothing",
                    ("user_query", "query_attributes.index", "query_attributes.plan"),
                    f"query_attributes.zero_results:true AND {_SEARCHES}",
                ),
                SavedSearch(
                    "degraded",
                    "es_hybrid: searches that went without something",
                    ("went_without", "query_attributes.level", "query_attributes.took_ms"),
                    f"_exists_:query_attributes.degraded.stage AND {_SEARCHES}",
                ),
            ),
        ),
        Stream.EVENTS: DataView(
            Stream.EVENTS,
            "es_hybrid: what shoppers did, and reports of runs",
            searches=(
                SavedSearch(
                    "events",
                    "es_hybrid: what shoppers did",
                    (
                        "action_name",
                        "event_attributes.object.object_id",
                        "event_attributes.position.ordinal",
                        "event_attributes.revenue",
                        "event_attributes.variant",
                        "query_id",
                    ),
                    f"NOT action_name:({' OR '.join(RUNS)})",
                ),
                SavedSearch(
                    "runs",
                    "es_hybrid: ingests and reindexes",
                    (
                        "action_name",
                        "event_attributes.report.index",
                        "event_attributes.report.read",
                        "event_attributes.report.indexed",
                        "event_attributes.report.failed",
                        "event_attributes.report.without_vector",
                        "event_attributes.report.elapsed_s",
                    ),
                    "action_name:(ingest OR reindex OR backfill)",
                ),
            ),
        ),
    }
)


def runtime_mappings(stream: Stream) -> Json:
    """Return a view's runtime fields as a search's `runtime_mappings`, and as Kibana keeps them.

    Example:
        >>> sorted(runtime_mappings(Stream.QUERIES))
        ['shown_parts', 'slowest_stage', 'went_without']
    """
    return {
        name: {"type": kind, "script": {"source": source}}
        for name, (kind, source) in VIEWS[stream].runtime.items()
    }
