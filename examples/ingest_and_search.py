"""Create an index, write products with their vectors into it, search it.

export ES_HYBRID_ES_URL=http://localhost:9200         # or: make up, then `. .dev/env`
python examples/ingest_and_search.py examples/products.ndjson "something to read at night" [ALIAS]

Vectors come from the embedding server that ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL
name; without one the products are written without vectors, and found by their words.
"""

from __future__ import annotations

import sys

from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings, read_ndjson


def main(path: str, words: str, alias: str) -> None:
    """Fill the index behind `alias`, making it where there is none, and search it."""
    settings = Settings()
    address = settings.es_url or "http://localhost:9200"
    key = settings.es_api_key.get_secret_value() if settings.es_api_key else None
    with Elasticsearch(address, api_key=key) as es, HybridClient(es, settings=settings) as shop:
        if not es.indices.exists(index=alias):
            print("created", shop.create_index(alias, mapping="products"))
        report = shop.ingest(alias, read_ndjson(path))
        print(report)
        for failure in report.failures:
            print(f"   {failure.id}: {failure.reason}")

        es.indices.refresh(index=alias)  # what was just written becomes visible
        query = {"multi_match": {"query": words, "fields": ["title^3", "description", "tags"]}}
        found = shop.search(index=alias, query=query, size=5)
        for place, hit in enumerate(found.hits, start=1):
            print(f"{place}. {hit.source['title']}")
        for missing in found.hybrid.degraded:
            print(f"did without {missing.stage}: {missing.reason} {missing.detail}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], (sys.argv[3:] or ["example-products"])[0])
