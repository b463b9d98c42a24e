"""Holds the lock of one alias, and keeps a run's plan and state in it."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Mapping
from typing import Any

from elasticsearch import BadRequestError

from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid.errors import ReindexError, ReindexInProgress
from es_hybrid.indexing.reindex.lock import (
    LOCK_INDEX,
    LOCK_MAPPING,
    RunState,
    acquire_script,
    owner_of,
    release_script,
    same_machine_pid,
    save_script,
)
from es_hybrid.types import Json


class AsyncReindexLock:
    """The right to reindex one alias.

    Args:
        gateway: Elasticsearch.
        alias: The name; also the id of the lock's document.
        ttl_s: Seconds after which a lock that nobody prolongs is free.
    """

    def __init__(self, gateway: AsyncGateway, alias: str, *, ttl_s: float) -> None:
        self._gateway = gateway
        self._alias = alias
        self._ttl_s = ttl_s
        self._owner = owner_of(
            host=socket.gethostname(), pid=os.getpid(), token=secrets.token_hex(4)
        )
        self._saved_s = 0.0

    async def read(self) -> Json:
        """Return the lock's document; empty where there is none."""
        es = self._gateway.es.options(ignore_status=404)
        answer = await self._gateway.patiently(es.get, index=LOCK_INDEX, id=self._alias)
        found: Json = answer.get("_source") or {}
        return found

    async def take(self) -> Json:
        """Take the lock and return its document.

        Raises:
            ReindexInProgress: Somebody else holds it.
        """
        await self._make_index()
        held = await self.read()
        script = acquire_script(self._owner, ttl_s=self._ttl_s, dead=_dead_owner(held))
        taken = await self._update(script)
        found = await self.read()
        if not taken:
            raise ReindexInProgress(
                f"{self._alias} is being reindexed by {found.get('owner')}",
                hint="wait for it; a run that died gives way after"
                f" {self._ttl_s:g} s, or at once on its own machine",
            )
        return found

    async def save(self, content: Mapping[str, Any]) -> None:
        """Write into the lock's document, and prolong it.

        Raises:
            ReindexInProgress: The lock was lost; whoever has it goes on.
        """
        saved = await self._update(save_script(self._owner, ttl_s=self._ttl_s, content=content))
        self._saved_s = time.monotonic()
        if not saved:
            raise ReindexInProgress(
                f"the lock of {self._alias} was lost: this run paused for more than"
                f" {self._ttl_s:g} s",
                hint="the run that took it over goes on",
            )

    async def save_state(self, state: RunState) -> None:
        """Write how far the run is."""
        await self.save({"state": state.to_json()})

    async def beat(self, state: RunState) -> None:
        """Prolong the lock, now and then."""
        if time.monotonic() - self._saved_s > self._ttl_s / 6:
            await self.save_state(state)

    async def release(self, content: Mapping[str, Any]) -> None:
        """Write into the lock's document and give the lock back."""
        await self._update(release_script(self._owner, content=content))

    async def _update(self, script: Json) -> bool:
        """Run a script on the lock's document; return whether it was allowed to."""
        answer = await self._gateway.patiently(
            self._gateway.es.update,
            index=LOCK_INDEX,
            id=self._alias,
            script=script,
            scripted_upsert=True,
            upsert={},
            retry_on_conflict=5,
        )
        return bool(answer["result"] != "noop")

    async def _make_index(self) -> None:
        if await self._gateway.exists(LOCK_INDEX):
            return
        settings = {"hidden": True, "number_of_shards": 1, "auto_expand_replicas": "0-1"}
        try:
            await self._gateway.patiently(
                self._gateway.es.indices.create,
                index=LOCK_INDEX,
                mappings=LOCK_MAPPING,
                settings=settings,
            )
        except BadRequestError as error:  # another run made it just now
            if error.error != "resource_already_exists_exception":
                raise ReindexError(f"{LOCK_INDEX} cannot be made: {error.error}") from error


def _dead_owner(held: Mapping[str, Any]) -> str | None:
    """Return the owner of a lock if it is a process of this machine that is gone."""
    owner = held.get("owner") or ""
    pid = same_machine_pid(owner, host=socket.gethostname())
    if pid is None:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return str(owner)
    except PermissionError:
        return None
    return None
