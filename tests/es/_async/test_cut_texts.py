"""Texts over a token budget are cut at a sentence, everywhere, and whoever asked is told."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient
from es_hybrid.testing import AsyncScriptedReranker
from tests.es._async.ingesting import AsyncCountingEmbedder
from tests.support.waiting import patient

pytestmark = pytest.mark.es

LONG = {
    "id": "long",
    "title": "Light boot",
    "description": "Dries fast. Made for long days in wet hills. " + "Warm lining. " * 40,
}
SHORT = {"id": "short", "title": "Tent"}
CHINESE = {
    "id": "zh",
    "title": "轻薄透气登山靴。适合夏季徒步。面料柔软，不易起皱，防水防滑，适合长途。",
}


def shop_of(es: AsyncElasticsearch, embedder: Any, *, tokens: int) -> AsyncHybridClient:
    settings = patient(embed={"max_tokens": tokens}, rerank={"max_tokens": tokens, "top": 3})
    return AsyncHybridClient(
        es,
        settings=settings,
        embedder=embedder,
        reranker=AsyncScriptedReranker(lambda _query, text: float(len(text))),
    )


async def test_an_ingest_cuts_at_a_sentence_and_says_so(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """English and Chinese keep whole sentences; the report counts, warns, and goes on doing so."""
    embedder = AsyncCountingEmbedder()
    shop = shop_of(async_es, embedder, tokens=16)
    await shop.create_index(index_name)
    report = await shop.ingest(index_name, [LONG, SHORT, CHINESE])
    assert sorted(embedder.texts) == [
        "Light boot. Dries fast.",
        "Tent",
        "轻薄透气登山靴。适合夏季徒步。",
    ]
    assert (report.embedded, report.cut_texts) == (3, 2)
    (warning,) = report.warnings
    assert "2 products: the text is longer than ES_HYBRID_EMBED__MAX_TOKENS" in warning
    again = await shop.ingest(index_name, [LONG, SHORT, CHINESE])
    assert (again.unchanged, again.embedded, again.cut_texts) == (3, 0, 2)
    found = await shop.warm_products(index_name)
    assert (found.up_to_date, found.cut_texts) == (3, 2)
    assert (await shop.backfill(index_name)).cut_texts == 2


async def test_a_larger_budget_embeds_anew(async_es: AsyncElasticsearch, index_name: str) -> None:
    """A reindex after the setting was raised makes the vectors of whole texts."""
    await (shop := shop_of(async_es, AsyncCountingEmbedder(), tokens=16)).create_index(index_name)
    await shop.ingest(index_name, [LONG, SHORT])
    embedder = AsyncCountingEmbedder()
    wider = shop_of(async_es, embedder, tokens=100)
    report = await wider.reindex(await wider.plan_reindex(index_name))
    (long,) = [text for text in embedder.texts if text != "Tent"]
    assert long.startswith("Light boot. Dries fast. Made for long days in wet hills. Warm")
    assert report.embedded == 2
    assert [w for w in report.warnings if w.startswith("1 documents: the text is longer")]
    await async_es.indices.delete(index=[report.old_index, report.new_index])


async def test_a_reranker_reads_whole_sentences_and_the_answer_says_so(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The answer counts the products of which the reranker saw the beginning only."""
    shop = shop_of(async_es, AsyncCountingEmbedder(), tokens=16)
    await shop.create_index(index_name)
    await shop.ingest(index_name, [LONG, SHORT])
    query = {"match": {"title": "light tent"}}
    found = await shop.search(index=index_name, query=query, ext={"hybrid": {}})
    assert found.hybrid.reranked == 2
    assert found.hybrid.cut_texts == found["ext"]["hybrid"]["cut_texts"] == 1
