"""A process of a shop's own that serves an experiment: `python -m tests.support.serving_shop`.

Settings come from the environment; what was answered is printed as JSON, one line per shopper.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from elasticsearch import Elasticsearch

from es_hybrid import ExperimentClient, HybridClient, Settings

SEARCH: dict[str, Any] = {
    "query": {"multi_match": {"query": "running shoe", "fields": ["title^3", "description"]}},
    "size": 4,
}


def main() -> None:
    """Serve one search to each shopper, and write down what was counted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("index")
    parser.add_argument("experiment")
    parser.add_argument("shoppers", nargs="+")
    args = parser.parse_args()
    settings = Settings()
    with (
        Elasticsearch(settings.es_url or "", request_timeout=60) as es,
        HybridClient(es, settings=settings) as new,
        ExperimentClient(es, new, name=args.experiment) as shop,
    ):
        for shopper in args.shoppers:
            answer = shop.for_shopper(shopper).search(index=args.index, **SEARCH)
            shown = [hit["_id"] for hit in answer["hits"]["hits"]]
            print(json.dumps({"query_id": answer.hybrid.query_id, "shown": shown}))
        shop.look()


if __name__ == "__main__":
    main()
