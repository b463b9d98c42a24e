"""What a reindex asks of Elasticsearch; each call outlasts a restart of the node.

Every call can be made twice without harm, so a broken connection or a busy node costs time only.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.documents import Asked, async_read_each
from es_hybrid._concurrency import async_sleep
from es_hybrid._retry import BUSY_STATUSES, Outcome, OutcomeKind, RetryPolicy, next_delay
from es_hybrid.indexing.reindex.changes import (
    Checkpoints,
    read_checkpoints,
    read_max_seq_no,
    seq_no_range,
)
from es_hybrid.indexing.reindex.documents import Found, found_of
from es_hybrid.settings import IngestSettings
from es_hybrid.types import Json

_STRIDE = 20  # a page may look at so many sequence numbers a document, most of them empty
_VECTORS_LEFT_OUT_SINCE = (9, 2)


class AsyncGateway:
    """Elasticsearch, as a reindex needs it.

    Args:
        es: The shop's client; its own retries are switched off on a copy.
        settings: Size of pages and requests.
        patience_s: Seconds for which a call is repeated while the cluster does not answer.
    """

    def __init__(
        self, es: AsyncElasticsearch, *, settings: IngestSettings, patience_s: float
    ) -> None:
        self.es = es.options(
            request_timeout=settings.timeout_s,
            max_retries=0,
            retry_on_status=(),
            retry_on_timeout=False,
        )
        self.settings = settings
        self._version: tuple[int, ...] = ()
        self._shards: dict[str, int] = {}
        self.policy = RetryPolicy(
            max_attempts=1_000_000, max_elapsed_s=patience_s, base_s=0.1, cap_s=2.0
        )

    async def patiently(self, call: Callable[..., Any], **arguments: Any) -> Any:
        """Return a call's answer; a cluster that is away or busy is asked again.

        Raises:
            ApiError: Elasticsearch refuses.
            TransportError: It stayed away for all of the patience.
        """
        started = time.monotonic()
        attempt = 0
        while True:
            attempt += 1
            try:
                return (await call(**arguments)).body
            except (ApiError, TransportError) as error:
                if isinstance(error, ApiError) and error.status_code not in BUSY_STATUSES:
                    raise
                outcome = Outcome(OutcomeKind.CONNECTION)
                elapsed = time.monotonic() - started
                delay = next_delay(self.policy, attempt, outcome, elapsed, random.random)
                if delay is None:
                    raise
            await async_sleep(delay)

    async def look(self) -> tuple[int, ...]:
        """Return the server's version, asked once."""
        if not self._version:
            answer = await self.patiently(self.es.info)
            parts = str(answer["version"]["number"]).split(".")[:2]
            self._version = tuple(int(part) for part in parts)
        return self._version

    async def checkpoints(self, index: str) -> Checkpoints:
        """Return up to where every shard's operations are applied, after making them visible."""
        found = read_checkpoints(await self._stats(index), index)
        await self.refresh(index)
        return found

    async def max_seq_no(self, index: str) -> Checkpoints:
        """Return the largest sequence number of every shard."""
        return read_max_seq_no(await self._stats(index), index)

    async def _stats(self, index: str) -> Any:
        if index not in self._shards:
            self._shards[index] = int((await self.settings_of(index))["number_of_shards"])
        shards = self._shards[index]
        return await self._of_every_shard(
            index,
            lambda: self.patiently(self.es.indices.stats, index=index, level="shards"),
            lambda stats: len(read_checkpoints(stats, index)) == shards,
        )

    async def refresh(self, index: str) -> None:
        """Make every write of an index visible, on every copy."""
        await self._of_every_shard(
            index,
            lambda: self.patiently(self.es.indices.refresh, index=index),
            lambda answer: not answer["_shards"]["failed"],
        )

    async def _of_every_shard(
        self,
        index: str,
        ask: Callable[[], Any],
        is_complete: Callable[[Any], bool],
    ) -> Any:
        """Ask until no shard is left out; one that is starting is, in silence."""
        started = time.monotonic()
        while True:
            answer = await ask()
            if is_complete(answer):
                return answer
            if time.monotonic() - started > self.policy.max_elapsed_s:
                raise TimeoutError(f"not every shard of {index} is there")
            await async_sleep(0.2)

    async def settings_of(self, index: str) -> Json:
        """Return an index's live settings, below `index`."""
        answer = await self.patiently(self.es.indices.get_settings, index=index)
        found: Json = answer[index]["settings"]["index"]
        return found

    async def set(self, index: str, settings: Mapping[str, Any]) -> None:
        """Change settings of an index."""
        await self.patiently(self.es.indices.put_settings, index=index, settings=settings)

    async def exists(self, index: str) -> bool:
        """Tell whether there is such an index or alias."""
        quiet = self.es.options(ignore_status=404)
        answer = await self.patiently(quiet.indices.get_alias, index=index)
        return "error" not in answer

    async def behind(self, alias: str) -> dict[str, Json]:
        """Return the indices behind a name, each with its properties of it."""
        quiet = self.es.options(ignore_status=404)
        answer = await self.patiently(quiet.indices.get_alias, name=alias)
        if "error" in answer:
            return {}
        return {index: found["aliases"][alias] for index, found in answer.items()}

    async def count(self, index: str, query: Json | None = None) -> int:
        """Return how many documents match."""
        answer = await self._of_every_shard(
            index,
            lambda: self.patiently(self.es.count, index=index, query=query),
            lambda answer: answer["_shards"]["successful"] == answer["_shards"]["total"],
        )
        return int(answer["count"])

    async def start_copy(self, **arguments: Any) -> str:
        """Begin a `_reindex` once every shard of its source can be read; return its task.

        A `_reindex` leaves out a shard that is starting, and says nothing of it.
        """
        source = arguments["source"]["index"]

        async def begin() -> Any:
            await self.es.cluster.health(index=source, wait_for_status="yellow", timeout="30s")
            return await self.es.reindex(wait_for_completion=False, **arguments)

        return str((await self.patiently(begin))["task"])

    async def task(self, task: str) -> Json | None:
        """Return a task of the server; `None` when it was lost with its node."""
        # `tasks.get` warns of a technical preview; the path is as old as tasks are.
        answer = await self._request("GET", f"/_tasks/{task}")
        return None if answer.get("status") == 404 else answer

    async def cancel(self, task: str) -> None:
        """Cancel a task of the server, and wait for its end."""
        await self._request("POST", f"/_tasks/{task}/_cancel", wait_for_completion="true")

    async def mget(
        self, index: str, found: Sequence[Found], *, names: Sequence[str] = ()
    ) -> list[Json]:
        """Return documents as they are now, or only the named fields, vectors included.

        Raises:
            ApiError: A document cannot be read, which no patience helps; Elasticsearch's own.
        """
        if not found:
            return []
        params = {"_source_includes": ",".join(names)} if names else {}
        if await self.look() >= _VECTORS_LEFT_OUT_SINCE:
            params["_source_exclude_vectors"] = "false"

        async def ask(wanted: Sequence[Asked]) -> Sequence[Mapping[str, Any]]:
            docs = [
                {"_id": one.id, **({"routing": one.routing} if one.routing else {})}
                for one in wanted
            ]
            answer = await self._request("POST", f"/{index}/_mget", body={"docs": docs}, **params)
            read: Sequence[Mapping[str, Any]] = answer["docs"]
            return read

        docs = await async_read_each(
            [Asked(item.id, item.routing) for item in found],
            ask,
            es=self.es,
            index=index,
            policy=self.policy,
        )
        return [dict(doc) for doc in docs if doc.get("found")]

    async def _request(
        self, method: str, path: str, *, body: Json | None = None, **params: str
    ) -> Json:
        headers = {"accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/json"
        found: Json = await self.patiently(
            self.es.options(ignore_status=404).perform_request,
            method=method,
            path=path,
            params=params,
            headers=headers,
            body=body,
        )
        return found

    async def search(self, *, vectors: bool = False, **body: Any) -> Json:
        """Search completely or not at all; `source` stands for `_source`, vectors come if asked."""
        if vectors and await self.look() >= _VECTORS_LEFT_OUT_SINCE:
            body["source"] = {"exclude_vectors": False, **(body.get("source") or {})}
        if "pit" not in body:
            body["allow_partial_search_results"] = False
        found: Json = await self.patiently(self.es.search, **{"track_total_hits": False, **body})
        return found

    async def changed(
        self,
        index: str | None,
        *,
        shard: int,
        after: int,
        up_to: int,
        pit: str | None = None,
        documents: bool = True,
    ) -> AsyncIterator[tuple[int, list[Found]]]:
        """Yield what was last written in a range of a shard's sequence numbers, page by page.

        Each page says up to where all is seen, so that a run that was killed goes on there; nothing
        needs to be kept on the server in between.

        Args:
            index: The index; `None` with `pit`.
            shard: Of its primaries.
            after: Where to begin, exclusive.
            up_to: Where to end, inclusive.
            pit: A point in time of this shard, instead of what is there now.
            documents: Whether the documents come along, vectors included, or ids only.
        """
        size = self.settings.batch
        place: Json = (
            {"pit": {"id": pit, "keep_alive": "10m"}}
            if pit
            else {"index": index, "preference": f"_shards:{shard}"}
        )
        while after < up_to:
            end = min(after + size * _STRIDE, up_to)
            answer = await self.search(
                **place,
                size=size,
                query=seq_no_range(after=after, up_to=end),
                sort=[{"_seq_no": "asc"}],
                version=True,
                seq_no_primary_term=True,
                **({"vectors": True} if documents else {"source": False}),
            )
            page = [found_of(hit) for hit in answer["hits"]["hits"]]
            after = page[-1].seq_no if len(page) == size else end
            yield after, page
