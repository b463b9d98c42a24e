"""The half of the facade that writes: indices and the products in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.admin import create_index
from es_hybrid._async.products import AsyncProductIngest
from es_hybrid._async.rules import AsyncRules
from es_hybrid._async.toolbox import AsyncToolbox


class AsyncCatalogue:
    """What `AsyncHybridClient` writes; a base class of it, never used alone."""

    _es: AsyncElasticsearch
    _toolbox: AsyncToolbox

    @property
    def ingest(self) -> AsyncProductIngest:
        """Writes products when called; otherwise the wrapped client's `ingest` namespace."""
        return AsyncProductIngest(self._es, self._toolbox)

    @property
    def rules(self) -> AsyncRules:
        """Business rules in their index: put, get, diff, roll back."""
        return AsyncRules(self._es, index=self._toolbox.settings.rules.index)

    async def create_index(
        self,
        alias: str,
        *,
        mapping: str = "products",
        dims: int | None = None,
        model: str | None = None,
        similarity: str = "cosine",
        index_options: Mapping[str, Any] | None = None,
        money: Mapping[str, Any] | None = None,
    ) -> str:
        """Create an index for products and put its alias on it, in one step.

        Args:
            alias: The name that is searched and written to, such as `products`.
            mapping: Name of a shipped mapping, or path of one's own.
            dims: Length of the vectors; asked of the embedder unless given. Without both the index
                is searched by words.
            model: Names the model of the vectors; the embedder's unless given.
            similarity: Of the vector field.
            index_options: Of the vector field.
            money: Currency and unit of prices, such as `{"currency": "EUR", "unit": "major"}`.

        Returns:
            The index's own name, such as `products-20261121t101500-4f2a`.

        Raises:
            ConfigurationError: The name is taken or cannot be one, or there is no such mapping.
            MappingMismatch: `dims` are not what the embedder gives.
        """
        own_vectors = dims is not None and model is not None
        return await create_index(
            self._es,
            alias,
            mapping=mapping,
            dims=dims,
            model=model,
            embedder=None if own_vectors else self._toolbox.embedder,
            embed_timeout_s=self._toolbox.settings.embed.ingest_timeout_s,
            similarity=similarity,
            index_options=index_options,
            money=money,
        )
