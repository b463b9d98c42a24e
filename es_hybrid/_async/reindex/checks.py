"""Looks at both indices before the alias may move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from elasticsearch import NotFoundError

from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid.indexing.reindex.checks import (
    check_count,
    check_dims,
    check_overlap,
    check_sample,
    check_uuids,
    check_vectors,
    overlap_at,
    probe_fields,
    probe_words,
    same_document,
)
from es_hybrid.indexing.reindex.documents import Found, found_of
from es_hybrid.indexing.reindex.plan import ReindexPlan
from es_hybrid.indexing.reindex.report import Check
from es_hybrid.types import Json

_SAMPLE = 100
_PROBES = 10
_TOP = 10
_AMONG = 30


class AsyncChecks:
    """Compares the new index with the old one.

    Args:
        gateway: Elasticsearch.
        plan: Says which indices.
        seed: Chooses the sample.
    """

    def __init__(self, gateway: AsyncGateway, plan: ReindexPlan, *, seed: int) -> None:
        self._gateway = gateway
        self._plan = plan
        self._seed = seed

    async def run(
        self,
        *,
        made: str | None,
        caught_up_to: Mapping[int, int],
        missing: int,
        trouble: str | None,
    ) -> tuple[Check, ...]:
        """Return every check.

        Args:
            made: UUID of the index that this run filled.
            caught_up_to: Up to where the new index is equal.
            missing: Texts that have no vector because the embedder failed.
            trouble: How it failed.
        """
        plan = self._plan
        uuids = check_uuids(
            plan,
            old=await self._uuid(plan.old_index),
            new=await self._uuid(plan.new_index),
            made=made,
        )
        if not uuids.passed:
            return (uuids,)
        sample = await self._sample()
        found = [uuids, await self._count(caught_up_to), await self._same(sample, caught_up_to)]
        if plan.names is not None:
            mapping = await self._mapping(plan.new_index)
            field = mapping.get("properties", {}).get(plan.names.vector, {})
            found.append(check_dims(plan, field=field))
        if plan.embeds:
            found.append(check_vectors(missing=missing, tolerated=0, trouble=trouble))
        found.append(await self._probes(sample, caught_up_to))
        return tuple(found)

    async def _uuid(self, index: str) -> str | None:
        try:
            return str((await self._gateway.settings_of(index))["uuid"])
        except NotFoundError:
            return None

    async def _mapping(self, index: str) -> Json:
        answer = await self._gateway.patiently(self._gateway.es.indices.get_mapping, index=index)
        found: Json = answer[index]["mappings"]
        return found

    async def _count(self, caught_up_to: Mapping[int, int]) -> Check:
        plan = self._plan
        await self._gateway.refresh(plan.new_index)
        await self._gateway.refresh(plan.old_index)
        old = await self._gateway.count(plan.old_index)
        new = await self._gateway.count(plan.new_index)
        now = await self._gateway.max_seq_no(plan.old_index)
        under_way = sum(now[shard] - caught_up_to.get(shard, -1) for shard in now)
        return check_count(old=old, new=new, under_way=under_way)

    async def _sample(self) -> list[Found]:
        answer = await self._gateway.search(
            index=self._plan.old_index,
            size=_SAMPLE,
            query={
                "function_score": {
                    "query": {"match_all": {}},
                    "random_score": {"seed": self._seed, "field": "_seq_no"},
                }
            },
            version=True,
            seq_no_primary_term=True,
        )
        return [found_of(hit) for hit in answer["hits"]["hits"]]

    async def _same(self, sample: Sequence[Found], caught_up_to: Mapping[int, int]) -> Check:
        """Compare what has not changed since the last pass."""
        plan = self._plan
        ours = {*(plan.names.all if plan.names else ())}
        ours |= {*(plan.old_names.all if plan.old_names else ())}
        settled = min(caught_up_to.values(), default=-1)  # whichever shard a document is in
        quiet = [f for f in sample if f.seq_no <= settled]
        old = await self._documents(plan.old_index, quiet)
        new = await self._documents(plan.new_index, quiet)
        differing = [
            found.id
            for found in quiet
            if old.get(found.id) is not None
            and old[found.id]["_seq_no"] == found.seq_no
            and not same_document(
                old[found.id].get("_source"), (new.get(found.id) or {}).get("_source"), ours=ours
            )
        ]
        return check_sample(sampled=len(quiet), differing=differing)

    async def _documents(self, index: str, wanted: Sequence[Found]) -> dict[str, Json]:
        return {doc["_id"]: doc for doc in await self._gateway.mget(index, wanted)}

    async def _probes(self, sample: Sequence[Found], caught_up_to: Mapping[int, int]) -> Check:
        """Ask both indices for the words of sampled documents."""
        plan = self._plan
        old_mapping = await self._mapping(plan.old_index)
        fields = probe_fields(old_mapping, await self._mapping(plan.new_index))
        settled = min(caught_up_to.values(), default=-1)
        overlaps = []
        for found in sample[:_PROBES] if fields else ():
            words = probe_words(found.source, fields)
            if words:
                overlaps.append(await self._overlap(words, fields, settled=settled))
        return check_overlap(overlaps, least=plan.min_overlap, top=_TOP)

    async def _overlap(self, words: str, fields: Sequence[str], *, settled: int) -> float:
        """Compare the first hits among the documents that have not changed meanwhile."""
        plan = self._plan
        query: Json = {"multi_match": {"query": words, "fields": list(fields)}}
        unchanged: Json = {"range": {"_seq_no": {"lte": settled}}}
        old = await self._scores(plan.old_index, query, unchanged)
        ranked = await self._scores(plan.new_index, query, size=5 * _TOP)
        among: Json = {"bool": {"filter": [{"ids": {"values": list(ranked)}}, unchanged]}}
        comparable = await self._scores(plan.old_index, among, size=5 * _TOP)
        new = [score for found, score in ranked.items() if found in comparable]
        again = await self._scores(plan.new_index, query, {"ids": {"values": list(old)}})
        last = new[_AMONG - 1] if len(new) >= _AMONG else 0.0
        return overlap_at(list(again.values()), last=last, hits=len(old))

    async def _scores(
        self, index: str, query: Json, only: Json | None = None, *, size: int = _TOP
    ) -> dict[str, float]:
        """Return ids and scores, best first."""
        asked = {"bool": {"must": query, "filter": only}} if only else query
        answer = await self._gateway.search(index=index, size=size, query=asked, source=False)
        return {str(hit["_id"]): float(hit["_score"]) for hit in answer["hits"]["hits"]}
