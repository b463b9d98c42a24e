"""Carries documents into an index: looks up what it holds, embeds what is new, writes."""

from __future__ import annotations

from collections.abc import Sequence

from es_hybrid._async.reindex.gateway import AsyncGateway
from es_hybrid._async.reindex.write import AsyncWriter
from es_hybrid._async.vectors import AsyncTextVectors
from es_hybrid.indexing.deletes import delete_action
from es_hybrid.indexing.info import takes_base64
from es_hybrid.indexing.outcomes import DOWN
from es_hybrid.indexing.reindex.documents import (
    Carried,
    Found,
    Target,
    carry,
    write_action,
)
from es_hybrid.indexing.reindex.plan import CopyKind, ReindexPlan
from es_hybrid.indexing.reindex.texts import text_builder
from es_hybrid.indexing.report import MAX_FAILURES_KEPT, Failure
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.query.language import language_of
from es_hybrid.settings import Settings
from es_hybrid.types import Json

_CONFLICT = 409


class AsyncCarrier:
    """Writes documents of one index into another.

    Args:
        gateway: Elasticsearch.
        plan: Says from where to where.
        settings: Sizes and times of the embedder.
        embedder: Makes vectors; `None` makes none.
    """

    def __init__(
        self,
        gateway: AsyncGateway,
        plan: ReindexPlan,
        *,
        settings: Settings,
        embedder: AsyncEmbedder | None,
    ) -> None:
        self._gateway = gateway
        self._writer = AsyncWriter(gateway)
        self._plan = plan
        self._settings = settings
        self._vectors = None
        if embedder is not None and plan.dims and embedder.model == plan.model:
            self._vectors = AsyncTextVectors(embedder, settings=settings.embed, dims=plan.dims)
        self._target: Target | None = None
        self._stays = plan.copy is CopyKind.SERVER and plan.old_names == plan.names
        self.failures: list[Failure] = []
        self.failed = 0
        self.embedded = 0
        self.cut_texts = 0
        self.bare: set[str] = set()  # ids of documents whose text waits for a vector

    @property
    def trouble(self) -> str | None:
        """The embedder's first failure."""
        return self._vectors.trouble if self._vectors else None

    async def target(self) -> Target:
        """Return what is known of the index that is written to."""
        if self._target is None:
            version = ".".join(map(str, await self._gateway.look()))
            plan = self._plan
            self._target = Target(
                names=plan.names,
                foreign=plan.old_names.all if plan.old_names and not self._stays else (),
                model=plan.model,
                dims=plan.dims,
                text=text_builder(plan.text_fields, max_tokens=self._settings.embed.max_tokens),
                packed=takes_base64(version),
                language=language_of,
            )
        return self._target

    async def write(self, page: Sequence[Found], *, fresh: bool, embed: bool = True) -> int:
        """Write a page of documents; return how many were stored.

        Args:
            page: The documents.
            fresh: Whether the target holds none of them yet.
            embed: Whether to make missing vectors now; without, they wait in `bare`.
        """
        if not page:
            return 0
        target = await self.target()
        held: dict[str, Json] = {}
        if not fresh and not self._stays and target.names is not None:
            held = await self._held(page, target)
        carried = [carry(f, target, held.get(f.id), stays=self._stays) for f in page]
        self.cut_texts += sum(item.was_cut for item in carried)
        done = await self._embed(carried, target) if embed else carried
        for item in done:
            (self.bare.add if item.pending else self.bare.discard)(item.found.id)
        return await self._store(done)

    async def _embed(self, carried: Sequence[Carried], target: Target) -> list[Carried]:
        places = [place for place, item in enumerate(carried) if item.pending]
        found = list(carried)
        if self._vectors is None or not places:
            return found
        made = await self._vectors.of([carried[place].text for place in places])
        for place, vector in zip(places, made, strict=True):
            item = carried[place]
            if isinstance(vector, str):
                if vector is not DOWN:  # this text never gets one
                    found[place] = Carried(item.found, item.document)
                continue
            ours = target.vector_fields(vector, text=item.text, hash_=item.text_hash or "")
            found[place] = Carried(item.found, item.document | ours)
            self.embedded += 1
        return found

    async def _store(self, carried: Sequence[Carried]) -> int:
        index = self._plan.new_index
        refused = await self._writer.write(index, [write_action(item) for item in carried])
        again = [item for item in carried if refused.get(item.found.id, (0,))[0] == _CONFLICT]
        if again:
            # Only this run writes here. What it holds in a higher version was deleted in the old
            # index and made again long after, which begins at version 1.
            actions = [write_action(item, versioned=False) for item in again]
            for item in again:
                del refused[item.found.id]
            refused |= await self._writer.write(index, actions)
        self._note(refused)
        return len(carried) - len(refused)

    async def delete(self, found: Sequence[Found]) -> int:
        """Delete documents; return how many are gone."""
        actions = [delete_action(item.id, routing=item.routing) for item in found]
        refused = await self._writer.write(self._plan.new_index, actions)
        self._note(refused)
        self.bare.difference_update(item.id for item in found)
        return len(actions) - len(refused)

    def _note(self, refused: dict[str, tuple[int, str]]) -> None:
        for product_id, (status, reason) in refused.items():
            self.failed += 1
            if len(self.failures) < MAX_FAILURES_KEPT:
                self.failures.append(Failure(product_id, None, f"{status} {reason}".strip()))

    async def _held(self, page: Sequence[Found], target: Target) -> dict[str, Json]:
        """Return our fields as the target holds them, by id."""
        names = target.names.all if target.names else ()
        docs = await self._gateway.mget(self._plan.new_index, page, names=names)
        return {doc["_id"]: doc.get("_source") or {} for doc in docs}
