"""Versioned documents in their index: put, get, list, roll back, without a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from elasticsearch import AsyncElasticsearch, BadRequestError, ConflictError, NotFoundError

from es_hybrid.types import Json
from es_hybrid.versioned import (
    INDEX_SETTINGS,
    Kind,
    Pointer,
    Version,
    read_pointer,
    version_id,
)

V = TypeVar("V", bound=Version)

_TRIES = 20
"""Numbers that are tried for a new version: one is taken by each save that was cut off."""


class AsyncVersions(Generic[V]):
    """Reads and writes documents of one kind.

    Args:
        es: The shop's own client.
        kind: What they are.
        index: Where they are kept; made by the first `put`.

    Example:
        saved = await AsyncVersions(es, RULES, index="rules").put("default", {})
    """

    def __init__(self, es: AsyncElasticsearch, kind: Kind[V], *, index: str) -> None:
        self._es = es
        self._kind = kind
        self._index = index

    async def put(
        self,
        name: str,
        content: Mapping[str, Any],
        *,
        comment: str = "",
        base: int | None = None,
    ) -> V:
        """Save a new version and put it in force.

        Args:
            name: Of the document.
            content: The whole of it.
            comment: What changed, for those who come later.
            base: Version that the change was made from; refused where another one is in force.

        Raises:
            HybridError: The content or its name is wrong; nothing was written.
            HybridError: Somebody else saved meanwhile; nothing was put in force.

        Example:
            saved = await shop.rules.put("default", {"stock": {"action": "bury"}}, comment="sale")
        """
        self._kind.name(name)
        self._kind.check(content)
        pointer = await self._pointer(name)
        if not pointer.current:
            await self._create_index()
        if base is not None and base != pointer.current:
            raise self._kind.conflict(
                f"version {pointer.current} of {name} is in force, not {base}",
                hint="get it, make the change again, and put that",
            )
        version = await self._add_version(name, content, after=pointer.newest, comment=comment)
        await self._move(name, pointer, pointer.moved_to(version))
        return await self.get(name, version)

    async def get(self, name: str, version: int | None = None) -> V:
        """Return a version; by default the one in force.

        Raises:
            HybridError: There is no such document, or no such version.

        Example:
            rules = (await shop.rules.get("default")).rules
        """
        pointer = await self._known(name)
        return await self._read(name, pointer.current if version is None else version, pointer)

    async def versions(self, name: str) -> tuple[V, ...]:
        """Return the versions of a document, the newest first, at most a hundred.

        Raises:
            HybridError: There is no such document.

        Example:
            [(each.version, each.comment) for each in await shop.rules.versions("default")]
        """
        current = (await self.get(name)).version
        answer = await self._es.search(
            index=self._index,
            query={"bool": {"filter": [{"term": {"name": name}}, {"term": {"kind": "version"}}]}},
            sort=[{"version": "desc"}],
            size=100,
        )
        sources = [hit["_source"] for hit in answer["hits"]["hits"]]
        return tuple(self._kind.read(source, current=current) for source in sources)

    async def names(self) -> tuple[str, ...]:
        """Return the names of all documents, sorted.

        Example:
            await shop.rules.names()
        """
        try:
            answer = await self._es.search(
                index=self._index, query={"term": {"kind": "pointer"}}, source=False, size=1000
            )
        except NotFoundError:
            return ()
        return tuple(sorted(hit["_id"] for hit in answer["hits"]["hits"]))

    async def rollback(self, name: str, *, to: int | None = None) -> V:
        """Put an older version in force again; no version is lost.

        Args:
            name: Of the document.
            to: Its number; by default the one that was in force before.

        Raises:
            HybridError: There is no such version.
            HybridError: Somebody else changed it meanwhile; nothing was put in force.

        Example:
            await shop.rules.rollback("default", to=3)
        """
        pointer = await self._known(name)
        if to is not None:
            await self._read(name, to, pointer)
        try:
            moved = pointer.moved_back(to)
        except LookupError:
            raise self._kind.none_before(pointer.current, name) from None
        await self._move(name, pointer, moved)
        return await self.get(name)

    async def _create_index(self) -> None:
        if await self._es.indices.exists(index=self._index):
            return
        try:
            await self._es.indices.create(
                index=self._index, mappings=self._kind.mappings, settings={"index": INDEX_SETTINGS}
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":  # by somebody else, just now
                raise

    async def _known(self, name: str) -> Pointer:
        """Return the pointer of a document that is there, or raise that it is not."""
        pointer = await self._pointer(self._kind.name(name))
        if not pointer.current:
            raise self._kind.none(name, index=self._index)
        return pointer

    async def _read(self, name: str, version: int, pointer: Pointer) -> V:
        answer = await self._found(version_id(name, version))
        if not answer.get("found"):
            newest = pointer.newest
            raise self._kind.no_version(version, name, index=self._index, newest=newest)
        return self._kind.read(answer["_source"], current=pointer.current)

    async def _pointer(self, name: str) -> Pointer:
        return read_pointer(await self._found(name))

    async def _found(self, id_: str) -> Json:
        try:
            return dict((await self._es.get(index=self._index, id=id_)).body)
        except NotFoundError:
            return {"found": False}

    async def _add_version(
        self, name: str, content: Mapping[str, Any], *, after: int, comment: str
    ) -> int:
        """Write a version under the first free number; one may belong to a save that was cut off."""
        now_s = datetime.now(UTC).timestamp()
        for version in range(after + 1, after + 1 + _TRIES):
            body = self._kind.body(name, version, content, comment=comment, now_s=now_s)
            try:
                await self._es.create(
                    index=self._index, id=version_id(name, version), document=body, refresh=True
                )
            except ConflictError:
                continue
            return version
        raise self._kind.conflict(
            f"{_TRIES} versions of {name} were saved at once", hint="try again"
        )

    async def _move(self, name: str, pointer: Pointer, body: Json) -> None:
        try:
            await self._es.index(
                index=self._index, id=name, document=body, refresh=True, **pointer.condition
            )
        except ConflictError:
            raise self._kind.conflict(
                f"somebody else changed {name} meanwhile; nothing was put in force",
                hint="get it, make the change again, and put that",
            ) from None
