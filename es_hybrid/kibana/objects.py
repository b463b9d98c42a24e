"""Kibana's saved objects: their shape, and the files that hold them.

The shapes are those that Kibana itself declares (`schemas` of the types `visualization`,
`dashboard` and `search`) and that its sample data uses, with the same migration versions: an object
that names an older version than Kibana's own is brought up to date by the import, one that names a
newer version is refused. Sources, in https://github.com/elastic/kibana:

* `src/platform/plugins/shared/visualizations/server/saved_objects/visualization.ts`
* `src/platform/plugins/shared/dashboard/server/dashboard_saved_object/schema/v1/v1.ts`
* `src/platform/plugins/shared/saved_search/server/saved_objects/schema.ts`
* `src/platform/plugins/shared/data_views/server/saved_objects/data_views.ts`
* `src/platform/plugins/shared/home/server/services/sample_data/data_sets/logs/saved_objects.ts`
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from es_hybrid.kibana.dashboards import dashboards
from es_hybrid.kibana.panels import Dashboard, Panel
from es_hybrid.kibana.views import VIEWS, DataView, SavedSearch, runtime_mappings
from es_hybrid.logs import Stream, stream_name
from es_hybrid.types import Json

__all__ = ["as_ndjson", "object_files"]

_CORE = "8.8.0"
_VERSIONS = {
    "index-pattern": "7.11.0",
    "search": "7.9.3",
    "visualization": "8.0.0",
    "dashboard": "8.7.0",
}
_SOURCE = "kibanaSavedObjectMeta.searchSourceJSON.index"
_COLUMNS, _HEIGHT = 48, 15


def object_files(prefix: str = "ubi") -> dict[str, list[Json]]:
    """Return the saved objects of every dashboard, by file name.

    Each file can be imported alone: it holds whatever its dashboard refers to.

    Args:
        prefix: How the names of the log's streams begin, `ES_HYBRID_LOG__STREAMS`.

    Example:
        >>> sorted({one["type"] for one in object_files()["latency.ndjson"]})
        ['dashboard', 'index-pattern', 'search', 'visualization']
    """
    views = [
        made
        for view in VIEWS.values()
        for made in (_data_view(view, prefix), *(_search(view, s, prefix) for s in view.searches))
    ]
    return {
        f"{one.name}.ndjson": [
            *views,
            *(_visualization(one, panel, prefix) for panel in one.panels),
            _dashboard(one, prefix),
        ]
        for one in dashboards()
    }


def as_ndjson(objects: Iterable[Mapping[str, Any]]) -> bytes:
    """Return saved objects as the lines of an import, each once.

    Example:
        >>> as_ndjson([{"type": "search", "id": "a"}, {"type": "search", "id": "a"}]).count(b"search")
        1
    """
    unique = {(one["type"], one["id"]): one for one in objects}
    return b"".join(
        json.dumps(one, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        for one in unique.values()
    )


def _object(kind: str, name: str, prefix: str, attributes: Json, references: list[Json]) -> Json:
    return {
        "type": kind,
        "id": _id(name, prefix),
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": _CORE,
        "typeMigrationVersion": _VERSIONS[kind],
    }


def _id(name: str, prefix: str) -> str:
    # With the streams' prefix: two shops with logs of their own may share one Kibana.
    return f"es-hybrid-{prefix}-{name}"


def _data_view(view: DataView, prefix: str) -> Json:
    attributes = {
        "title": stream_name(prefix, view.stream),
        "name": view.title,
        "timeFieldName": "@timestamp",
        "fields": "[]",
        "fieldAttrs": "{}",
        "fieldFormatMap": "{}",
        "runtimeFieldMap": _text(runtime_mappings(view.stream)),
        "typeMeta": "{}",
    }
    return _object("index-pattern", view.stream, prefix, attributes, [])


def _search(view: DataView, search: SavedSearch, prefix: str) -> Json:
    source = {
        "query": {"query": search.lucene, "language": "lucene"},
        "filter": [],
        "indexRefName": _SOURCE,
    }
    attributes = {
        "title": search.title,
        "description": "",
        "columns": list(search.columns),
        "sort": [["@timestamp", "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _text(source)},
    }
    return _object(
        "search", f"search-{search.name}", prefix, attributes, [_view(view.stream, prefix)]
    )


def _visualization(dashboard: Dashboard, panel: Panel, prefix: str) -> Json:
    state = {
        "title": panel.title,
        "type": "vega",
        "aggs": [],
        "params": {"spec": json.dumps(panel.spec(prefix), ensure_ascii=False, indent=2)},
    }
    source = {"query": {"query": "", "language": "kuery"}, "filter": []}
    attributes = {
        "title": f"{dashboard.title}: {panel.title}",
        "description": "",
        "version": 1,
        "visState": _text(state),
        "uiStateJSON": "{}",
        "kibanaSavedObjectMeta": {"searchSourceJSON": _text(source)},
    }
    return _object("visualization", _panel_name(dashboard, panel), prefix, attributes, [])


def _dashboard(dashboard: Dashboard, prefix: str) -> Json:
    shown = [("visualization", _panel_name(dashboard, panel)) for panel in dashboard.panels]
    if dashboard.search:
        shown.append(("search", f"search-{dashboard.search}"))
    panels, references = [], []
    for place, (kind, name) in enumerate(shown):
        index = str(place + 1)
        wide = kind == "search" or (place == len(dashboard.panels) - 1 and place % 2 == 0)
        width = _COLUMNS if wide else _COLUMNS // 2
        row = (place + 1) // 2 if kind == "search" else place // 2
        x = 0 if wide else _COLUMNS // 2 * (place % 2)
        title = {} if kind == "search" else {"title": dashboard.panels[place].title}
        panels.append(
            {
                "version": "8.7.0",
                "type": kind,
                "gridData": {"x": x, "y": row * _HEIGHT, "w": width, "h": _HEIGHT, "i": index},
                "panelIndex": index,
                "embeddableConfig": {"enhancements": {}},
                "panelRefName": f"panel_{index}",
                **title,
            }
        )
        reference = {"name": f"{index}:panel_{index}", "type": kind, "id": _id(name, prefix)}
        references.append(reference)
    attributes = {
        "title": dashboard.title,
        "description": dashboard.description,
        "version": 1,
        "hits": 0,
        "timeRestore": True,
        "timeFrom": "now-7d",
        "timeTo": "now",
        "panelsJSON": _text(panels),
        "optionsJSON": _text({"hidePanelTitles": False, "useMargins": True}),
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": _text({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
    }
    return _object("dashboard", dashboard.name, prefix, attributes, references)


def _panel_name(dashboard: Dashboard, panel: Panel) -> str:
    return f"{dashboard.name}-{panel.name}"


def _view(stream: Stream, prefix: str) -> Json:
    return {"name": _SOURCE, "type": "index-pattern", "id": _id(stream, prefix)}


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)
