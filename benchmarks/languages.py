"""Measure queries in one language on a catalogue in another: words alone, vectors alone, hybrid.

    python -m benchmarks.languages [--es-url URL]

The catalogue and the judged queries are the demo's: those of type `cross`, five from English to
Chinese and five the other way round. The embedder is a dictionary, made of the demo's own word
lists: a kind or an option has one direction, whatever it is called. It stands for a multilingual
model, better than a real one on these words and worse on all others, and shows what fusion does
with its hits, not how good a model is. Nothing is reranked.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import numpy as np
from elasticsearch import Elasticsearch

from demo.catalogue import build_catalogue
from demo.judgments import judge, read_queries
from demo.words import WORDS, load_words
from es_hybrid import HybridClient, Settings, hybrid_ext
from es_hybrid.evaluate.metrics import ndcg
from es_hybrid.types import TextKind, Vectors

LANGUAGES = ("en", "zh")
FIELDS = ["title^3", "brand^2", "attributes_text", "description"]
LANES: Mapping[str, dict[str, Any]] = {
    "hybrid, default": {},
    "hybrid, lexical weight 0.3": {"fusion": {"weights": {"lexical": 0.3, "semantic": 0.7}}},
    "hybrid, rrf": {"fusion": {"method": "rrf"}},
}


def pieces(text: str) -> frozenset[str]:
    """Return the words of Latin script and the pairs of Chinese characters of a text."""
    lowered = text.lower()
    words = re.findall(r"[a-z]{3,}", lowered)
    runs = re.findall(r"[\u4e00-\u9fff]+", lowered)
    return frozenset([*words, *(run[i : i + 2] for run in runs for i in range(len(run) - 1))])


class DictionaryEmbedder:
    """Gives a kind or an option of the demo the same direction in both languages."""

    model = "dictionary"

    def __init__(self) -> None:
        concepts: dict[tuple[str, ...], list[frozenset[str]]] = {}
        for category in sorted(path.stem for path in (WORDS / "en").glob("*.toml")):
            if category == "shared":
                continue
            for language in LANGUAGES:
                words = load_words(language, category)
                for kind, said in words.kinds.items():
                    concepts.setdefault((category, kind), []).extend(map(pieces, said.names))
                for axis, options in words.axes.items():
                    for option, spoken in options.options.items():
                        named = filter(None, (spoken.shown, *spoken.titles))
                        concepts.setdefault((axis, option), []).extend(map(pieces, named))
        self._phrases = [[phrase for phrase in each if phrase] for each in concepts.values()]
        self.dims = len(self._phrases)

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return for each text how much of each concept's best phrase is in it."""
        del kind, timeout_s
        rows = np.full((len(texts), self.dims), 1e-4, np.float32)
        for row, text in zip(rows, texts, strict=True):
            found = pieces(text)
            for place, phrases in enumerate(self._phrases):
                share = max((len(found & each) / len(each) for each in phrases), default=0.0)
                row[place] += share if share >= 0.5 else 0.0
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def ids(answer: Any) -> list[str]:
    """Return the ids of a page."""
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def mean(values: Iterable[float]) -> float:
    """Return the mean."""
    return float(np.mean(list(values)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line a query, and the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--es-url", default=os.environ.get("ES_HYBRID_ES_URL"))
    args = parser.parse_args(arguments)
    products, embedder = build_catalogue(), DictionaryEmbedder()
    queries = [query for query in read_queries() if query.type == "cross"]
    index = f"bench-languages-{uuid4().hex[:8]}"
    with (
        Elasticsearch(args.es_url, request_timeout=60) as es,
        HybridClient(es, settings=Settings(), embedder=embedder) as shop,
    ):
        name = shop.create_index(index)
        try:
            shop.ingest(index, (dict(product.fields) for product in products))
            es.indices.forcemerge(index=index, max_num_segments=1)  # the same ties in every lane
            rows = [_measured(shop, index, query, products) for query in queries]
        finally:
            es.indices.delete(index=name)
    columns = ["words alone", "vectors alone", *LANES]
    print(f"nDCG@10; {len(products):,} products, {embedder.dims} concepts\n")
    print(f"{'query':44} {'word hits':>9} " + " ".join(f"{column:>13.13}" for column in columns))
    for text, hits, scores, _ in rows:
        print(f"{text:44.44} {hits:9} " + " ".join(f"{scores[c]:13.3f}" for c in columns))
    means = " ".join(f"{mean(row[2][column] for row in rows):13.3f}" for column in columns)
    print(f"{'mean':44} {'':9} {means}\n")
    print(f"queries without any word hit: {sum(not hits for _, hits, _, _ in rows)} of {len(rows)}")
    for lane in LANES:
        kept = mean(row[3][lane] for row in rows)
        print(f"of the ten best by meaning, still among the ten of {lane}: {kept:.0%}")
    return 0


def _measured(
    shop: HybridClient, index: str, query: Any, products: Sequence[Any]
) -> tuple[str, int, dict[str, float], dict[str, float]]:
    grades = dict(judge(query, products))
    only = {"term": {"language": query.judged_language}}
    words: dict[str, Any] = {"multi_match": {"query": query.text, "fields": FIELDS}}
    asked = {"bool": {"must": [words], "filter": [only]}}
    lexical = shop.es.search(index=index, query=asked, size=10)
    vector = shop.embedder.embed([query.text], kind=TextKind.QUERY, timeout_s=1.0)[0]  # type: ignore[union-attr]
    knn = {"field": "embedding", "query_vector": vector.tolist(), "k": 10, "num_candidates": 200}
    semantic = ids(shop.es.search(index=index, knn={**knn, "filter": only}, size=10))
    scores = {"words alone": ndcg(ids(lexical), grades), "vectors alone": ndcg(semantic, grades)}
    kept = {}
    for lane, options in LANES.items():
        page = ids(
            shop.search(index=index, query=asked, size=10, ext=hybrid_ext(rerank=False, **options))
        )
        scores[lane] = ndcg(page, grades)
        kept[lane] = len(set(page) & set(semantic)) / max(len(semantic), 1)
    return query.text, int(lexical["hits"]["total"]["value"]), scores, kept


if __name__ == "__main__":
    sys.exit(main())
