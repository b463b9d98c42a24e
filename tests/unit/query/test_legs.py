"""The bodies that go to Elasticsearch: each leg binds the same filters and asks for little."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from es_hybrid.query.capabilities import Server
from es_hybrid.query.exact_scores import exact_score
from es_hybrid.query.legs import (
    fused_body,
    header,
    knn_clause,
    lexical_body,
    msearch_searches,
    needs_named_scores,
    semantic_body,
)
from es_hybrid.query.plan import InferencePlan, Plan
from es_hybrid.query.request import parse_request
from es_hybrid.query.schema import VectorField
from es_hybrid.types import FusionOptions, LegName, PlanName, ScoreMode

QUERY = {"match": {"title": "shoe"}}
RED = {"term": {"colour": "red"}}
VECTOR = np.array([0.6, 0.8, 0.0], dtype=np.float32)
NEW, OLD = Server((9, 4)), Server((8, 14))


def plan(*, scores: ScoreMode = ScoreMode.COMPLETE, changes: Any = None, **asked: Any) -> Plan:
    made = Plan(
        name=PlanName.MSEARCH_FUSION,
        request=parse_request({"index": "products", "query": QUERY, **asked}),
        query=QUERY,
        vector=VectorField("embedding", 3),
        fusion=FusionOptions(scores=scores, lexical_weight=0.3, semantic_weight=0.7),
    )
    return replace(made, **(changes or {}))


def test_two_legs_in_order() -> None:
    """The lexical leg goes first; without a vector it goes alone."""
    both = [leg for leg, _ in msearch_searches(plan(), VECTOR, NEW)]
    assert both == [LegName.LEXICAL, LegName.SEMANTIC]
    assert [leg for leg, _ in msearch_searches(plan(), None, NEW)] == [LegName.LEXICAL]


def test_lean_candidates() -> None:
    """Keys alone: no `_source`; with an id field no stored fields either; doc values once each."""
    body = lexical_body(plan(), None)
    assert (body["size"], body["_source"]) == (100, False)
    assert "stored_fields" not in body
    lean = plan(changes={"id_field": "id", "candidate_fields": ("sales", "id")})
    body = lexical_body(lean, None)
    assert (body["stored_fields"], body["docvalue_fields"]) == ("_none_", ["id", "sales"])


def test_what_stays_in_the_lexical_leg() -> None:
    """Counts, suggestions and rescoring belong to the words; time limits bind both legs."""
    asked: dict[str, Any] = {
        "aggs": {"a": {}},
        "suggest": {"s": {}},
        "profile": True,
        "rescore": {"query": {}},
        "track_total_hits": 50,
        "timeout": "1s",
        "runtime_mappings": {"r": {}},
    }
    lexical, semantic = (body for _, body in msearch_searches(plan(**asked), VECTOR, NEW))
    for name, value in asked.items():
        assert lexical[name] == value
    assert {"timeout", "runtime_mappings"} <= semantic.keys()
    assert not {"aggs", "suggest", "profile", "rescore"} & semantic.keys()
    assert semantic["track_total_hits"] is False


def test_what_only_the_page_needs_is_not_asked_of_candidates() -> None:
    """Highlights and scripted fields of hits no page shows would be wasted work."""
    asked: dict[str, Any] = {
        "highlight": {"fields": {"title": {}}},
        "script_fields": {"x": {}},
        "fields": ["title"],
        "explain": True,
        "version": True,
        "from_": 20,
    }
    for _, body in msearch_searches(plan(**asked), VECTOR, NEW):
        assert not {*asked, "from"} & body.keys()


def test_post_filter() -> None:
    """The caller's own stays a post_filter of the lexical leg, beside the carried scores."""
    assert lexical_body(plan(post_filter=RED), None)["post_filter"] == RED
    carried = lexical_body(plan(post_filter=RED), VECTOR)["post_filter"]["bool"]
    assert carried["filter"] == RED
    assert carried["minimum_should_match"] == 0
    assert "post_filter" not in lexical_body(plan(), None)


def test_complete_scores_name_the_other_leg() -> None:
    """Each leg carries the other one, named, in a filter that lets everything through."""
    lexical, semantic = (body for _, body in msearch_searches(plan(), VECTOR, NEW))
    everything, script = lexical["post_filter"]["bool"]["should"]
    assert everything == {"match_all": {}}
    assert script["script_score"]["_name"] == "es_hybrid.semantic"
    assert script["script_score"]["query"] == {"exists": {"field": "embedding"}}
    _, words = semantic["post_filter"]["bool"]["should"]
    assert words == {"bool": {"must": [QUERY], "_name": "es_hybrid.lexical"}}
    assert needs_named_scores(plan())


def test_window_scores_name_nothing() -> None:
    """In window mode the legs are plain."""
    for _, body in msearch_searches(plan(scores=ScoreMode.WINDOW), VECTOR, NEW):
        assert "post_filter" not in body
    assert not needs_named_scores(plan(scores=ScoreMode.WINDOW))


def test_filters_bind_before_the_neighbours_are_found() -> None:
    """The kNN filter holds every filter of the query; a filter afterwards would empty the page."""
    clause = semantic_body(plan(changes={"filter": RED}), VECTOR, NEW)["knn"]
    assert clause["filter"] == RED
    assert (clause["k"], clause["num_candidates"]) == (100, 150)
    assert "filter" not in knn_clause(plan(), VECTOR, NEW)


def test_query_vectors_are_packed_where_the_server_takes_it() -> None:
    """Big-endian float32 as base64 from 9.4 on; the plain numbers before."""
    packed = knn_clause(plan(), VECTOR, NEW)["query_vector"]
    assert np.frombuffer(base64.b64decode(packed), dtype=">f4").tolist() == VECTOR.tolist()
    for server in (OLD, Server((9, 3)), Server()):
        assert knn_clause(plan(), VECTOR, server)["query_vector"] is VECTOR


def test_exact_scores_of_a_quantised_index() -> None:
    """Asked for where the server can, and only where the index compresses."""
    quantised = plan(changes={"vector": VectorField("embedding", 3, quantized=True)})
    assert "rescore_vector" in knn_clause(quantised, VECTOR, NEW)
    assert "rescore_vector" not in knn_clause(quantised, VECTOR, OLD)
    assert "rescore_vector" not in knn_clause(plan(), VECTOR, NEW)


def test_doc_values_beside_collapse() -> None:
    """Elasticsearch 8.14 fails a search with both collapse and docvalue_fields."""
    made = plan(collapse={"field": "group"}, changes={"candidate_fields": ("sales",)})
    body = lexical_body(made, None)
    assert "docvalue_fields" not in body
    assert body["fields"] == ["sales"]


def test_collapse() -> None:
    """Both legs collapse, so that a window of 100 is 100 groups; its inner hits are not asked."""
    asked: dict[str, Any] = {"collapse": {"field": "group", "inner_hits": {"name": "variants"}}}
    for _, body in msearch_searches(plan(**asked), VECTOR, NEW):
        assert body["collapse"] == {"field": "group"}


def test_single() -> None:
    """One search with both sections, weighted, and both legs' own scores named."""
    made = plan(post_filter=RED, changes={"name": PlanName.SINGLE})
    body = fused_body(made, VECTOR, NEW)
    assert body["knn"]["boost"] == 0.7
    assert body["query"]["bool"]["boost"] == 0.3
    (named,) = body["query"]["bool"]["must"]
    assert named == {"bool": {"must": [QUERY], "_name": "es_hybrid.lexical"}}
    assert body["post_filter"]["bool"]["filter"] == RED
    assert needs_named_scores(replace(made, fusion=FusionOptions(scores=ScoreMode.WINDOW)))


@pytest.mark.parametrize("name", [PlanName.NATIVE_LINEAR, PlanName.NATIVE_RRF])
def test_native(name: PlanName) -> None:
    """A compound retriever holds both legs, the same filters, and stands for the query."""
    body = fused_body(plan(changes={"name": name, "filter": RED}), VECTOR, NEW)
    (retriever,) = body["retriever"].values()
    assert not {"query", "knn"} & body.keys()
    assert retriever["rank_window_size"] == 100
    assert len(retriever["retrievers"]) == 2
    assert str(RED) in str(retriever["retrievers"][1])


def test_header() -> None:
    """URL parameters that `_msearch` takes for one search go there, and no others."""
    params: dict[str, Any] = {"preference": "me", "routing": "a", "typed_keys": True, "human": True}
    assert header(plan(**params)) == {"preference": "me", "routing": "a"}
    assert header(plan()) == {}


def test_codes() -> None:
    """Exact codes are looked up last, under the same filters, and are few."""
    code = {"term": {"sku": "A1"}}
    made = plan(changes={"code_query": code, "filter": RED}, aggs={"a": {}}, timeout="1s")
    leg, body = msearch_searches(made, VECTOR, NEW)[-1]
    assert leg is LegName.CODE
    assert body["query"] == {"bool": {"filter": [code, RED]}}
    assert (body["size"], body["timeout"], body["track_total_hits"]) == (10, "1s", False)
    assert "aggs" not in body


@pytest.mark.parametrize("scores", list(ScoreMode))
def test_the_callers_body_is_not_edited(scores: ScoreMode) -> None:
    """Building legs leaves the request as it was."""
    asked: dict[str, Any] = {"aggs": {"a": {}}, "post_filter": RED, "size": 5}
    made = plan(scores=scores, changes={"filter": RED}, **asked)
    before = repr(made.request.body)
    msearch_searches(made, VECTOR, NEW)
    fused_body(replace(made, name=PlanName.SINGLE), VECTOR, NEW)
    assert repr(made.request.body) == before


def test_a_filters_inner_hits_are_asked_once() -> None:
    """Elasticsearch refuses the same inner hits twice in one search, as knn filter and named query."""
    nested = {"nested": {"path": "sizes", "query": RED, "inner_hits": {}}}
    query = {"bool": {"must": [QUERY], "filter": [nested]}}
    body = semantic_body(plan(changes={"query": query, "filter": nested}), VECTOR, NEW)
    assert str(body).count("inner_hits") <= 1


def test_reranking_by_elasticsearch() -> None:
    """Both legs stand under one retriever with the filter, each score named; sizes agree."""
    inference = InferencePlan(endpoint="own", field="title", window=100)
    made = plan(
        post_filter=RED,
        changes={
            "name": PlanName.TEXT_SIMILARITY_RERANKER,
            "inference": inference,
            "window": 20,
        },
    )
    body = fused_body(made, VECTOR, NEW)
    asked = body["retriever"]["text_similarity_reranker"]
    assert (asked["inference_id"], asked["inference_text"], asked["field"]) == (
        "own",
        "shoe",
        "title",
    )
    assert asked["rank_window_size"] == body["size"] == 20
    both = asked["retriever"]["standard"]["query"]["bool"]
    assert both["filter"] == RED
    assert [list(leg) for leg in both["should"]] == [["bool"], ["knn"]]
    assert "query" not in body
    assert "filter" not in body["post_filter"]["bool"]
    assert needs_named_scores(made)


@pytest.mark.parametrize("similarity", ["cosine", "dot_product", "max_inner_product"])
def test_a_script_takes_the_vector_in_whole_numbers(similarity: str) -> None:
    """They give back the vector to the last of its 24 bits."""
    vector = np.random.default_rng(3).standard_normal(768).astype(np.float32)
    query = exact_score(VectorField("v", 768, similarity), vector, name="n")
    params = query["script_score"]["script"]["params"]
    assert params["vector"].dtype == np.int32
    back = params["vector"] * params["unit"]
    assert np.abs(back - vector).max() <= np.abs(vector).max() / 2**24


@pytest.mark.parametrize(
    "field", [VectorField("v", 3, "l2_norm"), VectorField("v", 3, floats=False)]
)
def test_vectors_that_cannot_be_scaled(field: VectorField) -> None:
    """Distances need the vector itself, and bytes are whole numbers already."""
    query = exact_score(field, VECTOR, name="n")
    assert query["script_score"]["script"]["params"]["vector"] is VECTOR
    made = plan(changes={"vector": VectorField("v", 3, floats=False)})
    assert knn_clause(made, VECTOR, NEW)["query_vector"] is VECTOR


def test_a_vector_without_direction() -> None:
    """Elasticsearch is left to refuse it."""
    params = exact_score(VectorField("v", 3), VECTOR * 0, name="n")["script_score"]["script"][
        "params"
    ]
    assert params["vector"].tolist() == [0, 0, 0]
