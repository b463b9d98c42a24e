"""What a shop asks of Elasticsearch, and what the bare client needs to take its place again."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch

from es_hybrid import HybridClient
from es_hybrid.testing import HashEmbedder, ScriptedReranker
from es_hybrid.types import DegradationReason, PlanName
from tests.support.recording import Request, forward_to, recording_server
from tests.support.shops import DIMS
from tests.support.waiting import patient
from tests.swap.catalogue import Names

pytestmark = pytest.mark.es

WORDS: dict[str, Any] = {"match": {"title": "trail shoe"}}


@pytest.mark.parametrize("reranked", [False, True])
def test_what_a_search_sends(es: Elasticsearch, names: Names, reranked: bool) -> None:
    """Candidates in one trip, documents in another, texts in a third; the mapping only once."""
    reranker = ScriptedReranker(lambda *_: 1.0) if reranked else None
    with (
        recording_server(forward_to(es)) as (url, requests),
        Elasticsearch(url) as recorded,
        HybridClient(
            recorded,
            settings=patient(),
            embedder=HashEmbedder(dims=DIMS),
            reranker=reranker,
        ) as shop,
    ):
        for _ in range(2):
            assert shop.search(index=names.shop, query=WORDS).hybrid.degraded == ()
    sent = [request.path.partition("?")[0].rpartition("/")[2] for request in requests]
    one = ["_msearch", *["_search"] * reranked, "_search"]
    assert [word for word in sent if "search" in word] == one * 2
    assert sent.count("_mapping") == sent.count("") == 1


def test_a_key_that_may_not_read_the_mapping(es: Elasticsearch, names: Names) -> None:
    """The search is lexical and says so."""
    ask = forward_to(es)

    def guarded(request: Request) -> tuple[int, Any]:
        if "_mapping" in request.path:
            return 403, {"error": {"type": "security_exception"}, "status": 403}
        return ask(request)

    with (
        recording_server(guarded) as (url, _),
        Elasticsearch(url) as recorded,
        HybridClient(recorded, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop,
    ):
        response = shop.search(index=names.shop, query=WORDS)
    assert response.hybrid.plan is PlanName.LEXICAL_ONLY
    (lack,) = response.hybrid.degraded
    assert lack.reason is DegradationReason.NO_VECTOR_FIELD
    assert "mapping" in lack.detail
    bare = es.search(index=names.shop, query=WORDS)
    assert response["hits"] == bare["hits"]


def test_going_back(es: Elasticsearch, names: Names) -> None:
    """Elasticsearch refuses our section by name; without it the same call is its own."""
    arguments: dict[str, Any] = {"index": names.shop, "query": WORDS}
    with pytest.raises(BadRequestError) as caught:
        es.search(**arguments, ext={"hybrid": {"window": 50}})
    assert caught.value.error == "x_content_parse_exception"
    assert es.search(**arguments)["hits"]["hits"]
