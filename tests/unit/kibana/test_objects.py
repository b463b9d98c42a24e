"""Kibana's saved objects: their shape, what they refer to, and the files that hold them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from es_hybrid.kibana import as_ndjson, dashboards, object_files
from es_hybrid.kibana.views import VIEWS

ROOT = Path(__file__).parents[3]
ALL = [one for objects in object_files().values() for one in objects]
TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
SOURCE = {
    "type": "object",
    "properties": {"searchSourceJSON": TEXT},
    "required": ["searchSourceJSON"],
    "additionalProperties": False,
}


def attributes_of(required: list[str], **properties: Any) -> dict[str, Any]:
    """Return a schema that forbids what it does not name, as Kibana's own do."""
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


# Written after Kibana's declarations, whose places `es_hybrid/kibana/objects.py` names.
SCHEMAS = {
    "visualization": attributes_of(
        ["title", "visState"],
        title=TEXT,
        description=TEXT,
        version=NUMBER,
        kibanaSavedObjectMeta=SOURCE,
        uiStateJSON=TEXT,
        visState=TEXT,
        savedSearchRefName=TEXT,
    ),
    "dashboard": attributes_of(
        ["title", "kibanaSavedObjectMeta", "panelsJSON"],
        title=TEXT,
        description=TEXT,
        kibanaSavedObjectMeta=SOURCE,
        timeRestore=FLAG,
        timeFrom=TEXT,
        timeTo=TEXT,
        panelsJSON=TEXT,
        optionsJSON=TEXT,
        hits=NUMBER,
        version=NUMBER,
    ),
    "search": attributes_of(
        ["title", "kibanaSavedObjectMeta"],
        title=TEXT,
        description=TEXT,
        columns={"type": "array", "items": TEXT},
        sort={"type": "array", "items": {"type": "array", "items": TEXT, "maxItems": 2}},
        grid={"type": "object"},
        hideChart=FLAG,
        isTextBasedQuery=FLAG,
        timeRestore=FLAG,
        kibanaSavedObjectMeta=SOURCE,
    ),
    "index-pattern": attributes_of(
        ["title", "timeFieldName"],
        title=TEXT,
        name=TEXT,
        timeFieldName=TEXT,
        fields=TEXT,
        fieldAttrs=TEXT,
        fieldFormatMap=TEXT,
        runtimeFieldMap=TEXT,
        typeMeta=TEXT,
    ),
}
OBJECT = {
    "type": "object",
    "properties": {
        "type": {"enum": list(SCHEMAS)},
        "id": TEXT,
        "attributes": {"type": "object"},
        "references": {
            "type": "array",
            "items": attributes_of(["name", "type", "id"], name=TEXT, type=TEXT, id=TEXT),
        },
        "coreMigrationVersion": {"const": "8.8.0"},
        "typeMigrationVersion": TEXT,
    },
    "required": ["type", "id", "attributes", "references", "typeMigrationVersion"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one['type']}-{one['id']}")
def test_an_object_has_the_shape_that_kibana_declares(one: dict[str, Any]) -> None:
    """Kibana refuses an object with an attribute that it does not know."""
    jsonschema.validate(one, OBJECT)
    jsonschema.validate(one["attributes"], SCHEMAS[one["type"]])
    for name, value in one["attributes"].items():
        if name.endswith("JSON") or name in {"visState", "runtimeFieldMap", "fieldFormatMap"}:
            json.loads(value)


@pytest.mark.parametrize("name", list(object_files()))
def test_a_file_can_be_imported_alone(name: str) -> None:
    """Whatever an object refers to is in the same file, or Kibana refuses it."""
    objects = object_files()[name]
    held = {(one["type"], one["id"]) for one in objects}
    wanted = {(ref["type"], ref["id"]) for one in objects for ref in one["references"]}
    assert wanted <= held
    assert len(held) == len(objects)


def test_a_dashboard_shows_what_it_refers_to() -> None:
    """Each panel names one reference, and no two panels stand on one another."""
    for one in ALL:
        if one["type"] != "dashboard":
            continue
        panels = json.loads(one["attributes"]["panelsJSON"])
        named = {f"{panel['panelIndex']}:{panel['panelRefName']}" for panel in panels}
        assert named == {ref["name"] for ref in one["references"]}
        cells = set()
        for panel in panels:
            grid = panel["gridData"]
            assert grid["x"] + grid["w"] <= 48
            taken = {(x, grid["y"]) for x in range(grid["x"], grid["x"] + grid["w"])}
            assert not taken & cells
            cells |= taken


def test_a_chart_reads_kibanas_time_and_has_no_query_of_its_own() -> None:
    """Kibana refuses a Vega source with both a query and the dashboard's context."""
    for dashboard in dashboards():
        for panel in dashboard.panels:
            url = panel.spec("shop")["data"]["url"]
            assert url["%context%"] is True
            assert url["%timefield%"] == "@timestamp"
            assert url["index"] in {"shop_queries", "shop_events"}
            assert "query" not in url["body"]


def test_a_chart_draws_only_what_it_has() -> None:
    """Every field of an encoding is a column or made of columns."""
    for dashboard in dashboards():
        for panel in dashboard.panels:
            spec = panel.spec("ubi")
            made = {step["as"] for step in spec["transform"] if "calculate" in step}
            folded = [step for step in spec["transform"] if "fold" in step]
            for step in folded:
                assert set(step["fold"]) <= made
                made |= set(step["as"])
            assert {channel["field"] for channel in spec["encoding"].values()} <= made


def test_every_table_is_in_a_view() -> None:
    """A dashboard's table exists."""
    known = {search.name for view in VIEWS.values() for search in view.searches}
    assert {dashboard.search for dashboard in dashboards()} - {""} <= known


def test_the_files_in_the_repository_are_up_to_date() -> None:
    """`es-hybrid kibana export kibana` would change nothing."""
    written = {path.name: path.read_bytes() for path in (ROOT / "kibana").glob("*.ndjson")}
    assert written == {name: as_ndjson(objects) for name, objects in object_files().items()}
