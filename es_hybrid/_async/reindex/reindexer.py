"""Plans, runs, resumes, aborts and takes back reindexes of an alias."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from elasticsearch import AsyncElasticsearch, NotFoundError

from es_hybrid._async.first_load import restore_settings
from es_hybrid._async.reindex.backfill import AsyncBackfill
from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._async.reindex.lock import AsyncReindexLock
from es_hybrid._async.reindex.run import AsyncReindexRun, Tell
from es_hybrid.errors import ConfigurationError, ReindexError
from es_hybrid.indexing.mapping import load_mapping
from es_hybrid.indexing.names import TOKEN_BITS, index_name
from es_hybrid.indexing.reindex.begin import FINISHED, RUNNING, begin_with, begun
from es_hybrid.indexing.reindex.lock import RunState
from es_hybrid.indexing.reindex.plan import PlanKind, ReindexPlan
from es_hybrid.indexing.reindex.report import BackfillReport, ReindexReport
from es_hybrid.indexing.reindex.rollback import rollback_plan
from es_hybrid.indexing.reindex.settings import is_gate_closed, open_gate
from es_hybrid.indexing.reindex.shape import Live, Wanted, plan_of
from es_hybrid.indexing.reindex.steps import steps_of
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.settings import Settings
from es_hybrid.types import Json, TextKind

LOCK_S = 60.0
"""Seconds after which a run that gives no sign of life loses its lock."""
PATIENCE_S = 600.0
"""Seconds for which a run waits for a cluster that does not answer."""


class AsyncReindexer:
    """Builds indices anew behind their alias.

    Args:
        es: Where; neither changed nor closed.
        settings: Sizes, limits and times.
        embedder: Makes vectors; `None` makes none.
        lock_s: Seconds after which a silent run loses its lock.
        patience_s: Seconds for which a run waits for a cluster that does not answer.

    Example:
        reindexer = AsyncReindexer(es, settings=Settings(), embedder=embedder)
        report = await reindexer.reindex(await reindexer.plan("products"))
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        *,
        settings: Settings,
        embedder: AsyncEmbedder | None = None,
        lock_s: float = LOCK_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._gateway = AsyncGateway(es, settings=settings.ingest, patience_s=patience_s)
        self._settings = settings
        self._embedder = embedder
        self._lock_s = lock_s

    async def plan(
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
        """Return what `reindex` would do; see `AsyncHybridClient.plan_reindex`."""
        live = await self._live(alias)
        replaces = live.index == alias
        if replaces and not replace_index:
            raise ConfigurationError(
                f"{alias} is an index, and an alias of that name can only take its place",
                hint=f"put an alias on it, let readers and writers use that, and reindex the"
                f" alias; or ask for --replace-index, which refuses writes to {alias} for seconds",
            )
        model, dims = await self._vectors()
        token = random.getrandbits(TOKEN_BITS)
        wanted = Wanted(
            new_index=index_name(alias, now=datetime.now(UTC), token=token),
            template=load_mapping(mapping) if mapping is not None else None,
            model=model,
            dims=dims,
            similarity=similarity,
            index_options=index_options,
            max_tokens=self._settings.embed.max_tokens,
            fields=fields,
            min_overlap=min_overlap,
            replaces_index=replaces,
        )
        return plan_of(live, wanted)

    async def reindex(
        self,
        plan: ReindexPlan | str,
        *,
        resume: bool = False,
        on_progress: Tell | None = None,
    ) -> ReindexReport:
        """Do what a plan says; see `AsyncHybridClient.reindex`."""
        alias = plan if isinstance(plan, str) else plan.alias
        lock = AsyncReindexLock(self._gateway, alias, ttl_s=self._lock_s)
        held = await lock.take()
        try:
            chosen, state = begin_with(plan, held, resume=resume)
            if state is None:
                await lock.save(begun(chosen, RunState(step=steps_of(chosen)[0].value), held))
            run = AsyncReindexRun(
                self._gateway,
                chosen,
                lock=lock,
                settings=self._settings,
                embedder=self._embedder,
                on_progress=on_progress,
            )
            report = await run.run(state)
        except BaseException:
            await lock.release({})
            raise
        done = {"status": FINISHED, "state": run.state.to_json(), "report": asdict(report)}
        await lock.release(done)
        return report

    async def rollback(self, alias: str, *, on_progress: Tell | None = None) -> ReindexReport:
        """Move an alias back; see `AsyncHybridClient.rollback`."""
        lock = AsyncReindexLock(self._gateway, alias, ttl_s=self._lock_s)
        held = await lock.read()
        if held.get("status") != RUNNING:
            held = await lock.take()
            try:
                plan, state = await self._way_back(alias, held)
                await lock.save(begun(plan, state, held))
            finally:
                await lock.release({})
        elif ReindexPlan.from_json(held["plan"]).kind is not PlanKind.ROLLBACK:
            raise ReindexError(
                f"a reindex of {alias} is not finished",
                hint="remove it with --abort, or go on with --resume",
            )
        return await self.reindex(alias, resume=True, on_progress=on_progress)

    async def _way_back(self, alias: str, held: Json) -> tuple[ReindexPlan, RunState]:
        if held.get("status") != FINISHED:
            raise ReindexError(
                f"{alias} has no earlier index to go back to",
                hint="only a reindex by es-hybrid can be rolled back",
            )
        done = ReindexPlan.from_json(held["plan"])
        if not await self._gateway.exists(done.kept_index):
            raise ReindexError(f"{done.kept_index}, the index before this one, no longer exists")
        now, before = await self._live(alias), await self._live(done.kept_index)
        if now.index != done.new_index:
            raise ReindexError(
                f"{alias} is on {now.index}, and {done.new_index} was expected",
                hint="somebody else has moved it since",
            )
        plan = rollback_plan(alias, now=now, before=before)
        opened = RunState.from_json(held["state"]).opened
        first = steps_of(plan)[0].value
        return plan, RunState(step=first, start=opened, caught_up_to=opened)

    async def abort(self, alias: str) -> str | None:
        """Remove what an unfinished run made; see `AsyncHybridClient.abort_reindex`."""
        lock = AsyncReindexLock(self._gateway, alias, ttl_s=self._lock_s)
        held = await lock.take()
        try:
            if held.get("status") != RUNNING:
                return None
            plan = ReindexPlan.from_json(held["plan"])
            await self._undo(plan, RunState.from_json(held["state"]))
            await lock.release({"status": "aborted", **(held.get("before") or {})})
            return plan.new_index
        finally:
            await lock.release({})

    async def backfill(self, alias: str, *, on_progress: Tell | None = None) -> BackfillReport:
        """Make missing vectors; see `AsyncHybridClient.backfill`."""
        live = await self._live(alias)
        await restore_settings(self._gateway.es, live.index, live.mappings)
        backfill = AsyncBackfill(self._gateway, settings=self._settings, embedder=self._embedder)
        return await backfill.run(live.index, on_progress=on_progress)

    async def _undo(self, plan: ReindexPlan, state: RunState) -> None:
        if plan.new_index in await self._gateway.behind(plan.alias):
            raise ReindexError(
                f"{plan.alias} has moved to {plan.new_index} already",
                hint="go on with --resume; a rollback can take it back afterwards",
            )
        es = self._gateway.es.options(ignore_status=404)
        if state.task is not None:
            await self._gateway.cancel(state.task)
        await self._gateway.set(plan.old_index, {"index.blocks.write": None})
        if plan.kind is PlanKind.ROLLBACK:  # the index before is kept, closed as it was
            live = await self._gateway.settings_of(plan.new_index)
            if is_gate_closed(live):
                await self._gateway.set(plan.new_index, open_gate(live, plan.settings))
            block = es.indices.add_block
            await self._gateway.patiently(block, index=plan.new_index, block="write")
            return
        for index in {plan.new_index, plan.kept_index} - {plan.old_index}:
            await self._gateway.patiently(es.indices.delete, index=index)

    async def _live(self, alias: str) -> Live:
        es = self._gateway.es
        try:
            answer = await self._gateway.patiently(es.indices.get, index=alias)
        except NotFoundError:
            raise ConfigurationError(f"there is no index {alias}") from None
        if len(answer) != 1:
            raise ConfigurationError(
                f"{alias} stands for {len(answer)} indices: {', '.join(sorted(answer))}",
                hint="an alias of one index can be reindexed",
            )
        ((index, body),) = answer.items()
        return Live(alias, index, body, await self._gateway.count(index))

    async def _vectors(self) -> tuple[str | None, int | None]:
        if self._embedder is None:
            return None, None
        timeout_s = self._settings.embed.ingest_timeout_s
        rows = await self._embedder.embed(["product"], kind=TextKind.DOCUMENT, timeout_s=timeout_s)
        return self._embedder.model, int(rows.shape[1])
