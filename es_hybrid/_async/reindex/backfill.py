"""Embeds documents whose vector is missing, or is that of another text, where they stand."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._async.reindex.throttle import AsyncThrottle
from es_hybrid._async.reindex.write import AsyncWriter
from es_hybrid._async.vectors import AsyncTextVectors
from es_hybrid.errors import ConfigurationError, MappingMismatch
from es_hybrid.indexing.actions import Action
from es_hybrid.indexing.info import takes_base64
from es_hybrid.indexing.mapping import read_meta
from es_hybrid.indexing.reindex.documents import (
    Found,
    Target,
    found_of,
    is_stale,
    update_action,
)
from es_hybrid.indexing.reindex.report import BackfillReport, ReindexProgress, eta_s
from es_hybrid.indexing.reindex.shape import names_of, text_fields_of
from es_hybrid.indexing.reindex.texts import text_builder
from es_hybrid.indexing.report import MAX_FAILURES_KEPT, Failure
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.query.language import language_of
from es_hybrid.settings import Settings

_STEP = "backfill"
_CONFLICT = 409


class AsyncBackfill:
    """Makes missing vectors; a document that changes meanwhile is left for the next time.

    Args:
        gateway: Elasticsearch.
        settings: Sizes and times.
        embedder: Makes vectors.
    """

    def __init__(
        self, gateway: AsyncGateway, *, settings: Settings, embedder: AsyncEmbedder | None
    ) -> None:
        self._gateway = gateway
        self._writer = AsyncWriter(gateway)
        self._settings = settings
        self._embedder = embedder
        self.embedded = 0

    async def run(
        self, index: str, *, on_progress: Callable[[ReindexProgress], None] | None = None
    ) -> BackfillReport:
        """Look at every document of an index and embed what needs it.

        Args:
            index: The index itself.
            on_progress: Told after every page.

        Raises:
            ConfigurationError: There is no embedder.
            MappingMismatch: The index has no vectors of this embedder's model.
        """
        started = time.monotonic()
        target, vectors = await self._prepare(index)
        total = await self._gateway.count(index)
        throttle = AsyncThrottle(self._gateway)
        report = BackfillReport(index)
        for shard, up_to in (await self._gateway.checkpoints(index)).items():
            async for _, page in self._gateway.changed(index, shard=shard, after=-1, up_to=up_to):
                report = await self._fill(page, target, vectors, report)
                elapsed = time.monotonic() - started
                if on_progress is not None:
                    left = eta_s(done=report.read, total=total, elapsed_s=elapsed)
                    on_progress(ReindexProgress(_STEP, report.read, total, left))
                await throttle.pause()
        await self._gateway.refresh(index)
        return replace(report, elapsed_s=time.monotonic() - started)

    async def of_ids(self, index: str, ids: Sequence[str]) -> set[str]:
        """Embed some documents; return the ids that are done."""
        if self._embedder is None:
            return set()
        target, vectors = await self._prepare(index)
        left = set(ids)
        size = self._settings.ingest.batch
        for start in range(0, len(ids), size):
            part = list(ids[start : start + size])
            answer = await self._gateway.search(
                vectors=True,
                index=index,
                size=len(part),
                query={"ids": {"values": part}},
                version=True,
                seq_no_primary_term=True,
            )
            page = [found_of(hit) for hit in answer["hits"]["hits"]]
            done = await self._fill(page, target, vectors, BackfillReport(index))
            failed = {failure.id for failure in done.failures}
            left -= {found.id for found in page} - failed
        return set(ids) - left

    async def _prepare(self, index: str) -> tuple[Target, AsyncTextVectors]:
        if self._embedder is None:
            raise ConfigurationError(
                "there is no embedder to make vectors with", hint="set ES_HYBRID_EMBED__BASE_URL"
            )
        answer = await self._gateway.patiently(self._gateway.es.indices.get_mapping, index=index)
        mapping = answer[index]["mappings"]
        meta, names = read_meta(mapping), names_of(mapping)
        if meta is None or names is None or meta.dims is None:
            raise MappingMismatch(
                f"{index} has no vectors of es-hybrid", hint="es-hybrid reindex adds them"
            )
        if meta.model != self._embedder.model:
            raise MappingMismatch(
                f"{index} holds vectors of {meta.model}, the embedder is {self._embedder.model}",
                hint="es-hybrid reindex makes an index for another model",
            )
        fields = text_fields_of(mapping)
        version = ".".join(map(str, await self._gateway.look()))
        target = Target(
            names=names,
            foreign=(),
            model=meta.model,
            dims=meta.dims,
            text=text_builder(fields, max_tokens=self._settings.embed.max_tokens),
            packed=takes_base64(version),
            language=language_of,
        )
        vectors = AsyncTextVectors(self._embedder, settings=self._settings.embed, dims=meta.dims)
        return target, vectors

    async def _fill(
        self,
        page: Sequence[Found],
        target: Target,
        vectors: AsyncTextVectors,
        report: BackfillReport,
    ) -> BackfillReport:
        cut = [target.text.cut(found.source) for found in page]
        texts = [text for text, _ in cut]
        stale = [place for place, found in enumerate(page) if is_stale(found, texts[place], target)]
        made = await vectors.of([texts[place] for place in stale])
        actions: list[Action] = []
        failures: list[Failure] = []
        for place, vector in zip(stale, made, strict=True):
            found, text = page[place], texts[place]
            if isinstance(vector, str):
                failures.append(Failure(found.id, None, vector))
                continue
            ours = target.vector_fields(vector, text=text, hash_=target.hash_of(text))
            actions.append(update_action(found, ours))
        refused = await self._writer.write(report.index, actions)
        changed = sum(status == _CONFLICT for status, _ in refused.values())
        failures += [
            Failure(i, None, f"{status} {reason}")
            for i, (status, reason) in refused.items()
            if status != _CONFLICT
        ]
        empty = sum(not text for text in texts)
        embedded = len(actions) - len(refused)
        self.embedded += embedded
        return replace(
            report,
            read=report.read + len(page),
            embedded=report.embedded + embedded,
            unchanged=report.unchanged + len(page) - len(stale) - empty + changed,
            without_text=report.without_text + empty,
            cut_texts=report.cut_texts + sum(was_cut for _, was_cut in cut),
            failed=report.failed + len(failures),
            failures=(*report.failures, *failures)[:MAX_FAILURES_KEPT],
        )
