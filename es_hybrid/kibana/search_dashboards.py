"""Dashboards of searches: how good, how empty, how fast, how degraded."""

from __future__ import annotations

from es_hybrid.kibana.panels import BY_TIME, Dashboard, Panel, bars, columns, lines, share, top
from es_hybrid.logs import Action, Stream
from es_hybrid.types import Stage

__all__ = ["degradations", "latency", "quality", "zero_results"]

_QUERIES, _EVENTS = Stream.QUERIES, Stream.EVENTS
_TOLD = "query_attributes"
_REPORT = "event_attributes.report"
_COUNT = ("doc_count",)
_KEY = ("key",)


def quality() -> Dashboard:
    """Return the dashboard that shows how much is searched, how it is answered, what shoppers do."""
    clicks = {"terms": {"action_name": [Action.CLICK, Action.CLICK_THROUGH, Action.VIEW]}}
    over_time = {"at": _KEY, "searches": _COUNT, "reranked": ("reranked", "doc_count")}
    return Dashboard(
        "search-quality",
        "es_hybrid: search quality",
        "How much is searched, how it is answered, and what shoppers do with it.",
        (
            Panel(
                "searches",
                "Searches, and those that were reranked",
                _QUERIES,
                BY_TIME,
                over_time,
                lines("at", ["searches", "reranked"], unit="searches"),
                {"reranked": {"filter": {"range": {f"{_TOLD}.reranked": {"gt": 0}}}}},
            ),
            Panel(
                "deeds",
                "What shoppers did",
                _EVENTS,
                top("action_name"),
                {"action": _KEY, "events": _COUNT},
                bars("action", "events", unit="events"),
                only={"bool": {"must_not": {"exists": {"field": f"{_REPORT}.elapsed_s"}}}},
            ),
            Panel(
                "click-places",
                "Where on the page shoppers click",
                _EVENTS,
                {
                    "terms": {
                        "field": "event_attributes.position.ordinal",
                        "size": 48,
                        "order": {"_key": "asc"},
                    }
                },
                {"place": _KEY, "clicks": _COUNT},
                columns("place", "clicks"),
                only=clicks,
            ),
            Panel(
                "plans",
                "How searches are answered",
                _QUERIES,
                top(f"{_TOLD}.plan"),
                {"plan": _KEY, "searches": _COUNT},
                bars("plan", "searches", unit="searches"),
            ),
        ),
        "searches",
    )


def zero_results() -> Dashboard:
    """Return the dashboard that shows what finds nothing."""
    nothing = {"term": {f"{_TOLD}.zero_results": True}}
    return Dashboard(
        "zero-results",
        "es_hybrid: searches that found nothing",
        "How often nothing is found, where, and for which words.",
        (
            Panel(
                "zero-share",
                "Share of searches that found nothing",
                _QUERIES,
                BY_TIME,
                {"at": _KEY, "searches": _COUNT, "nothing": ("nothing", "doc_count")},
                share(lines("at", ["share"], unit="share"), share=("nothing", "searches")),
                {"nothing": {"filter": nothing}},
            ),
            Panel(
                "zero-queries",
                "Words that found nothing, where the log may know them",
                _QUERIES,
                top("user_query", size=20),
                {"query": _KEY, "searches": _COUNT},
                bars("query", "searches", unit="searches"),
                only=nothing,
            ),
            Panel(
                "zero-indices",
                "Searches that found nothing, by index",
                _QUERIES,
                top(f"{_TOLD}.index"),
                {"index": _KEY, "searches": _COUNT},
                bars("index", "searches", unit="searches"),
                only=nothing,
            ),
        ),
        "zero-results",
    )


def latency() -> Dashboard:
    """Return the dashboard that shows what takes how long."""
    stages = [str(stage) for stage in Stage if stage is not Stage.RESPOND]  # which is not timed
    timed = {
        stage: {"percentiles": {"field": f"{_TOLD}.timings_ms.{stage}", "percents": [95]}}
        for stage in stages
    }
    took = {"took": {"percentiles": {"field": f"{_TOLD}.took_ms", "percents": [50, 95, 99]}}}
    percentiles = {f"p{p}": ("took", "values", f"{p}.0") for p in (50, 95, 99)}
    return Dashboard(
        "latency",
        "es_hybrid: latency",
        "How long searches take, and which stage takes it.",
        (
            Panel(
                "took",
                "Milliseconds of a search",
                _QUERIES,
                BY_TIME,
                {"at": _KEY, **percentiles},
                lines("at", list(percentiles), unit="ms"),
                took,
            ),
            Panel(
                "stages",
                "95th percentile of each stage, in milliseconds",
                _QUERIES,
                BY_TIME,
                {"at": _KEY, **{stage: (stage, "values", "95.0") for stage in stages}},
                lines("at", stages, unit="ms"),
                timed,
            ),
            Panel(
                "slowest",
                "The slowest stage of a search",
                _QUERIES,
                top("slowest_stage"),
                {"stage": _KEY, "searches": _COUNT},
                bars("stage", "searches", unit="searches"),
                runtime=("slowest_stage",),
            ),
            Panel(
                "plan-times",
                "95th percentile by plan",
                _QUERIES,
                top(f"{_TOLD}.plan"),
                {"plan": _KEY, **percentiles},
                bars("plan", "p95", unit="ms"),
                took,
            ),
        ),
    )


def degradations() -> Dashboard:
    """Return the dashboard that shows what searches go without."""
    without = {"exists": {"field": f"{_TOLD}.degraded.stage"}}
    return Dashboard(
        "degradations",
        "es_hybrid: degradations",
        "How often searches go without something, without what, and why.",
        (
            Panel(
                "degraded-share",
                "Share of searches that went without something",
                _QUERIES,
                BY_TIME,
                {"at": _KEY, "searches": _COUNT, "degraded": ("degraded", "doc_count")},
                share(lines("at", ["share"], unit="share"), share=("degraded", "searches")),
                {"degraded": {"filter": without}},
            ),
            Panel(
                "went-without",
                "What searches went without, and why",
                _QUERIES,
                top("went_without"),
                {"what": _KEY, "searches": _COUNT},
                bars("what", "searches", unit="searches"),
                only=without,
                runtime=("went_without",),
            ),
            Panel(
                "passed-through",
                "Searches sent to Elasticsearch as they came, by reason",
                _QUERIES,
                top(f"{_TOLD}.reason"),
                {"reason": _KEY, "searches": _COUNT},
                bars("reason", "searches", unit="searches"),
            ),
        ),
        "degraded",
    )
