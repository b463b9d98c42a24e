"""A retriever of LlamaIndex; needs the extra `llamaindex`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid.errors import missing_extra
from es_hybrid.integrations.filters import combined, comparison
from es_hybrid.integrations.retrieval import Found, Retrieval, missing_client
from es_hybrid.types import Json

try:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
    from llama_index.core.vector_stores import MetadataFilters
except ImportError as error:
    raise missing_extra(error, user="the retriever of LlamaIndex", extra="llamaindex") from error

__all__ = ["HybridRetriever"]


class HybridRetriever(BaseRetriever):
    """Hybrid product search as a LlamaIndex retriever.

    A node's text is made of `content_fields`; its metadata are the other fields. Without
    `async_shop`, `aretrieve` runs the sync search in a thread.

    Args:
        shop: For `retrieve`.
        async_shop: For `aretrieve`.
        index: Index or alias.
        fields: Searched fields, with weights such as `title^3`.
        similarity_top_k: How many nodes are wanted.
        filters: LlamaIndex's own; they bind both legs.
        es_filters: Elasticsearch filters, for what `filters` cannot say.
        content_fields: What becomes a node's text; by default the searched fields.
        exclude: Fields that are not fetched.
        options: `ext.hybrid` of the search.

    Raises:
        RequestError: A filter has no counterpart in Elasticsearch.
        ConfigurationError: `retrieve` without `shop`, or `aretrieve` without either client.

    Example:
        retriever = HybridRetriever(shop=shop, index="products", fields=["title^3", "description"])
        nodes = retriever.retrieve("trail shoe")
    """

    def __init__(
        self,
        *,
        shop: HybridClient | None = None,
        async_shop: AsyncHybridClient | None = None,
        index: str,
        fields: Sequence[str],
        similarity_top_k: int = 10,
        filters: MetadataFilters | None = None,
        es_filters: Sequence[Mapping[str, Any]] = (),
        content_fields: Sequence[str] = (),
        exclude: Sequence[str] = ("embedding",),
        options: Mapping[str, Any] | None = None,
        **framework: Any,
    ) -> None:
        own = [] if filters is None else [_filter(filters)]
        self._shop = shop
        self._async_shop = async_shop
        self._retrieval = Retrieval(
            index,
            fields,
            k=similarity_top_k,
            filters=(*own, *es_filters),
            content_fields=content_fields,
            exclude=exclude,
            options=options or {},
        )
        super().__init__(**framework)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._shop is None:
            raise missing_client("retrieve", wanted="HybridClient")
        response = self._shop.search(**self._retrieval.arguments(query_bundle.query_str))
        return [_node(found) for found in self._retrieval.found(response)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._async_shop is None:
            return await asyncio.to_thread(self._retrieve, query_bundle)
        response = await self._async_shop.search(
            **self._retrieval.arguments(query_bundle.query_str)
        )
        return [_node(found) for found in self._retrieval.found(response)]


def _filter(filters: MetadataFilters) -> Json:
    clauses = [
        _filter(each)
        if isinstance(each, MetadataFilters)
        else comparison(each.key, each.operator.value, each.value)
        for each in filters.filters
    ]
    return combined("and" if filters.condition is None else filters.condition.value, clauses)


def _node(found: Found) -> NodeWithScore:
    node = TextNode(id_=found.id, text=found.content, metadata=found.metadata)
    return NodeWithScore(node=node, score=found.score)
