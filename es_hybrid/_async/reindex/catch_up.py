"""Makes the new index equal to the old one again, while writes go on.

A pass looks at one point in time of each shard. What was written since the last pass is found by
sequence number; what was deleted, by comparing the two points in time, or, where there is only one,
by looking every id of the new index up in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from elasticsearch import NotFoundError

from es_hybrid._async.reindex.carry import AsyncCarrier
from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid.indexing.reindex.changes import (
    Checkpoints,
    Snapshot,
    histogram_body,
    interval_of,
    lost_ranges,
    read_histogram,
)
from es_hybrid.indexing.reindex.documents import Found, found_of
from es_hybrid.indexing.reindex.plan import ReindexPlan

_KEEP_ALIVE = "10m"
_IDS = 1_000


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass did.

    Attributes:
        checkpoints: Up to where the new index is equal to the old one now.
        written: Documents written.
        deleted: Documents deleted.
    """

    checkpoints: Checkpoints = field(default_factory=dict)
    written: int = 0
    deleted: int = 0

    @property
    def changes(self) -> int:
        """How much there was to do."""
        return self.written + self.deleted


class AsyncCatchUp:
    """Runs passes from the old index to the new one.

    Args:
        gateway: Elasticsearch.
        plan: Says which indices.
        carrier: Writes documents.
    """

    def __init__(self, gateway: AsyncGateway, plan: ReindexPlan, carrier: AsyncCarrier) -> None:
        self._gateway = gateway
        self._plan = plan
        self._carrier = carrier
        self._before: dict[int, Snapshot] = {}

    async def run(
        self, since: Mapping[int, int], *, embed: bool = True, base: Mapping[int, int] | None = None
    ) -> Pass:
        """Carry what changed since some checkpoints; start again if a point in time gets lost.

        Args:
            since: Up to where the new index is equal already.
            embed: Whether to make missing vectors now.
            base: Checkpoints of the new index before it took the alias: what it was told after
                them is newer, and stays as it is. `None` before the swap.
        """
        while True:
            try:
                return await self._run(since, embed=embed, base=base)
            except NotFoundError as error:
                if "search_context_missing" not in str(error.body):
                    raise
                self._before = {}  # the node was restarted

    async def _run(
        self, since: Mapping[int, int], *, embed: bool, base: Mapping[int, int] | None
    ) -> Pass:
        old = self._plan.old_index
        checkpoints = await self._gateway.checkpoints(old)
        now = {shard: await self._snapshot(shard, at) for shard, at in checkpoints.items()}
        written = deleted = 0
        for shard, snapshot in now.items():
            async for _, page in self._gateway.changed(
                None,
                shard=shard,
                after=since.get(shard, -1),
                up_to=snapshot.checkpoint,
                pit=snapshot.pit,
            ):
                mine = await self._untouched(page, base)
                written += await self._carrier.write(mine, fresh=False, embed=embed)
        if self._before.keys() == now.keys():
            deleted = await self._deleted_between(self._before, now, base)
        else:
            deleted = await self._deleted_at_all(now, base)
        before, self._before = self._before, now
        await self._forget(before)
        return Pass(checkpoints, written, deleted)

    async def close(self) -> None:
        """Give back what is held on the server."""
        before, self._before = self._before, {}
        await self._forget(before)

    async def _snapshot(self, shard: int, checkpoint: int) -> Snapshot:
        answer = await self._gateway.patiently(
            self._gateway.es.open_point_in_time,
            index=self._plan.old_index,
            keep_alive=_KEEP_ALIVE,
            preference=f"_shards:{shard}",
        )
        interval = interval_of(checkpoint)
        counts, largest = await self._histogram(answer["id"], interval, up_to=checkpoint)
        return Snapshot(answer["id"], checkpoint, interval, counts, largest)

    async def _histogram(
        self, pit: str, interval: int, *, up_to: int
    ) -> tuple[dict[int, int], int]:
        answer = await self._gateway.search(
            pit={"id": pit, "keep_alive": _KEEP_ALIVE},
            size=0,
            aggs=histogram_body(interval, up_to=up_to),
        )
        return read_histogram(answer)

    async def _forget(self, snapshots: Mapping[int, Snapshot]) -> None:
        es = self._gateway.es.options(ignore_status=404)
        for snapshot in snapshots.values():
            await self._gateway.patiently(es.close_point_in_time, id=snapshot.pit)

    async def _deleted_between(
        self,
        before: Mapping[int, Snapshot],
        now: Mapping[int, Snapshot],
        base: Mapping[int, int] | None,
    ) -> int:
        """Delete what was there before and is not there now."""
        deleted = 0
        for shard, old in before.items():
            new = now[shard]
            # Up to the same number: what came since must not stand in for what went.
            after, _ = await self._histogram(new.pit, old.interval, up_to=old.checkpoint)
            for first, last in lost_ranges(old, after):
                async for _, page in self._gateway.changed(
                    None, shard=shard, after=first - 1, up_to=last, pit=old.pit, documents=False
                ):
                    deleted += await self._delete_missing(page, {shard: new}, base)
        return deleted

    async def _deleted_at_all(
        self, now: Mapping[int, Snapshot], base: Mapping[int, int] | None
    ) -> int:
        """Delete whatever the old index does not hold."""
        deleted = 0
        new_index = self._plan.new_index
        for shard, checkpoint in (await self._gateway.checkpoints(new_index)).items():
            async for _, page in self._gateway.changed(
                new_index, shard=shard, after=-1, up_to=checkpoint, documents=False
            ):
                deleted += await self._delete_missing(page, now, base)
        return deleted

    async def _delete_missing(
        self,
        page: Sequence[Found],
        now: Mapping[int, Snapshot],
        base: Mapping[int, int] | None,
    ) -> int:
        left = {found.id: found for found in page}
        for snapshot in now.values():
            for there in await self._among(list(left), pit=snapshot.pit):
                left.pop(there.id, None)
        mine = await self._untouched(list(left.values()), base)
        return await self._carrier.delete(mine) if mine else 0

    async def _among(self, ids: Sequence[str], *, pit: str) -> list[Found]:
        found: list[Found] = []
        for start in range(0, len(ids), _IDS):
            part = list(ids[start : start + _IDS])
            answer = await self._gateway.search(
                pit={"id": pit, "keep_alive": _KEEP_ALIVE},
                size=len(part),
                query={"ids": {"values": part}},
                source=False,
            )
            found += map(found_of, answer["hits"]["hits"])
        return found

    async def _untouched(
        self, page: Sequence[Found], base: Mapping[int, int] | None
    ) -> Sequence[Found]:
        """Leave out what the new index was told since it took the alias."""
        if base is None or not page:
            return page
        ids = [found.id for found in page]
        newer: set[str] = set()
        for shard, checkpoint in base.items():
            answer = await self._gateway.search(
                index=self._plan.new_index,
                preference=f"_shards:{shard}",
                size=len(ids),
                query={
                    "bool": {
                        "filter": [
                            {"ids": {"values": ids}},
                            {"range": {"_seq_no": {"gt": checkpoint}}},
                        ]
                    }
                },
                source=False,
            )
            newer |= {str(hit["_id"]) for hit in answer["hits"]["hits"]}
        return [found for found in page if found.id not in newer]
