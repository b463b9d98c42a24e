"""The part of the facade that builds indices anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.reindex.reindexer import AsyncReindexer
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid.indexing.reindex.plan import ReindexPlan
from es_hybrid.indexing.reindex.report import BackfillReport, ReindexProgress, ReindexReport


class AsyncReindexing:
    """How `AsyncHybridClient` reindexes; a base class of it, never used alone."""

    _es: AsyncElasticsearch
    _toolbox: AsyncToolbox

    async def plan_reindex(
        self,
        alias: str,
        *,
        mapping: str | None = None,
        similarity: str | None = None,
        index_options: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        min_overlap: float = 0.5,
        replace_index: bool = False,
    ) -> ReindexPlan:
        """Return what `reindex` would do; nothing is written, the embedder is asked for its dims.

        Args:
            alias: The name that is searched and written to.
            mapping: Name of a shipped mapping, or path of one's own; `None` keeps the present one,
                and gives an index that is not of es_hybrid vectors beside its own fields.
            similarity: Of the vector field; the present one, or `cosine`.
            index_options: Of the vector field; the present ones unless given.
            fields: What is better known than it can be guessed: `search_fields`, `code_fields`,
                `rerank_fields`, `text_fields`, `id_field`.
            min_overlap: Share of the first 10 hits of probe queries that must be among the first 30.
            replace_index: Whether an index may give its name to an alias; writes to it are refused
                for the seconds that takes.

        Returns:
            The plan; `str()` says it in words, `to_json()` as JSON.

        Raises:
            ConfigurationError: There is no such index, or it cannot be reindexed.
            ServiceError: The embedder was asked and failed.

        Example:
            print(await shop.plan_reindex("products"))
        """
        return await self._reindexer.plan(
            alias,
            mapping=mapping,
            similarity=similarity,
            index_options=index_options,
            fields=fields,
            min_overlap=min_overlap,
            replace_index=replace_index,
        )

    async def reindex(
        self,
        plan: ReindexPlan | str,
        *,
        resume: bool = False,
        on_progress: Callable[[ReindexProgress], None] | None = None,
    ) -> ReindexReport:
        """Build an index anew and move its alias to it, while readers and writers go on.

        Args:
            plan: Of `plan_reindex`; with `resume`, the alias is enough.
            resume: Go on with the run that was killed or refused, by its own plan.
            on_progress: Told of every step and page.

        Returns:
            What was done; the old index is kept.

        Raises:
            ReindexInProgress: Another run of this alias is alive.
            SwapRefused: A check failed; the alias is where it was.
            ReindexError: It cannot go on, or an unfinished run is in the way.

        Example:
            report = await shop.reindex(await shop.plan_reindex("products"))
        """
        alias = plan if isinstance(plan, str) else plan.alias
        try:
            report = await self._reindexer.reindex(plan, resume=resume, on_progress=on_progress)
        finally:
            self._toolbox.schemas.forget(alias)
        await self._toolbox.log.ran(report, index=alias)
        return report

    async def rollback(
        self, alias: str, *, on_progress: Callable[[ReindexProgress], None] | None = None
    ) -> ReindexReport:
        """Move an alias back to the index before its last reindex, with the writes since then.

        Raises:
            ReindexInProgress: A run of this alias is alive.
            ReindexError: No index before is known, or it is not there any more.

        Example:
            report = await shop.rollback("products")
        """
        try:
            return await self._reindexer.rollback(alias, on_progress=on_progress)
        finally:
            self._toolbox.schemas.forget(alias)

    async def abort_reindex(self, alias: str) -> str | None:
        """Remove what an unfinished reindex made; return the index's name, `None` without one.

        Raises:
            ReindexInProgress: It is alive.
            ReindexError: The alias has moved already; `reindex` with `resume` ends it.

        Example:
            await shop.abort_reindex("products")
        """
        return await self._reindexer.abort(alias)

    async def backfill(
        self, alias: str, *, on_progress: Callable[[ReindexProgress], None] | None = None
    ) -> BackfillReport:
        """Embed the documents whose vector is missing or is that of another text.

        Args:
            alias: An alias or index with vectors of the embedder's model.
            on_progress: Told after every page.

        Raises:
            ConfigurationError: There is no embedder, or no such index.
            MappingMismatch: The index has no vectors, or those of another model.

        Example:
            report = await shop.backfill("products")
        """
        report = await self._reindexer.backfill(alias, on_progress=on_progress)
        await self._toolbox.log.ran(report, index=alias)
        return report

    @property
    def _reindexer(self) -> AsyncReindexer:
        tools = self._toolbox
        return AsyncReindexer(self._es, settings=tools.settings, embedder=tools.ingest_embedder)
