"""langchain-elasticsearch as its documentation uses it: dense plus text in one search, without RRF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elasticsearch import Elasticsearch
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_elasticsearch import DenseVectorStrategy, ElasticsearchStore
from loop import Job, Search, serve


class KnownVectors(Embeddings):
    """Looks vectors up, so that no model is timed."""

    def __init__(self, vectors: Mapping[str, list[float]]) -> None:
        self._vectors = vectors

    def embed_query(self, text: str) -> list[float]:
        """Return the vector that belongs to the text."""
        return self._vectors[text]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors that belong to the texts."""
        return [self._vectors[text] for text in texts]


def lanes(job: Job) -> Mapping[str, Search]:
    """Return its searches: dense, and hybrid for a page and for a hundred."""

    def store(*, hybrid: bool, index: str = job.index, text: str = "content") -> ElasticsearchStore:
        return ElasticsearchStore(
            index_name=index,
            client=Elasticsearch(job.url, connections_per_node=16),
            embedding=KnownVectors(job.vectors),
            query_field=text,
            vector_query_field="embedding",
            strategy=DenseVectorStrategy(hybrid=hybrid, rrf=False),
        )

    dense, both = store(hybrid=False), store(hybrid=True)
    on_own = store(hybrid=True, index=job.own, text=job.source[0])

    def search(within: ElasticsearchStore, k: int, candidates: int) -> Search:
        def run(text: str) -> list[str]:
            found = within.similarity_search(text, k=k, fetch_k=candidates)
            return [document.metadata["id"] for document in found[:10]]

        return run

    def own_document(hit: dict[str, Any]) -> Document:
        source = hit["_source"]
        return Document(page_content=source[job.source[0]], metadata={**source, "id": hit["_id"]})

    def on_the_shops_index(text: str) -> list[str]:
        found = on_own.similarity_search(
            text, k=100, fetch_k=150, fields=list(job.source), doc_builder=own_document
        )
        return [document.metadata["id"] for document in found[:10]]

    return {
        "dense 10": search(dense, 10, 50),
        "hybrid 10": search(both, 10, 50),
        "hybrid 100": search(both, 100, 150),
        "hybrid 100, shop's index": on_the_shops_index,
    }


if __name__ == "__main__":
    serve(lanes)
