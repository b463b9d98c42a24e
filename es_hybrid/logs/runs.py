"""Reports of runs as records of the log: ingests, reindexes, backfills, experiments.

They are events with an action of their own, beside what shoppers did: one stream, one role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeAlias

from es_hybrid.experiments.status import ExperimentStatus
from es_hybrid.indexing.reindex.report import BackfillReport, ReindexReport
from es_hybrid.indexing.report import IngestReport
from es_hybrid.logs.records import Source, stamp
from es_hybrid.types import Json

__all__ = ["RUNS", "RunReport", "index_size", "run_record"]

RunReport: TypeAlias = IngestReport | ReindexReport | BackfillReport | ExperimentStatus

_ACTIONS: Mapping[type, str] = {
    IngestReport: "ingest",
    ReindexReport: "reindex",
    BackfillReport: "backfill",
    ExperimentStatus: "experiment",
}
RUNS = tuple(_ACTIONS.values())
"""Values of `action_name` that are reports and nothing that a shopper did."""

_AS_INGESTED = {ReindexReport: ("copied", "indexed"), BackfillReport: ("embedded", "indexed")}


def run_record(
    report: RunReport, source: Source, *, at_s: float, index: str | None = None, size: Json
) -> Json:
    """Return what is logged of a report: its numbers, and neither failures nor products.

    Args:
        report: What a run did, or how an experiment stands.
        source: Whose log it is.
        at_s: Seconds since the epoch.
        index: Alias or index that was written; default: the report's own.
        size: Of the index afterwards; see `index_size`.

    Example:
        >>> report = IngestReport(read=2, indexed=2, elapsed_s=0.5)
        >>> record = run_record(report, Source(), at_s=0.0, index="products", size={"vectors": 2})
        >>> found = record["event_attributes"]["report"]
        >>> record["action_name"], found["index"], found["indexed"], found["vectors"]
        ('ingest', 'products', 2, 2)
    """
    time = stamp(at_s)
    if isinstance(report, ExperimentStatus):
        attributes = _experiment(report)
    else:
        named = index or getattr(report, "alias", None) or getattr(report, "index", None)
        attributes = {"report": {"index": named, **_numbers(report), **size}}
    record = {
        "@timestamp": time,
        "timestamp": time,
        "application": source.application,
        "action_name": _ACTIONS[type(report)],
        "event_attributes": attributes,
    }
    return {name: value for name, value in record.items() if value is not None}


def index_size(stats: Mapping[str, Any]) -> Json:
    """Return documents, vectors and bytes of primaries, as `GET …/_stats` answers them.

    Example:
        >>> index_size({"_all": {"primaries": {"docs": {"count": 3}, "store": {"size_in_bytes": 9}}}})
        {'documents': 3, 'bytes': 9}
    """
    found: Mapping[str, Any] = (stats.get("_all") or {}).get("primaries") or {}
    wanted = {
        "documents": ("docs", "count"),
        "vectors": ("dense_vector", "value_count"),
        "bytes": ("store", "size_in_bytes"),
    }
    sizes = {name: (found.get(part) or {}).get(key) for name, (part, key) in wanted.items()}
    return {name: value for name, value in sizes.items() if value is not None}


def _numbers(report: RunReport) -> Json:
    values = {field.name: getattr(report, field.name) for field in fields(report)}
    numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
    ours, theirs = _AS_INGESTED.get(type(report), ("", ""))
    if ours:
        numbers[theirs] = values[ours]
    return numbers


def _experiment(status: ExperimentStatus) -> Json:
    effect = status.effect
    if effect is None:
        return {"experiment": status.version.label, "report": {}}
    found = effect.to_dict()
    low, high = found["interval"] or (None, None)
    numbers = {
        "metric": effect.metric,
        "shoppers": sum(effect.shoppers),
        **{name: found[name] for name in ("control", "treatment", "difference", "p")},
        **({} if low is None else {"low": low, "high": high}),
    }
    return {"experiment": status.version.label, "report": numbers}
