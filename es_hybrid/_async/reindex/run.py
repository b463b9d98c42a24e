"""Runs a plan step by step, and goes on where a run was killed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from elasticsearch import BadRequestError

from es_hybrid._async.reindex.backfill import AsyncBackfill
from es_hybrid._async.reindex.carry import AsyncCarrier
from es_hybrid._async.reindex.catch_up import AsyncCatchUp
from es_hybrid._async.reindex.checks import AsyncChecks
from es_hybrid._async.reindex.copy import AsyncCopier
from es_hybrid._async.reindex.cutover import AsyncCutover
from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._async.reindex.lock import AsyncReindexLock
from es_hybrid._async.reindex.throttle import AsyncThrottle
from es_hybrid._logging import get_logger
from es_hybrid.errors import ReindexError, SwapRefused
from es_hybrid.indexing.outcomes import CUT
from es_hybrid.indexing.reindex.lock import RunState
from es_hybrid.indexing.reindex.plan import CopyKind, PlanKind, ReindexPlan
from es_hybrid.indexing.reindex.report import Check, ReindexProgress, ReindexReport, eta_s
from es_hybrid.indexing.reindex.settings import building, is_gate_closed, open_gate, restored
from es_hybrid.indexing.reindex.steps import Step, is_short, remaining, steps_of
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.settings import Settings

Tell = Callable[[ReindexProgress], None]

_PASSES = 20
_REPLICAS_WITHIN = "600s"
_log = get_logger("es_hybrid.reindex")


class AsyncReindexRun:
    """One run of one plan; its lock is held by the caller.

    Args:
        gateway: Elasticsearch.
        plan: What to do.
        lock: Held for the plan's alias; keeps the state.
        settings: Sizes and times.
        embedder: Makes vectors.
        on_progress: Told of every step and page.
    """

    def __init__(
        self,
        gateway: AsyncGateway,
        plan: ReindexPlan,
        *,
        lock: AsyncReindexLock,
        settings: Settings,
        embedder: AsyncEmbedder | None,
        on_progress: Tell | None,
    ) -> None:
        self._gateway = gateway
        self._plan = plan
        self._lock = lock
        self._tell = on_progress or (lambda _progress: None)
        self._carrier = AsyncCarrier(gateway, plan, settings=settings, embedder=embedder)
        self._catch_up = AsyncCatchUp(gateway, plan, self._carrier)
        self._cutover = AsyncCutover(gateway, plan, catch_up=self._catch_up, lock=lock)
        self._throttle = AsyncThrottle(gateway)
        self._backfill = AsyncBackfill(gateway, settings=settings, embedder=embedder)
        self._checks: tuple[Check, ...] = ()
        self._held_since_s: float | None = None
        self._started_s = time.monotonic()
        self.state = RunState()

    async def run(self, state: RunState | None) -> ReindexReport:
        """Do every step that is still to do.

        Args:
            state: How far a run was that ended early; `None` begins.

        Raises:
            SwapRefused: A check failed; the alias is where it was.
            ReindexError: It cannot go on.
        """
        steps = steps_of(self._plan)
        if state is not None:
            self.state = state
            steps = await self._remaining(Step(state.step))
        actions = {
            Step.CREATE: self._create,
            Step.THAW: self._thaw,
            Step.COPY: self._copy,
            Step.CATCH_UP: self._catch_up_until_short,
            Step.RESTORE: self._restore,
            Step.CHECK: self._check,
            Step.HOLD: self._hold,
            Step.SWAP: self._cutover.swap,
            Step.FREEZE: self._cutover.freeze,
            Step.CARRY: self._carry,
            Step.REPLACE: self._cutover.replace_index,
            Step.OPEN: self._open,
            Step.FINISH: self._finish,
        }
        try:
            for step in steps:
                self.state = replace(self.state, step=step.value)
                await self._lock.save_state(self.state)
                self._tell(ReindexProgress(step.value))
                _log.info("reindex.step", step=step.value, alias=self._plan.alias)
                await actions[step]()
            return self.report()
        finally:
            await self._catch_up.close()

    def report(self) -> ReindexReport:
        """Return what was done so far."""
        counts, plan, carrier = self.state.counts, self._plan, self._carrier
        warnings = []
        if carrier.bare:
            warnings.append(
                f"{len(carrier.bare):,} documents have no vector yet;"
                f" es-hybrid backfill {plan.alias} makes them"
            )
        if carrier.failed:
            warnings.append(f"{carrier.failed:,} documents were refused by {plan.new_index}")
        if carrier.cut_texts:
            warnings.append(f"{carrier.cut_texts:,} documents: {CUT}")
        return ReindexReport(
            alias=plan.alias,
            old_index=plan.kept_index,
            new_index=plan.new_index,
            copied=int(counts.get("copied", 0)),
            caught_up=int(counts.get("caught_up", 0)),
            deleted=int(counts.get("deleted", 0)),
            embedded=int(counts.get("embedded", 0)) + carrier.embedded,
            without_vector=len(carrier.bare),
            passes=int(counts.get("passes", 0)),
            held_s=round(counts.get("held_s", 0.0), 3),
            elapsed_s=counts.get("elapsed_s", 0.0) + time.monotonic() - self._started_s,
            checks=self._checks,
            failures=tuple(carrier.failures),
            failed=carrier.failed,
            warnings=tuple(warnings),
        )

    async def _remaining(self, step: Step) -> tuple[Step, ...]:
        moved = await self._cutover.moved()
        held = moved and is_gate_closed(await self._gateway.settings_of(self._plan.new_index))
        return remaining(self._plan, step, moved=moved, held=held)

    async def _create(self) -> None:
        plan = self._plan
        try:
            await self._gateway.patiently(
                self._gateway.es.indices.create,
                index=plan.new_index,
                settings=building(plan.settings),
                mappings=plan.mappings,
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            # Only this run knows the name: it made the index, and was killed before it said so.
        live = await self._gateway.settings_of(plan.new_index)
        start = await self._gateway.checkpoints(plan.old_index)
        self.state = replace(
            self.state, new_uuid=live["uuid"], start=start, caught_up_to=dict(start)
        )

    async def _thaw(self) -> None:
        new = self._plan.new_index
        live = await self._gateway.settings_of(new)
        await self._gateway.set(new, {"index.blocks.write": None})
        self.state = replace(self.state, new_uuid=live["uuid"])

    async def _copy(self) -> None:
        copier = AsyncCopier(
            self._gateway,
            self._plan,
            carrier=self._carrier,
            lock=self._lock,
            throttle=self._throttle,
        )
        total = await self._gateway.count(self._plan.old_index)
        began = time.monotonic()
        first = int(self.state.counts.get("copied", 0))

        def tell(done: int) -> None:
            elapsed = time.monotonic() - began
            left = eta_s(done=done - first, total=total - first, elapsed_s=elapsed)
            self._tell(ReindexProgress(Step.COPY.value, done, total, left))

        copy = copier.by_server if self._plan.copy is CopyKind.SERVER else copier.by_client
        self.state = await copy(self.state, tell)

    async def _catch_up_until_short(self) -> None:
        before = None
        for _ in range(_PASSES):
            changes = await self._pass()
            if is_short(changes, before):
                return
            before = changes

    async def _pass(self) -> int:
        done = await self._catch_up.run(self.state.caught_up_to)
        self.state = replace(self.state, caught_up_to=done.checkpoints).add(
            caught_up=done.written, deleted=done.deleted, passes=1
        )
        await self._lock.save_state(self.state)
        self._tell(ReindexProgress(Step.CATCH_UP.value, done.changes))
        return done.changes

    async def _restore(self) -> None:
        plan = self._plan
        live = await self._gateway.settings_of(plan.new_index)
        if is_gate_closed(live):  # a run that was killed before the swap left it closed
            await self._gateway.set(plan.new_index, open_gate(live, plan.settings))
        if plan.kind is not PlanKind.ROLLBACK:
            await self._gateway.set(plan.new_index, restored(plan.settings))
        health = self._gateway.es.options(ignore_status=408).cluster.health
        old = await self._gateway.patiently(health, index=plan.old_index)
        status = "green" if old["status"] == "green" else "yellow"
        found = await self._gateway.patiently(
            health, index=plan.new_index, wait_for_status=status, timeout=_REPLICAS_WITHIN
        )
        if found["timed_out"]:
            raise ReindexError(
                f"the copies of {plan.new_index} are not there within {_REPLICAS_WITHIN}",
                report=self.report(),
                hint="see GET _cluster/allocation/explain, then run it again with --resume",
            )

    async def _check(self) -> None:
        carrier = self._carrier
        refused = Check("refused", not carrier.failed, f"{carrier.failed:,} documents refused")
        checks = AsyncChecks(self._gateway, self._plan, seed=random.getrandbits(31))
        self._checks = (
            refused,
            *await checks.run(
                made=self.state.new_uuid,
                caught_up_to=self.state.caught_up_to,
                missing=len(carrier.bare),
                trouble=carrier.trouble,
            ),
        )
        failed = [str(check) for check in self._checks if not check.passed]
        if failed:
            raise SwapRefused(
                f"{self._plan.alias} stays on {self._plan.old_index}: {'; '.join(failed)}",
                report=self.report(),
                hint="mend it and run again with --resume, or remove it with --abort",
            )

    async def _hold(self) -> None:
        await self._catch_up_until_short()  # the checks took their time
        self.state = await self._cutover.close_gate(self.state)
        self._held_since_s = time.monotonic()

    async def _carry(self) -> None:
        self.state = await self._cutover.carry_rest(self.state)
        await self._lock.save_state(self.state)

    async def _open(self) -> None:
        self.state = await self._cutover.open_gate(self.state)
        if self._held_since_s is not None:
            self.state = self.state.add(held_s=time.monotonic() - self._held_since_s)

    async def _finish(self) -> None:
        plan = self._plan
        await self._gateway.refresh(plan.new_index)
        bare = sorted(self._carrier.bare)
        if bare:
            found = await self._backfill.of_ids(plan.new_index, bare)
            self._carrier.bare.difference_update(found)
        self.state = self.state.add(embedded=self._backfill.embedded)
        _log.info("reindex.done", alias=plan.alias, index_name=plan.new_index)
