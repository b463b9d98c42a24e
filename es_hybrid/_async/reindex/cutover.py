"""Moves the alias so that no write is lost, none is refused, and none meets a stale document.

Around the swap, writes through the alias wait inside Elasticsearch for the fraction of a second in
which the last changes of the old index are carried over; see docs/reindexing.md for the argument.
"""

from __future__ import annotations

import time
from dataclasses import replace

from elasticsearch import ApiError

from es_hybrid._async.reindex.catch_up import AsyncCatchUp
from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._async.reindex.lock import AsyncReindexLock
from es_hybrid._concurrency import async_sleep
from es_hybrid._logging import get_logger
from es_hybrid.errors import ReindexError
from es_hybrid.indexing.reindex.lock import RunState
from es_hybrid.indexing.reindex.plan import ReindexPlan
from es_hybrid.indexing.reindex.settings import closed_gate, is_gate_closed, open_gate
from es_hybrid.indexing.reindex.swap import clone_settings, move_actions

_QUIET_S = 0.05
_DRAIN_S = 5.0
_log = get_logger("es_hybrid.reindex")


class AsyncCutover:
    """Moves the alias from the old index to the new one.

    Every part of it looks first whether it is done, so that a run that was killed goes on.

    Args:
        gateway: Elasticsearch.
        plan: Says which indices.
        catch_up: Carries the last changes.
        lock: Keeps how far it is.
    """

    def __init__(
        self,
        gateway: AsyncGateway,
        plan: ReindexPlan,
        *,
        catch_up: AsyncCatchUp,
        lock: AsyncReindexLock,
    ) -> None:
        self._gateway = gateway
        self._plan = plan
        self._catch_up = catch_up
        self._lock = lock

    async def moved(self) -> bool:
        """Tell whether the alias is on the new index."""
        return self._plan.new_index in await self._gateway.behind(self._plan.alias)

    async def close_gate(self, state: RunState) -> RunState:
        """Let writes to the new index wait; nobody but this run writes to it yet."""
        new = self._plan.new_index
        live = await self._gateway.settings_of(new)
        if not is_gate_closed(live):
            await self._gateway.set(new, closed_gate(live))
        base = await self._gateway.checkpoints(new)
        state = replace(state, base=base)
        await self._lock.save_state(state)
        return state

    async def swap(self) -> None:
        """Move the alias in one step."""
        while not await self.moved():
            actions = move_actions(self._plan)
            try:
                await self._gateway.patiently(
                    self._gateway.es.indices.update_aliases, actions=actions
                )
            except ApiError as error:
                if not await self.moved():
                    raise ReindexError(
                        f"the alias {self._plan.alias} cannot be moved: {error.error}",
                        hint="was it moved by somebody else?",
                    ) from error
        _log.info("reindex.alias_swapped", alias=self._plan.alias, index_name=self._plan.new_index)

    async def freeze(self) -> None:
        """Close the old index to writes, once those that were on their way to it are through."""
        old = self._plan.old_index
        started = time.monotonic()
        before = await self._gateway.max_seq_no(old)
        while time.monotonic() - started < _DRAIN_S:
            await async_sleep(_QUIET_S)
            now = await self._gateway.max_seq_no(old)
            if now == before:
                break
            before = now
        # It answers when every operation under way has ended, and none can begin.
        await self._gateway.patiently(self._gateway.es.indices.add_block, index=old, block="write")

    async def carry_rest(self, state: RunState) -> RunState:
        """Carry what the old index was told between the last pass and its end."""
        await self._gateway.refresh(self._plan.new_index)
        done = await self._catch_up.run(state.caught_up_to, embed=False, base=state.base)
        state = replace(state, caught_up_to=done.checkpoints)
        return state.add(caught_up=done.written, deleted=done.deleted, passes=1)

    async def open_gate(self, state: RunState) -> RunState:
        """Let waiting writes go on; from here on the new index is the truth."""
        new = self._plan.new_index
        live = await self._gateway.settings_of(new)
        if not is_gate_closed(live):
            return state
        state = replace(state, opened=await self._gateway.checkpoints(new))
        await self._lock.save_state(state)
        await self._gateway.set(new, open_gate(live, self._plan.settings))
        return state

    async def replace_index(self) -> None:
        """Put the alias in the place of an index of the same name, which is cloned first."""
        plan = self._plan
        if await self.moved():
            return
        if not await self._gateway.exists(plan.kept_index):
            await self._gateway.patiently(
                self._gateway.es.indices.clone,
                index=plan.old_index,
                target=plan.kept_index,
                settings=clone_settings(),
            )
        await self._gateway.patiently(
            self._gateway.es.cluster.health,
            index=plan.kept_index,
            wait_for_status="yellow",
            timeout="300s",
        )
        await self.swap()
