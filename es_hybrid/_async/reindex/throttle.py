"""Looks at the cluster's load now and then, and pauses while it is high."""

from __future__ import annotations

import time

from elasticsearch import ApiError

from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._concurrency import async_sleep
from es_hybrid._logging import get_logger
from es_hybrid.indexing.reindex.throttle import Load, pause_s, read_load

_EVERY_S = 2.0
_log = get_logger("es_hybrid.reindex")


class AsyncThrottle:
    """Makes room for the shop's own requests.

    A key that may not see the nodes' statistics throttles nothing but what Elasticsearch rejects.
    """

    def __init__(self, gateway: AsyncGateway) -> None:
        self._gateway = gateway
        self._looked_s = 0.0
        self._load: Load | None = None
        self._pause_s = 0.0
        self._allowed = True

    async def look(self) -> float | None:
        """Return the seconds to pause after a page; `None` where the last answer still holds."""
        now = time.monotonic()
        if not self._allowed or now - self._looked_s < _EVERY_S:
            return None
        self._looked_s = now
        try:
            stats = await self._gateway.patiently(
                self._gateway.es.nodes.stats,
                metric="thread_pool,os",
                filter_path=[
                    "nodes.*.thread_pool.write.queue",
                    "nodes.*.thread_pool.write.rejected",
                    "nodes.*.os.cpu.percent",
                ],
            )
        except ApiError as error:
            self._allowed = False
            _log.info("reindex.load_unknown", status=error.status_code)
            return None
        found = read_load(stats)
        self._pause_s, self._load = pause_s(found, self._load), found
        return self._pause_s

    async def pause(self) -> None:
        """Pause after a page for as long as the load asks."""
        await self.look()
        if self._pause_s:
            await async_sleep(self._pause_s)
