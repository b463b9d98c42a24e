"""The retriever in LangChain itself: documents, filters, k, both flavours, a chain."""

from __future__ import annotations

import pytest
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda

from es_hybrid import AsyncHybridClient, ConfigurationError, HybridClient
from es_hybrid.integrations.langchain import HybridRetriever
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import TextKind

FIELDS = ["title^3", "description"]


def test_documents(shop: HybridClient, index: str) -> None:
    """Text, id, score and the other fields of a product reach the document."""
    first = HybridRetriever(shop=shop, index=index, fields=FIELDS).invoke("trail running shoe")[0]
    assert isinstance(first, Document)
    assert (first.id, first.page_content) == ("1", "trail running shoe")
    assert (first.metadata["brand"], first.metadata["price"]) == ("Norvik", 89)
    assert 0 < first.metadata["relevance_score"] <= 1
    assert "embedding" not in first.metadata


def test_filters_and_k(shop: HybridClient, index: str) -> None:
    """A call's filter is added to the retriever's own, and its k replaces it."""
    own = [{"range": {"stock": {"gt": 0}}}]
    retriever = HybridRetriever(shop=shop, index=index, fields=FIELDS, filter=own)
    assert {found.id for found in retriever.invoke("running shoe")} <= {"1", "3"}
    assert len(retriever.invoke("running shoe", k=1)) == 1
    assert retriever.invoke("running shoe", filter=[{"term": {"brand": "Ostara"}}]) == []


async def test_async(async_shop: AsyncHybridClient, shop: HybridClient, index: str) -> None:
    """Both clients find the same, and the sync one serves `ainvoke` where it is alone."""
    retriever = HybridRetriever(async_shop=async_shop, index=index, fields=FIELDS)
    found = await retriever.ainvoke("trail running shoe")
    alone = HybridRetriever(shop=shop, index=index, fields=FIELDS)
    assert [each.id for each in found] == [
        each.id for each in await alone.ainvoke("trail running shoe")
    ]
    with pytest.raises(ConfigurationError, match="invoke needs a HybridClient"):
        retriever.invoke("tent")


def test_in_a_chain(shop: HybridClient, index: str) -> None:
    """It takes its place in a chain of runnables."""
    chain = HybridRetriever(shop=shop, index=index, fields=FIELDS) | RunnableLambda(
        lambda documents: documents[0].page_content
    )
    assert chain.invoke("two person tent") == "two person tent"


def test_the_index_of_a_vector_store(shop: HybridClient, index: str) -> None:
    """An index in the shape of LangChain's own store is searched as it is."""
    name = f"{index}-store"
    vectors = HashEmbedder(dims=64).embed(["two person tent"], kind=TextKind.DOCUMENT, timeout_s=10)
    vector = {"type": "dense_vector", "dims": 64, "index": True, "similarity": "cosine"}
    shop.es.indices.create(index=name, mappings={"properties": {"vector": vector}})
    try:
        stored = {
            "text": "two person tent",
            "vector": vectors[0].tolist(),
            "metadata": {"price": 90},
        }
        shop.es.index(index=name, id="a", document=stored, refresh=True)
        retriever = HybridRetriever(
            shop=shop,
            index=name,
            fields=["text"],
            exclude=["vector"],
            filter=[{"range": {"metadata.price": {"lte": 100}}}],
        )
        (found,) = retriever.invoke("tent")
        assert (found.id, found.page_content) == ("a", "two person tent")
        assert found.metadata.keys() == {"metadata", "relevance_score"}
    finally:
        shop.es.indices.delete(index=name)
