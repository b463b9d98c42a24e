"""Run several searches at the same time with the async client.

pip install "es-hybrid[async]"
export ES_HYBRID_ES_URL=http://localhost:9200         # or: make up, then `. .dev/env`
python examples/async_search.py INDEX "red shoe" "轻薄连衣裙" "reading lamp"
"""

from __future__ import annotations

import asyncio
import sys

from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, HybridResponse, NumericBoost, Settings

FIELDS = ["title^3", "description"]


async def main(index: str, searches: list[str]) -> None:
    """Search for all at once; print the best three of each."""
    settings = Settings()
    address = settings.es_url or "http://localhost:9200"
    key = settings.es_api_key.get_secret_value() if settings.es_api_key else None
    best_sellers = NumericBoost("sales_30d", scale=1000, by=1.2)
    async with (
        AsyncElasticsearch(address, api_key=key) as es,
        AsyncHybridClient(es, settings=settings, boosts=[best_sellers]) as shop,
    ):
        answers = await asyncio.gather(*(search(shop, index, words) for words in searches))
    for words, found in zip(searches, answers, strict=True):
        print(f"\n{words}: {found.total} products, {found['took']} ms, {found.hybrid.plan}")
        for hit in found.hits:
            print(f"   {hit.score:6.3f}  {hit.source.get('title', hit.id)}")


async def search(shop: AsyncHybridClient, index: str, words: str) -> HybridResponse:
    """Return the best three products."""
    query = {"multi_match": {"query": words, "fields": FIELDS}}
    return await shop.search(index=index, query=query, size=3)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
