"""Elasticsearch reranks by itself, on a node of these tests' own with a trial licence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings
from es_hybrid.testing import HashEmbedder, ScriptedReranker
from es_hybrid.types import DegradationReason, PlanName, Stage
from scripts.dev.node import state
from scripts.dev.node.places import PROJECT
from tests.support.model_servers import FakeModelServer
from tests.support.shops import DIMS, fill, shop_products

pytestmark = pytest.mark.node

_BOOT_WITHIN_S = 240
_TEXT = "trail running shoe"
_WORDS: Any = {"multi_match": {"query": _TEXT, "fields": ["title^3", "description"]}}
_RED: Any = {"term": {"colour": "red"}}
_PLAN = {"plan": "text_similarity_reranker", "rerank": {"fields": ["title"], "top": 20}}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    """A node that may use everything for a while, with the shop's products on it."""
    folder = tmp_path_factory.mktemp("state")
    tool = str(PROJECT / "scripts" / "dev" / "elasticsearch.py")
    where = ["--state-dir", str(folder), "--name", "test-trial"]
    subprocess.run(
        [sys.executable, tool, "start", "--version", "9.4.3", *where],
        check=True,
        capture_output=True,
        timeout=_BOOT_WITHIN_S,
    )
    try:
        known = state.read(folder, "test-trial")
        assert known is not None
        with Elasticsearch(known.url, request_timeout=60) as es:
            es.perform_request(
                "POST", "/_license/start_trial?acknowledge=true", headers={"accept": "*/*"}
            )
            fill(es, "products", shop_products())
            yield es
    finally:
        subprocess.run([sys.executable, tool, "stop", "--purge", *where], check=False, timeout=600)


@pytest.fixture
def server(trial: Elasticsearch) -> Iterator[FakeModelServer]:
    """A rerank server that the node reaches through an endpoint of its own."""
    with FakeModelServer("tei") as running:
        settings = {"url": running.rerank_url, "api_key": "none"}
        trial.perform_request(
            "PUT",
            "/_inference/rerank/own",
            headers={"accept": "application/json", "content-type": "application/json"},
            body={"service": "hugging_face", "service_settings": settings},
        )
        running.requests.clear()
        yield running
        trial.perform_request(
            "DELETE", "/_inference/rerank/own", headers={"accept": "application/json"}
        )


@pytest.fixture
def shop(trial: Elasticsearch) -> Iterator[HybridClient]:
    """A shop with models of its own beside the node's."""
    patient = {"timeout_s": 30.0}
    settings = Settings(
        embed=patient, rerank={"inference_id": "own", **patient}, search={"budget_s": 60.0}
    )
    reranker = ScriptedReranker(lambda *_: 1.0)
    with HybridClient(
        trial, settings=settings, embedder=HashEmbedder(dims=DIMS), reranker=reranker
    ) as opened:
        yield opened


def search(shop: HybridClient, options: Any = _PLAN, **asked: Any) -> Any:
    arguments: Any = {"index": "products", "query": _WORDS, "size": 10, **asked}
    return shop.search(**arguments, ext={"hybrid": options})


def test_elasticsearch_reranks(shop: HybridClient, server: FakeModelServer) -> None:
    """The best by both legs are shown to the endpoint once, and its scores make the order."""
    response = search(shop, {**_PLAN, "explain": True})
    assert (response.hybrid.plan, response.hybrid.degraded) == (
        PlanName.TEXT_SIMILARITY_RERANKER,
        (),
    )
    (asked,) = server.requests
    assert (asked.body["query"], len(asked.body["texts"])) == (_TEXT, 20)
    scores = [part.hit.native_score for part in response.hybrid.parts.values()]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 1
    first = next(iter(response.hybrid.parts.values())).hit
    assert None not in {first.lexical_score, first.semantic_score}


def test_filters_and_pages(shop: HybridClient, server: FakeModelServer) -> None:
    """Filters and post filters bind what is reranked; pages go on past it, nothing twice."""
    found: list[str] = []
    for from_ in range(0, 30, 10):
        response = search(shop, query={"bool": {"must": [_WORDS]}}, post_filter=_RED, from_=from_)
        assert {hit.source["colour"] for hit in response.hits} <= {"red"}
        found += [hit.id for hit in response.hits]
    assert len(found) == len(set(found)) > 10
    assert all(len(request.body["texts"]) <= 20 for request in server.requests)


def test_the_endpoint_fails(shop: HybridClient, server: FakeModelServer) -> None:
    """The fused plan with the shop's own reranker takes its place, and the answer says so."""
    fused = search(shop, {"rerank": {"fields": ["title"], "top": 20}})
    server.fail(status=400)
    response = search(shop)
    assert response.hybrid.plan is PlanName.MSEARCH_FUSION
    (lack,) = response.hybrid.degraded
    assert (lack.stage, lack.reason) == (Stage.RERANK, DegradationReason.SERVICE_ERROR)
    assert response["hits"] == fused["hits"]
    assert response.hybrid.reranked == 20


def test_an_endpoint_that_is_not_there(shop: HybridClient, server: FakeModelServer) -> None:
    """A wrong name costs the reranking, not the search; the next search is asked as it wants."""
    wrong = {**_PLAN, "rerank": {"inference_id": "nobody"}}
    assert search(shop, wrong).hybrid.plan is PlanName.MSEARCH_FUSION
    assert search(shop).hybrid.plan is PlanName.TEXT_SIMILARITY_RERANKER


def test_many_at_once(shop: HybridClient, server: FakeModelServer) -> None:
    """`msearch` carries the plan, too."""
    body = {"query": _WORDS, "ext": {"hybrid": _PLAN}}
    answer = shop.msearch(searches=[{"index": "products"}, body] * 2)
    plans = [info.plan for info in answer.hybrid if info is not None]
    assert plans == [PlanName.TEXT_SIMILARITY_RERANKER] * 2
    assert len(server.requests) == 2
