"""A response behaves as Elasticsearch's own, and knows more."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from typing import Any

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig, ObjectApiResponse
from elasticsearch import NotFoundError

from es_hybrid.rank.parts import HitParts
from es_hybrid.response import HybridInfo, HybridResponse, joined
from es_hybrid.types import (
    Degradation,
    DegradationReason,
    Hit,
    PassthroughReason,
    PlanName,
    Stage,
)

META = ApiResponseMeta(
    200, "1.1", HttpHeaders({"x-found": "1"}), 0.1, NodeConfig("http", "localhost", 9200)
)
BODY: dict[str, Any] = {
    "took": 3,
    "hits": {
        "total": {"value": 7, "relation": "eq"},
        "hits": [{"_index": "i", "_id": "a", "_score": 0.9, "_source": {"title": "shoe"}}],
    },
}
HIT = Hit("i", "a", lexical_score=3.0, lexical_rank=1)
INFO = HybridInfo(
    PlanName.MSEARCH_FUSION,
    reranked=5,
    degraded=(Degradation(Stage.RERANK, DegradationReason.TIMEOUT, "slow"),),
    timings_ms={Stage.RETRIEVE: 1.23456},
    parts={HIT.key: HitParts(1, HIT, 1.0, None, 1.0, 0.9)},
)


@pytest.fixture
def response() -> HybridResponse:
    return HybridResponse(BODY, META, INFO)


def test_as_elasticsearchs_own(response: HybridResponse) -> None:
    """Indexing, iterating, comparing and the metadata work as on the official response."""
    official: ObjectApiResponse[Any] = ObjectApiResponse(body=BODY, meta=META)
    assert isinstance(response, ObjectApiResponse)
    assert response["hits"]["hits"][0]["_id"] == "a"
    assert (list(response), len(response), "took" in response) == (list(official), 2, True)
    assert response == official
    assert response == BODY
    assert response.body is BODY
    assert response.meta.headers["x-found"] == "1"
    assert (dict(response), bool(response), str(response)) == (BODY, True, str(official))
    assert response.get("missing") is None
    assert json.dumps(response.body) == json.dumps(BODY)


def test_typed_views(response: HybridResponse) -> None:
    """The page's hits and the total without digging."""
    (hit,) = response.hits
    assert (hit.index, hit.id, hit.score, hit.source) == ("i", "a", 0.9, {"title": "shoe"})
    assert hit.raw is BODY["hits"]["hits"][0]
    assert response.total == 7


@pytest.mark.parametrize(
    ("hits", "total", "count"),
    [
        ({"total": 7, "hits": []}, 7, 0),
        ({"hits": []}, None, 0),
        ({}, None, 0),
        (None, None, 0),
        ({"hits": [{"_id": "a"}]}, None, 1),
    ],
)
def test_bare_bodies(hits: Any, total: int | None, count: int) -> None:
    """Bodies cut down by `filter_path` or without counting have views too."""
    body = {} if hits is None else {"hits": hits}
    response = HybridResponse(body, META, INFO)
    assert (response.total, len(response.hits)) == (total, count)


@pytest.mark.parametrize(
    "copied",
    [lambda r: pickle.loads(pickle.dumps(r)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)
def test_copies(response: HybridResponse, copied: Any) -> None:
    """A response put into a cache comes out with everything."""
    other = copied(response)
    assert type(other) is HybridResponse
    assert other.body == BODY
    assert other.hybrid == INFO
    assert other.meta.headers == META.headers


def test_diagnostics_as_json() -> None:
    """What was done, in plain values."""
    result = json.loads(json.dumps(INFO.to_dict()))
    assert result["plan"] == "msearch_fusion"
    assert result["reason"] is None
    assert result["degraded"] == [{"stage": "rerank", "reason": "timeout", "detail": "slow"}]
    assert result["timings_ms"] == {"retrieve": 1.235}
    assert result["explain"][0]["_id"] == "a"


def test_a_passthrough_is_not_explained() -> None:
    """It has a reason, and no parts."""
    result = HybridInfo(PlanName.PASSTHROUGH, PassthroughReason.SORT).to_dict()
    assert (result["plan"], result["reason"]) == ("passthrough", "sort")
    assert "explain" not in result


def test_several_answers_in_one(response: HybridResponse) -> None:
    """As `_msearch` answers: a body or an error each, in order, with what was done beside."""
    gone = replace(META, status=404)
    error = NotFoundError("gone", meta=gone, body={"error": {"type": "gone"}, "status": 404})
    both = joined([response, error], took_ms=4.6)
    assert both["took"] == 5
    assert both["responses"] == [
        {**BODY, "status": 200},
        {"error": {"type": "gone"}, "status": 404},
    ]
    assert both.hybrid == (INFO, None)
    other = pickle.loads(pickle.dumps(both))
    assert (other.body, other.hybrid) == (both.body, both.hybrid)


def test_a_token_is_told() -> None:
    """The order's token stands among the diagnostics where one was asked for."""
    assert "order" not in INFO.to_dict()
    assert HybridInfo(PlanName.SINGLE, order="abc").to_dict()["order"] == "abc"
