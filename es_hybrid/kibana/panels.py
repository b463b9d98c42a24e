"""A panel of a dashboard: one Elasticsearch aggregation whose buckets are the rows of one Vega-Lite chart.

The query is plain Elasticsearch, so that a test can run it. Kibana adds the dashboard's time and
filters: https://www.elastic.co/docs/explore-analyze/visualize/custom-visualizations-with-vega
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from es_hybrid.kibana.views import RECOMMENDED, runtime_mappings
from es_hybrid.logs import Stream, stream_name
from es_hybrid.types import Json

__all__ = ["BY_TIME", "Dashboard", "Panel", "bars", "columns", "lines", "share", "top"]

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_ROWS = "rows"
_ONLY = "only"
BY_TIME: Json = {"auto_date_histogram": {"field": "@timestamp", "buckets": 60}}
"""Rows by time; Elasticsearch chooses the interval."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart.

    Attributes:
        name: Last part of its id.
        title: What stands above it.
        stream: Where its rows come from.
        by: The bucket aggregation that makes the rows.
        columns: Where each value is in a bucket, by the name that the chart uses.
        chart: Vega-Lite: mark, encoding and transforms.
        metrics: Aggregations in each bucket.
        only: Query of the records that count; all, unless given. Recommendations never count.
        runtime: Runtime fields that it needs.
    """

    name: str
    title: str
    stream: Stream
    by: Json
    columns: Mapping[str, Sequence[str]]
    chart: Json
    metrics: Json = field(default_factory=dict)
    only: Json | None = None
    runtime: tuple[str, ...] = ()

    def body(self) -> Json:
        """Return the search that makes the rows; it has no query, which is the dashboard's."""
        rows: Json = {_ROWS: {**self.by, **({"aggs": self.metrics} if self.metrics else {})}}
        counted = self._counted()
        aggs = rows if counted is None else {_ONLY: {"filter": counted, "aggs": rows}}
        body: Json = {"size": 0, "aggs": aggs}
        if self.runtime:
            known = runtime_mappings(self.stream)
            body["runtime_mappings"] = {name: known[name] for name in self.runtime}
        return body

    def rows(self, answer: Mapping[str, Any]) -> list[Json]:
        """Return the rows that the chart would draw of Elasticsearch's answer."""
        found: Any = answer
        for key in self._path():
            found = found[key]
        return [{name: _at(bucket, at) for name, at in self.columns.items()} for bucket in found]

    def spec(self, prefix: str) -> Json:
        """Return the chart with its data, as Kibana's Vega takes it.

        Args:
            prefix: How the names of the log's streams begin.
        """
        named = [
            {"calculate": "datum" + "".join(f"[{json.dumps(key)}]" for key in at), "as": name}
            for name, at in self.columns.items()
        ]
        url = {
            "%context%": True,
            "%timefield%": "@timestamp",
            "index": stream_name(prefix, self.stream),
            "body": self.body(),
        }
        return {
            "$schema": _SCHEMA,
            "data": {"url": url, "format": {"property": ".".join(self._path())}},
            **self.chart,
            "transform": [*named, *self.chart.get("transform", [])],
        }

    def _path(self) -> list[str]:
        only = [] if self._counted() is None else [_ONLY]
        return ["aggregations", *only, _ROWS, "buckets"]

    def _counted(self) -> Json | None:
        if self.stream is not Stream.QUERIES:
            return self.only
        only = [] if self.only is None else [self.only]
        return {"bool": {"filter": only, "must_not": {"exists": {"field": RECOMMENDED}}}}


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Charts on one page.

    Attributes:
        name: Last part of its id, and the name of its file.
        title: What Kibana's lists show.
        description: Which question it answers.
        panels: Charts, two a row.
        search: Name of the table below them, of `views.VIEWS`.
    """

    name: str
    title: str
    description: str
    panels: tuple[Panel, ...]
    search: str = ""


def top(field: str, *, size: int = 10) -> Json:
    """Return rows by the most frequent values of a field."""
    return {"terms": {"field": field, "size": size}}


def lines(x: str, series: Sequence[str], *, unit: str) -> Json:
    """Return a chart of one line per column over time.

    Args:
        x: The column with the time, in milliseconds.
        series: The columns that are drawn.
        unit: What the axis says.
    """
    return {
        "transform": [{"fold": list(series), "as": ["series", "value"]}],
        "mark": {"type": "line", "point": True, "tooltip": True},
        "encoding": {
            "x": {"field": x, "type": "temporal", "axis": {"title": None}},
            "y": {"field": "value", "type": "quantitative", "axis": {"title": unit}},
            "color": {"field": "series", "type": "nominal", "legend": {"title": None}},
        },
    }


def bars(y: str, x: str, *, unit: str) -> Json:
    """Return a chart of one bar per row, the longest first.

    Args:
        y: The column that names the bar.
        x: The column of its length.
        unit: What the axis says.
    """
    return {
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "y": {"field": y, "type": "nominal", "sort": "-x", "axis": {"title": None}},
            "x": {"field": x, "type": "quantitative", "axis": {"title": unit}},
        },
    }


def columns(x: str, y: str) -> Json:
    """Return a chart of one upright bar per row, in the rows' order."""
    return {
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": {"field": x, "type": "ordinal", "axis": {"labelAngle": 0}},
            "y": {"field": y, "type": "quantitative"},
        },
    }


def share(chart: Json, **parts: tuple[str, str]) -> Json:
    """Return a chart with columns that are a part of another, such as `failed=("bad", "all")`."""
    made = [
        {"calculate": f"datum.{whole} > 0 ? datum.{part} / datum.{whole} : null", "as": name}
        for name, (part, whole) in parts.items()
    ]
    return {**chart, "transform": [*made, *chart.get("transform", [])]}


def _at(bucket: Any, path: Sequence[str]) -> Any:
    for key in path:
        bucket = bucket[key]
    return bucket
