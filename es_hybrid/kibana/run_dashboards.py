"""Dashboards of what is run beside searches: ingests, the index they fill, experiments."""

from __future__ import annotations

from es_hybrid.kibana.panels import BY_TIME, Dashboard, Panel, bars, lines, top
from es_hybrid.logs import Action, Stream
from es_hybrid.types import Json

__all__ = ["experiment_results", "ingest_health", "vector_index_size"]

_QUERIES, _EVENTS = Stream.QUERIES, Stream.EVENTS
_TOLD = "query_attributes"
_REPORT = "event_attributes.report"
_COUNT = ("doc_count",)
_KEY = ("key",)


def ingest_health() -> Dashboard:
    """Return the dashboard that shows what runs wrote and could not write."""
    counted = ("indexed", "unchanged", "failed", "without_vector")
    return Dashboard(
        "ingest-health",
        "es_hybrid: ingest health",
        "What ingests and reindexes wrote, and what they could not.",
        (
            Panel(
                "written",
                "Products by what became of them",
                _EVENTS,
                BY_TIME,
                {"at": _KEY, **{name: (name, "value") for name in counted}},
                lines("at", counted, unit="products"),
                _sums(*counted),
                only=_runs("ingest", "reindex", "backfill"),
            ),
            Panel(
                "failed",
                "Products that were not stored, by index",
                _EVENTS,
                top(f"{_REPORT}.index"),
                {"index": _KEY, "failed": ("failed", "value")},
                bars("index", "failed", unit="products"),
                _sums("failed"),
                only=_runs("ingest", "reindex", "backfill"),
            ),
            Panel(
                "run-times",
                "Seconds of the longest run",
                _EVENTS,
                BY_TIME,
                {"at": _KEY, "seconds": ("elapsed", "value")},
                lines("at", ["seconds"], unit="s"),
                {"elapsed": {"max": {"field": f"{_REPORT}.elapsed_s"}}},
                only=_runs("ingest", "reindex", "backfill"),
            ),
        ),
        "runs",
    )


def vector_index_size() -> Dashboard:
    """Return the dashboard that shows how large the index is."""
    sized = {"exists": {"field": f"{_REPORT}.documents"}}
    most = {
        name: {"max": {"field": f"{_REPORT}.{name}"}} for name in ("documents", "vectors", "bytes")
    }
    return Dashboard(
        "vector-index-size",
        "es_hybrid: size of the vector index",
        "How many products and vectors an index holds after each run, and what it takes on disk.",
        (
            Panel(
                "vectors",
                "Documents and vectors of the largest index",
                _EVENTS,
                BY_TIME,
                {"at": _KEY, "documents": ("documents", "value"), "vectors": ("vectors", "value")},
                lines("at", ["documents", "vectors"], unit="documents"),
                most,
                only=sized,
            ),
            Panel(
                "bytes",
                "Bytes on disk, replicas left out, by index",
                _EVENTS,
                top(f"{_REPORT}.index"),
                {"index": _KEY, "bytes": ("bytes", "value")},
                bars("index", "bytes", unit="bytes"),
                most,
                only=sized,
            ),
        ),
    )


def experiment_results() -> Dashboard:
    """Return the dashboard that shows what variants bring."""
    by_variant = _variants(_TOLD)
    bought = _variants("event_attributes")
    who = {"experiment": ("key", "experiment"), "variant": ("key", "variant")}
    effect = ("difference", "low", "high")
    return Dashboard(
        "experiments",
        "es_hybrid: experiments",
        "What the variants of an experiment bring. A difference counts where its interval is on one"
        " side of 0; es-hybrid experiment status says it in words.",
        (
            Panel(
                "variant-searches",
                "Searches by variant, and those that found nothing",
                _QUERIES,
                by_variant,
                {**who, "searches": _COUNT, "nothing": ("nothing", "doc_count")},
                _named(bars("who", "searches", unit="searches")),
                {"nothing": {"filter": {"term": {f"{_TOLD}.zero_results": True}}}},
            ),
            Panel(
                "variant-times",
                "95th percentile by variant, in milliseconds",
                _QUERIES,
                by_variant,
                {**who, "p95": ("took", "values", "95.0")},
                _named(bars("who", "p95", unit="ms")),
                {"took": {"percentiles": {"field": f"{_TOLD}.took_ms", "percents": [95]}}},
            ),
            Panel(
                "variant-revenue",
                "Revenue by variant",
                _EVENTS,
                bought,
                {**who, "revenue": ("revenue", "value")},
                _named(bars("who", "revenue", unit="money")),
                {"revenue": {"sum": {"field": "event_attributes.revenue"}}},
                only={"term": {"action_name": Action.PURCHASE}},
            ),
            Panel(
                "effect",
                "Treatment minus control for a shopper, with its interval",
                _EVENTS,
                BY_TIME,
                {"at": _KEY, **{name: (name, "value") for name in effect}},
                lines("at", effect, unit="of the metric"),
                {name: {"avg": {"field": f"{_REPORT}.{name}"}} for name in effect},
                only=_runs("experiment"),
            ),
        ),
    )


def _runs(*kinds: str) -> Json:
    return {"terms": {"action_name": list(kinds)}}


def _sums(*names: str) -> Json:
    return {name: {"sum": {"field": f"{_REPORT}.{name}"}} for name in names}


def _variants(parent: str) -> Json:
    sources = [
        {name: {"terms": {"field": f"{parent}.{name}"}}} for name in ("experiment", "variant")
    ]
    return {"composite": {"size": 100, "sources": sources}}


def _named(chart: Json) -> Json:
    """Return a chart whose rows are called by experiment and variant."""
    name = {"calculate": 'datum.experiment + ": " + datum.variant', "as": "who"}
    return {**chart, "transform": [name]}
