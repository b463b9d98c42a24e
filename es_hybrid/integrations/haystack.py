"""A component of Haystack; needs the extra `haystack`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid.errors import RequestError, missing_extra
from es_hybrid.integrations.filters import combined, comparison
from es_hybrid.integrations.retrieval import Found, Retrieval, missing_client
from es_hybrid.types import Json

try:
    from haystack import Document, component
except ImportError as error:
    raise missing_extra(error, user="the retriever of Haystack", extra="haystack") from error

__all__ = ["HybridRetriever"]


@component
class HybridRetriever:
    """Hybrid product search as a component of a Haystack pipeline.

    A document's content is made of `content_fields`; its `meta` are the other fields. Without
    `async_shop`, `run_async` runs the sync search in a thread. A pipeline that holds open clients
    is built in code; it cannot be written to YAML.

    Args:
        shop: For `run`.
        async_shop: For `run_async`.
        index: Index or alias.
        fields: Searched fields, with weights such as `title^3`.
        top_k: How many documents are wanted.
        filters: Haystack's own, with or without `meta.` before a field; they bind both legs.
        es_filters: Elasticsearch filters, for what `filters` cannot say.
        content_fields: What becomes a document's content; by default the searched fields.
        exclude: Fields that are not fetched.
        options: `ext.hybrid` of the search.

    Raises:
        RequestError: A filter is none of Haystack's.
        ConfigurationError: `run` without `shop`, or `run_async` without either client.

    Example:
        retriever = HybridRetriever(shop=shop, index="products", fields=["title^3", "description"])
        documents = retriever.run(query="trail shoe")["documents"]
    """

    def __init__(
        self,
        *,
        shop: HybridClient | None = None,
        async_shop: AsyncHybridClient | None = None,
        index: str,
        fields: Sequence[str],
        top_k: int = 10,
        filters: dict[str, Any] | None = None,
        es_filters: Sequence[Mapping[str, Any]] = (),
        content_fields: Sequence[str] = (),
        exclude: Sequence[str] = ("embedding",),
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._shop = shop
        self._async_shop = async_shop
        self._retrieval = Retrieval(
            index,
            fields,
            k=top_k,
            filters=(*_filters(filters), *es_filters),
            content_fields=content_fields,
            exclude=exclude,
            options=options or {},
        )

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """Search, with filters added to the component's own."""
        if self._shop is None:
            raise missing_client("run", wanted="HybridClient")
        retrieval = self._retrieval.narrowed(k=top_k, filters=_filters(filters))
        response = self._shop.search(**retrieval.arguments(query))
        return {"documents": [_document(found) for found in retrieval.found(response)]}

    @component.output_types(documents=list[Document])
    async def run_async(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """Search as `run` does, without blocking the loop."""
        if self._async_shop is None:
            found: dict[str, list[Document]] = await asyncio.to_thread(
                self.run, query, filters=filters, top_k=top_k
            )
            return found
        retrieval = self._retrieval.narrowed(k=top_k, filters=_filters(filters))
        response = await self._async_shop.search(**retrieval.arguments(query))
        return {"documents": [_document(found) for found in retrieval.found(response)]}


def _filters(filters: Mapping[str, Any] | None) -> list[Json]:
    return [_clause(filters)] if filters else []


def _clause(filters: Mapping[str, Any]) -> Json:
    match filters:
        case {"operator": str(operator), "conditions": conditions}:
            return combined(operator, [_clause(each) for each in conditions])
        case {"field": str(field), "operator": str(operator), "value": value}:
            return comparison(field.removeprefix("meta."), operator, value)
        case _:
            raise RequestError(
                "a filter is neither a comparison nor a combination",
                path="filters",
                hint="see docs.haystack.deepset.ai/docs/metadata-filtering",
            )


def _document(found: Found) -> Document:
    return Document(id=found.id, content=found.content, meta=found.metadata, score=found.score)
