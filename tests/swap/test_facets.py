"""Facets are counted over the lexical matches; a click on one keeps its promise."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient
from es_hybrid.testing import HashEmbedder
from tests.support.shops import DIMS
from tests.support.waiting import patient
from tests.swap.catalogue import Names

pytestmark = pytest.mark.es

WORDS: dict[str, Any] = {"match": {"title": "trail shoe red"}}
FACETS: dict[str, Any] = {
    name: {"terms": {"field": name, "size": 50}} for name in ("brand", "category", "colour", "tags")
}


@pytest.mark.parametrize("plan", ["msearch_fusion", "single", "lexical_only"])
@pytest.mark.parametrize("facet", FACETS)
def test_a_click_gives_what_the_facet_counted(
    es: Elasticsearch, names: Names, plan: str, facet: str
) -> None:
    """Each value of a facet with count n leads to n lexical hits, and to all of them."""
    options = {"plan": plan, "min_similarity": 1.0}  # no hit but the lexical ones is admitted
    ext = {"hybrid": options}
    with HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop:
        page = shop.search(index=names.shop, query=WORDS, aggs=FACETS, ext=ext)
        buckets = page["aggregations"][facet]["buckets"]
        assert buckets
        for bucket in buckets:
            clicked: dict[str, Any] = {
                "bool": {"must": [WORDS], "filter": [{"term": {facet: bucket["key"]}}]}
            }
            found = shop.search(index=names.shop, query=clicked, size=72, ext=ext)
            assert found.total == len(found.hits) == bucket["doc_count"]
            assert {hit.id for hit in found.hits} == {
                hit["_id"]
                for hit in es.search(index=names.shop, query=clicked, size=72)["hits"]["hits"]
            }


def test_a_click_by_post_filter(es: Elasticsearch, names: Names) -> None:
    """The same where a click is a `post_filter`, and the other values keep their counts."""
    ext = {"hybrid": {"min_similarity": 1.0}}
    with HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop:
        page = shop.search(index=names.shop, query=WORDS, aggs=FACETS, ext=ext)
        for bucket in page["aggregations"]["colour"]["buckets"]:
            found = shop.search(
                index=names.shop,
                query=WORDS,
                post_filter={"term": {"colour": bucket["key"]}},
                aggs=FACETS,
                size=72,
                ext=ext,
            )
            assert found.total == len(found.hits) == bucket["doc_count"]
            assert found["aggregations"] == page["aggregations"]


def test_hits_by_meaning_come_on_top_of_the_count(es: Elasticsearch, names: Names) -> None:
    """Without a floor a click may show more than was counted, never less, and the total says so."""
    with HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop:
        page = shop.search(index=names.shop, query=WORDS, aggs=FACETS)
        for bucket in page["aggregations"]["brand"]["buckets"]:
            clicked: dict[str, Any] = {
                "bool": {"must": [WORDS], "filter": [{"term": {"brand": bucket["key"]}}]}
            }
            found = shop.search(index=names.shop, query=clicked, size=72)
            assert found.total is not None
            assert found.total == len(found.hits) >= bucket["doc_count"]
            assert {hit.source["brand"] for hit in found.hits} == {bucket["key"]}


@pytest.mark.parametrize("typed", [False, True])
def test_facets_of_the_candidates(es: Elasticsearch, names: Names, typed: bool) -> None:
    """Counted over the candidates, a facet counts exactly what the pages show."""
    ext = {"hybrid": {"facets": "candidates", "window": 12, "plan": "msearch_fusion"}}
    few = {"ids": {"values": [f"p{number:02d}" for number in range(0, 24, 3)]}}
    query = {"bool": {"must": [WORDS], "filter": [few]}}
    with HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as shop:
        page = shop.search(
            index=names.shop, query=query, aggs=FACETS, size=72, typed_keys=typed, ext=ext
        )
        name = "sterms#colour" if typed else "colour"
        counts = {b["key"]: b["doc_count"] for b in page["aggregations"][name]["buckets"]}
        shown = [hit.source["colour"] for hit in page.hits]
        assert counts == {colour: shown.count(colour) for colour in set(shown)}
