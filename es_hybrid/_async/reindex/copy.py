"""Copies the documents: by Elasticsearch itself where vectors stay, else through the embedder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from es_hybrid._async.reindex.carry import AsyncCarrier
from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._async.reindex.lock import AsyncReindexLock
from es_hybrid._async.reindex.throttle import AsyncThrottle
from es_hybrid._concurrency import async_sleep
from es_hybrid.errors import ReindexError
from es_hybrid.indexing.reindex.documents import names_documents, refusal
from es_hybrid.indexing.reindex.lock import RunState
from es_hybrid.indexing.reindex.plan import ReindexPlan

Tell = Callable[[int], None]
"""Is told how many documents are copied by now."""

_POLL_S = 0.2
_TRIES = 60
_BUSY_RATE = 500  # documents a second while the cluster is busy


class AsyncCopier:
    """Copies every document that was there when it began.

    Args:
        gateway: Elasticsearch.
        plan: Says from where to where.
        carrier: Writes documents.
        lock: Keeps how far the copy is.
        throttle: Makes room for the shop's own requests.
    """

    def __init__(
        self,
        gateway: AsyncGateway,
        plan: ReindexPlan,
        *,
        carrier: AsyncCarrier,
        lock: AsyncReindexLock,
        throttle: AsyncThrottle,
    ) -> None:
        self._gateway = gateway
        self._plan = plan
        self._carrier = carrier
        self._lock = lock
        self._throttle = throttle

    async def by_server(self, state: RunState, tell: Tell) -> RunState:
        """Let Elasticsearch copy; a task that is under way already is waited for.

        A task that was lost or failed with its node begins again: what is there already is left alone.

        Raises:
            ReindexError: The new index refuses documents.
        """
        begun = 0
        while True:
            name = state.task or await self._begin()
            if state.task is None:
                begun += 1
                state = replace(state, task=name)
                await self._lock.save_state(state)
            task = await self._gateway.task(name)
            if task is None:
                state = replace(state, task=None)
                continue
            status = task["task"]["status"]
            copied = int(status["created"]) + int(status["updated"])
            tell(copied + int(status["version_conflicts"]))
            if not task["completed"]:
                await self._pace(name)
                await self._lock.beat(state)
                await async_sleep(_POLL_S)
                continue
            failures = (task.get("response") or {}).get("failures") or []
            if (failures or "error" in task) and begun < _TRIES and not names_documents(failures):
                state = replace(state, task=None)  # a shard was away, as after a restart
                await async_sleep(1.0)
                continue
            if failures or "error" in task:
                raise ReindexError(
                    f"{self._plan.new_index} refuses what {self._plan.old_index} holds:"
                    f" {refusal(failures, task.get('error'))}"
                )
            return replace(state, task=None).add(copied=copied)

    async def by_client(self, state: RunState, tell: Tell) -> RunState:
        """Read, embed and write; a copy that was killed goes on after its last page."""
        done = int(state.counts.get("copied", 0))
        fresh = not state.copied_to
        for shard, up_to in state.start.items():
            after = state.copied_to.get(shard, -1)
            async for seen, page in self._gateway.changed(
                self._plan.old_index, shard=shard, after=after, up_to=up_to
            ):
                stored = await self._carrier.write(page, fresh=fresh)
                done += stored
                state = replace(state, copied_to={**state.copied_to, shard: seen})
                state = state.add(copied=stored)
                await self._lock.save_state(state)
                tell(done)
                await self._throttle.pause()
        return state

    async def _begin(self) -> str:
        return await self._gateway.start_copy(
            source={"index": self._plan.old_index},
            # The versions are kept, and a copy that begins again leaves alone what is there.
            dest={
                "index": self._plan.new_index,
                "version_type": "external",
                "pipeline": "_none",
            },
            conflicts="proceed",
            slices="auto",
        )

    async def _pace(self, task: str) -> None:
        found = await self._throttle.look()
        if found is None:
            return
        es = self._gateway.es.options(ignore_status=404)
        await self._gateway.patiently(
            es.reindex_rethrottle, task_id=task, requests_per_second=_BUSY_RATE if found else -1
        )
