"""What would be sent can be read, and pasted into a console."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from es_hybrid.preview import candidate_request, counting_request, search_plan
from es_hybrid.query.capabilities import Server
from es_hybrid.query.plan import Plan, RerankPlan
from es_hybrid.query.request import parse_request
from es_hybrid.query.schema import VectorField
from es_hybrid.rank.boost import FieldBoost
from es_hybrid.types import (
    Degradation,
    DegradationReason,
    FusionOptions,
    LegName,
    PassthroughReason,
    PlanName,
    ScoreMode,
    Stage,
)

QUERY = {"match": {"title": "shoe"}}
VECTOR = np.array([0.6, 0.8], dtype=np.float32)
SERVER = Server((9, 4))
MISSING = Degradation(Stage.EMBED, DegradationReason.TIMEOUT, "y")


def plan(**asked: Any) -> Plan:
    request = parse_request({"index": "products", "query": QUERY, **asked})
    field = VectorField("embedding", 2)
    return Plan(PlanName.MSEARCH_FUSION, request=request, query=QUERY, vector=field)


def test_the_request() -> None:
    """Both legs in one trip, with names' scores; the index stands in the path."""
    request = candidate_request(plan(typed_keys=True), VECTOR, SERVER)
    assert [leg for leg, _ in request.searches] == [LegName.LEXICAL, LegName.SEMANTIC]
    assert request.path == "/products/_msearch"
    assert request.params["include_named_queries_score"] == "true"
    assert request.params["typed_keys"] == "true"
    lines = [json.loads(line) for line in request.lines.splitlines()]
    assert (len(lines), lines[0], lines[1]["query"]) == (4, {}, QUERY)
    indexed = [json.loads(line) for line in request.indexed_lines.splitlines()]
    assert (indexed[0], indexed[1]) == ({"index": "products"}, lines[1])


@pytest.mark.parametrize(
    ("index", "path"),
    [
        ("a,b-*", "/a,b-*/_msearch"),
        ("far:products", "/far:products/_msearch"),
        ("商品", "/%E5%95%86%E5%93%81/_msearch"),
        ("<logs-{now/d}>", "/%3Clogs-%7Bnow%2Fd%7D%3E/_msearch"),
        ("a/../_all?x", "/a%2F..%2F_all%3Fx/_msearch"),
    ],
)
def test_names_of_indices(index: str, path: str) -> None:
    """Whatever an index is called, it stays a name and becomes no other path."""
    assert candidate_request(plan(index=index), VECTOR, SERVER).path == path


def test_without_a_vector() -> None:
    """The words go alone, and no named scores are asked for."""
    request = candidate_request(plan(), None, SERVER)
    assert [leg for leg, _ in request.searches] == [LegName.LEXICAL]
    assert "include_named_queries_score" not in request.params


def test_window_scores() -> None:
    """Without complete scores nothing is named."""
    bare = replace(plan(), fusion=FusionOptions(scores=ScoreMode.WINDOW))
    assert "include_named_queries_score" not in candidate_request(bare, VECTOR, SERVER).params


def test_fused_by_elasticsearch() -> None:
    """One search holds both legs; codes are looked up beside it."""
    made = replace(plan(), name=PlanName.SINGLE, code_query={"term": {"sku": "A1"}})
    request = candidate_request(made, VECTOR, SERVER)
    assert request.native
    assert [leg for leg, _ in request.searches] == [LegName.LEXICAL, LegName.CODE]


def test_counting() -> None:
    """A page of a frozen order still counts facets, and fetches no candidate."""
    ((leg, body),) = counting_request(plan(aggs={"a": {}})).searches
    assert (leg, body["size"], body["aggs"]) == (LegName.LEXICAL, 0, {"a": {}})


def test_the_picture() -> None:
    """Comments say what is decided; below stands what pastes into a console."""
    made = replace(
        plan(),
        rerank=RerankPlan(20, ("title", "brand"), None, 0.5),
        boosts=(FieldBoost("in_stock"),),
    )
    picture = search_plan(made, candidate_request(made, VECTOR, SERVER), [MISSING])
    lines = str(picture).splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert comments[0] == "# plan: msearch_fusion"
    text = "\n".join(comments)
    for said in ("0.5 lexical", "best 20 by title, brand", "in_stock=true", "without embed: y"):
        assert said in text
    call, *bodies = lines[len(comments) :]
    assert call.startswith("POST /products/_msearch?filter_path=")
    assert [json.loads(body) for body in bodies] == list(picture.lines)
    assert picture.to_dict()["request"]["body"] == list(picture.lines)


@pytest.mark.parametrize(("index", "path"), [("products", "/products/_search"), (None, "/_search")])
def test_the_picture_of_a_passthrough(index: str | None, path: str) -> None:
    """The caller's own request, and why it is not touched."""
    made = replace(
        plan(index=index, sort="price"),
        name=PlanName.PASSTHROUGH,
        passthrough=PassthroughReason.SORT,
    )
    picture = search_plan(made, None, [])
    assert (picture.path, picture.notes) == (path, ("sent as it came: sort",))
    assert picture.lines == ({"query": QUERY, "sort": "price"},)
