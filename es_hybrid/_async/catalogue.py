"""The half of the facade that writes: indices and the products in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.admin import create_index
from es_hybrid._async.delete import delete_products
from es_hybrid._async.experiments import AsyncExperiments
from es_hybrid._async.follow import AsyncFollower
from es_hybrid._async.follow_state import AsyncFileState, AsyncState
from es_hybrid._async.products import AsyncProductIngest
from es_hybrid._async.rules import AsyncRules
from es_hybrid._async.shoppers import AsyncShoppers
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._async.update import AsyncUpdater
from es_hybrid._stop import AsyncStop
from es_hybrid.following.changes import AsyncChanges
from es_hybrid.following.report import FollowReport
from es_hybrid.indexing.deletes import DeleteReport
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import FeedItem


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

    @property
    def experiments(self) -> AsyncExperiments:
        """Experiments in their index: start, stop, status."""
        return AsyncExperiments(self._es, index=self._toolbox.settings.experiment.index)

    @property
    def shoppers(self) -> AsyncShoppers:
        """What shoppers do and like: record, prefer, opt out, forget."""
        return AsyncShoppers(self._es, self._toolbox.shopper_book)

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
            The index's own name, such as `products-20261121t101500-4f2a9c01`.

        Raises:
            ConfigurationError: The name is taken or cannot be one, or there is no such mapping.
            MappingMismatch: `dims` are not what the embedder gives.

        Example:
            made = await shop.create_index("products", dims=384, model="my-model")
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
            text=BudgetedText(ProductText(), self._toolbox.settings.embed.max_tokens),
        )

    async def update_fields(
        self,
        index: str,
        rows: Iterable[FeedItem],
        *,
        fields: FieldMap | str | None = None,
        id_field: str = "id",
        feed_time: datetime | str | None = None,
        on_progress: Callable[[IngestReport], None] | None = None,
        dead_letter: str | os.PathLike[str] | None = None,
        refresh: bool = True,
    ) -> IngestReport:
        """Change price, stock, sales and the like; vectors and all other fields stay.

        A field that is empty or null is left as it is. Refused, each with its reason, are ids that
        no product has, fields that the mapping does not know, and changes of the embedded text.

        Args:
            index: An alias or index that `create_index` made.
            rows: Dictionaries of an id and what changes, or what `read_products` yields; read
                lazily, once. Of two rows of one product both count, in their order.
            fields: Where source fields go, such as `"price=cost"`.
            id_field: Source field of the id.
            feed_time: When the changes were made; what a newer feed wrote is then left as it is.
            on_progress: Called with the numbers so far after each chunk.
            dead_letter: File for the rows that are refused; written only if there are any.
            refresh: Whether searches see the changes when this returns.

        Returns:
            What was done; `indexed` counts the products that changed.

        Raises:
            ConfigurationError: There is no such index, or the field map is wrong.
            TooManyFailures: `settings.ingest.max_failures` was passed.
            IngestError: Elasticsearch failed for good; the cause is its own exception.

        Example:
            report = await shop.update_fields("products", [{"id": "p1", "price": "¥1,299.00"}])
        """
        report = await AsyncUpdater(self._es, settings=self._toolbox.settings).update(
            index,
            rows,
            fields=fields,
            id_field=id_field,
            feed_time=feed_time,
            on_progress=on_progress,
            dead_letter=dead_letter,
            refresh=refresh,
        )
        self._toolbox.meter.ingested(index, report)
        return report

    async def delete_products(
        self, index: str, ids: Iterable[str], *, refresh: bool = True
    ) -> DeleteReport:
        """Delete products by id.

        Args:
            index: An alias or index that `create_index` made.
            ids: Read lazily, once; an id that no product has is counted and harmless.
            refresh: Whether searches no longer find them when this returns.

        Returns:
            How many were deleted, missing, or failed.

        Raises:
            ConfigurationError: There is no such index.
            ApiError: Elasticsearch's own, where it refuses the request as a whole.

        Example:
            report = await shop.delete_products("products", ["p1", "p2"])
        """
        report = await delete_products(
            self._es, index, ids, settings=self._toolbox.settings.ingest, refresh=refresh
        )
        self._toolbox.meter.deleted(index, report.deleted)
        return report

    async def follow(
        self,
        index: str,
        changes: AsyncChanges,
        *,
        state: AsyncState | str | os.PathLike[str],
        fields: FieldMap | str | None = None,
        id_field: str = "id",
        deleted_field: str | None = None,
        dead_letter: str | os.PathLike[str] | None = None,
        interval_s: float = 5.0,
        once: bool = False,
        stop: AsyncStop | None = None,
        on_event: Callable[[str, Mapping[str, Any]], None] | None = None,
    ) -> FollowReport:
        """Write the changes of a source as they come, until asked to stop.

        Nothing is lost by a crash: a position is kept after what is before it is stored, and a
        chunk that comes twice changes nothing. An Elasticsearch or a database that is away is
        waited for.

        Args:
            index: An alias or index that `create_index` made.
            changes: Where changes come from; see `es_hybrid.follow`.
            state: Where the position is kept: a file, or an `AsyncIndexState`.
            fields: Where source fields go, as for `ingest`.
            id_field: Source field of the id.
            deleted_field: Field that says that a product is gone, such as `deleted_at`.
            dead_letter: File for what cannot be stored; it is added to.
            interval_s: Seconds between two looks at a source that has nothing new.
            once: Return when there is nothing more, as a cron job does.
            stop: Ends the run after the chunk under way.
            on_event: Told of what happens, by name and numbers.

        Returns:
            What was done, in numbers that add up.

        Raises:
            ConfigurationError: There is no such index, or the state is of another source.
            HybridError: Another process follows with the same state, or the source is wrong.

        Example:
            await shop.follow("products", AsyncFileChanges("log.ndjson"), state="log.state.json")
        """
        follower = AsyncFollower(
            self._es,
            AsyncProductIngest(self._es, self._toolbox, follows=True),
            settings=self._toolbox.settings,
            meter=self._toolbox.meter,
            fields=fields,
            id_field=id_field,
            deleted_field=deleted_field,
            dead_letter=dead_letter,
            interval_s=interval_s,
            on_event=on_event,
        )
        kept = AsyncFileState(state) if isinstance(state, (str, os.PathLike)) else state
        return await follower.run(index, changes, state=kept, once=once, stop=stop)
