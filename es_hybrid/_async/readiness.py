"""The part of the facade that gets ready before shoppers come: sound models, vectors ahead of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.models.checks import model_checks
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._async.warm import AsyncProductWarmer
from es_hybrid._async.warm_queries import warm_queries
from es_hybrid._logging import get_logger
from es_hybrid.checks import Check, Status
from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.warm import WarmProductsReport
from es_hybrid.instructions import query_instruction
from es_hybrid.warm_report import WarmQueriesReport

_LOG = get_logger("es_hybrid.search")


class AsyncReadiness:
    """What `AsyncHybridClient` does ahead of time; a base class of it, never used alone."""

    _es: AsyncElasticsearch
    _toolbox: AsyncToolbox

    async def check_models(self) -> tuple[Check, ...]:
        """Ask both models a question whose answer is known, and say what their answers mean.

        A server with the wrong prompt, head or pooling answers 200 and numbers; this tells. `doctor`
        looks at more, and more thoroughly. With ES_HYBRID_SEARCH__CHECK_MODELS it is done when the
        client is opened by `async with`.

        Returns:
            One check per model that there is: `status` is `ok`, `note` or `problem`, `hint` says what
            to change.

        Example:
            assert all(check.status is not Status.PROBLEM for check in await shop.check_models())
        """
        tools = self._toolbox
        checks = model_checks(tools.embedder, tools.reranker, tools.settings.rerank)
        return tuple([check async for check in checks])

    async def _check_at_start(self) -> None:
        """Check the models as the settings say.

        Raises:
            ConfigurationError: A model does not answer, or answers wrongly, and that is to be raised.
        """
        wish = self._toolbox.settings.search.check_models
        if wish == "off":
            return
        for check in await self.check_models():
            if check.status is not Status.PROBLEM:
                continue
            if wish == "raise":
                raise ConfigurationError(f"{check.name}: {check.detail}", hint=check.hint or None)
            _LOG.warning("model.wrong", model=check.name, detail=check.detail, hint=check.hint)

    async def warm_queries(
        self,
        queries: Sequence[str],
        *,
        instruction: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> WarmQueriesReport:
        """Compute the vectors of frequent queries into the caches, this process's and Redis.

        What is remembered already is not computed again. Queries in a language that the model does
        not know are left out, because searches do not embed them.

        Args:
            queries: The shoppers' words, as searches will bring them.
            instruction: The task of searches that bring one in `ext.hybrid.embed`.
            on_progress: Called with the number of queries done, after each batch.

        Raises:
            ConfigurationError: There is no embedder.
            HybridError: Several batches failed one after the other.

        Example:
            report = await shop.warm_queries(["trail running shoe", "tent"])
        """
        task = query_instruction(instruction)
        return await warm_queries(self._toolbox, queries, instruction=task, on_progress=on_progress)

    async def warm_products(
        self,
        index: str,
        *,
        ids: Iterable[str] | None = None,
        on_progress: Callable[[WarmProductsReport], None] | None = None,
        refresh: bool = True,
    ) -> WarmProductsReport:
        """Compute the vectors that stored products lack: new, changed, or of another model or text.

        A vector is written only if the product still is what was read, so that no newer write is
        lost; a product that changed meanwhile is counted, and left to the next run. Nothing but the
        vector and what names it is written.

        Args:
            index: An alias or index that `create_index` made.
            ids: Which products, such as those of tomorrow's promotion; all, when left out.
            on_progress: Called with the numbers so far after each page of products.
            refresh: Whether the vectors are searchable when this returns.

        Raises:
            ConfigurationError: There is no embedder, no such index, or it has no vectors.
            MappingMismatch: The embedder's model or dims are not the index's.
            HybridError: Elasticsearch failed for good; the cause is its own exception.

        Example:
            report = await shop.warm_products("products", ids=["4711", "4712"])
        """
        embedder = self._toolbox.ingest_embedder
        if embedder is None:
            raise ConfigurationError("there is no embedder", hint="set ES_HYBRID_EMBED__BASE_URL")
        warmer = AsyncProductWarmer(self._es, settings=self._toolbox.settings, embedder=embedder)
        return await warmer.warm(index, ids=ids, on_progress=on_progress, refresh=refresh)
