"""Haystack's Elasticsearch retrievers as its documentation joins them: a pipeline that ends in RRF."""

from __future__ import annotations

from collections.abc import Mapping

from haystack import Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack_integrations.components.retrievers.elasticsearch import (
    ElasticsearchBM25Retriever,
    ElasticsearchEmbeddingRetriever,
)
from haystack_integrations.document_stores.elasticsearch import ElasticsearchDocumentStore
from loop import Job, Search, serve


def lanes(job: Job) -> Mapping[str, Search]:
    """Return its hybrid search of a hundred candidates a retriever."""
    store = ElasticsearchDocumentStore(hosts=job.url, index=job.index)
    pipeline = Pipeline()
    words = ElasticsearchBM25Retriever(document_store=store, top_k=100)
    meaning = ElasticsearchEmbeddingRetriever(document_store=store, top_k=100, num_candidates=150)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=10)
    pipeline.add_component("words", words)
    pipeline.add_component("meaning", meaning)
    pipeline.add_component("joiner", joiner)
    pipeline.connect("words", "joiner")
    pipeline.connect("meaning", "joiner")

    def run(text: str) -> list[str]:
        asked = {"words": {"query": text}, "meaning": {"query_embedding": job.vectors[text]}}
        return [found.id for found in pipeline.run(asked)["joiner"]["documents"]]

    return {"hybrid 100": run}


if __name__ == "__main__":
    serve(lanes)
