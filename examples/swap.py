"""Swap one call: the same search by Elasticsearch, by es_hybrid, and back.

export ES_HYBRID_ES_URL=http://localhost:9200         # or: make up, then `. .dev/env`
python examples/swap.py INDEX "trail running shoe" [FIELD …]

Without a model server the second answer is Elasticsearch's own order, and says why.
"""

from __future__ import annotations

import sys
from typing import Any

from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings


def main(index: str, words: str, fields: list[str]) -> None:
    """Run one search three times and print what each puts first."""
    settings = Settings()
    address = settings.es_url or "http://localhost:9200"
    key = settings.es_api_key.get_secret_value() if settings.es_api_key else None
    search: dict[str, Any] = {
        "index": index,
        "size": 5,
        "query": {"multi_match": {"query": words, "fields": fields}},
    }
    with Elasticsearch(address, api_key=key) as es, HybridClient(es, settings=settings) as shop:
        show("es.search", es.search(**search))

        found = shop.search(**search)  # the same arguments, the same shape of answer
        show("shop.search", found)
        print(f"   plan: {found.hybrid.plan}, {found['took']} ms")
        for missing in found.hybrid.degraded:
            print(f"   did without {missing.stage}: {missing.reason} {missing.detail}")

        # Back again: the one request section that Elasticsearch does not know turns it off.
        show("shop.search, off", shop.search(**search, ext={"hybrid": False}))


def show(title: str, answer: Any) -> None:
    """Print the hits of either client: the code does not know which one answered."""
    print(f"\n{title}: {answer['hits']['total']['value']} products")
    for hit in answer["hits"]["hits"]:
        print(f"   {hit['_score']:8.3f}  {hit['_source'].get('title', hit['_id'])}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:] or ["title^3", "description"])
