"""A retriever of LangChain; needs the extra `langchain`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field

from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid.errors import missing_extra
from es_hybrid.integrations.retrieval import Found, Retrieval, missing_client

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError as error:
    raise missing_extra(error, user="the retriever of LangChain", extra="langchain") from error

__all__ = ["HybridRetriever"]


class HybridRetriever(BaseRetriever):
    """Hybrid product search as a LangChain retriever.

    A document's text is made of `content_fields`; its metadata are the other fields, and
    `relevance_score`. `invoke` and `ainvoke` take `k` and `filter` (added to the retriever's own)
    for one call. Without `async_shop`, `ainvoke` runs the sync search in a thread.

    Attributes:
        shop: For `invoke`.
        async_shop: For `ainvoke`.
        index: Index or alias.
        fields: Searched fields, with weights such as `title^3`.
        k: How many documents are wanted.
        filter: Elasticsearch filters; they bind both legs.
        content_fields: What becomes a document's text; by default the searched fields.
        exclude: Fields that are not fetched.
        options: `ext.hybrid` of the search.

    Raises:
        ConfigurationError: `invoke` without `shop`, or `ainvoke` without either client.

    Example:
        retriever = HybridRetriever(shop=shop, index="products", fields=["title^3", "description"])
        documents = retriever.invoke("trail shoe", filter=[{"term": {"brand": "Norvik"}}])
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    # The clients are `Any` to pydantic, which would look into their inherited fields.
    shop: Any = Field(default=None, repr=False)
    async_shop: Any = Field(default=None, repr=False)
    index: str
    fields: Sequence[str]
    k: int = Field(default=10, ge=1)
    filter: Sequence[Mapping[str, Any]] = ()
    content_fields: Sequence[str] = ()
    exclude: Sequence[str] = ("embedding",)
    options: Mapping[str, Any] = Field(default_factory=dict)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain's signature
        k: int | None = None,
        filter: Sequence[Mapping[str, Any]] = (),  # noqa: A002 - LangChain's word
    ) -> list[Document]:
        if self.shop is None:
            raise missing_client("invoke", wanted="HybridClient")
        shop: HybridClient = self.shop
        retrieval = self._retrieval().narrowed(k=k, filters=filter)
        response = shop.search(**retrieval.arguments(query))
        return [_document(found) for found in retrieval.found(response)]

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
        filter: Sequence[Mapping[str, Any]] = (),  # noqa: A002 - LangChain's word
    ) -> list[Document]:
        if self.async_shop is None:
            return await asyncio.to_thread(
                self._get_relevant_documents,
                query,
                run_manager=run_manager.get_sync(),
                k=k,
                filter=filter,
            )
        shop: AsyncHybridClient = self.async_shop
        retrieval = self._retrieval().narrowed(k=k, filters=filter)
        response = await shop.search(**retrieval.arguments(query))
        return [_document(found) for found in retrieval.found(response)]

    def _retrieval(self) -> Retrieval:
        return Retrieval(
            self.index,
            self.fields,
            k=self.k,
            filters=self.filter,
            content_fields=self.content_fields,
            exclude=self.exclude,
            options=self.options,
        )


def _document(found: Found) -> Document:
    return Document(
        id=found.id,
        page_content=found.content,
        metadata={**found.metadata, "relevance_score": found.score},
    )
