"""Keeps where following a source has come to: in a small file, or in a document of an index."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import orjson
from elasticsearch import AsyncElasticsearch, ConflictError, NotFoundError

from es_hybrid.errors import HybridError
from es_hybrid.readers.state_file import locked, read_state, write_state
from es_hybrid.types import Json

__all__ = ["AsyncFileState", "AsyncIndexState", "AsyncState"]


class AsyncState(Protocol):
    """Where a position is kept between processes."""

    async def load(self) -> Json | None:
        """Return what `save` was given last; `None` the first time.

        Raises:
            HybridError: Another process follows with the same state.
        """
        ...

    async def save(self, state: Json) -> None:
        """Keep a state in place of the one before, whole or not at all."""
        ...

    async def aclose(self) -> None:
        """Let another process go on."""
        ...


class AsyncFileState:
    """A file; while it is in use, a lock keeps other processes of the machine away.

    Args:
        path: Replaced atomically.

    Example:
        state = AsyncFileState("products.follow.json")
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._lock: Any = None

    async def load(self) -> Json | None:
        """Lock the file and read it.

        Example:
            state_before = await state.load()
        """
        if self._lock is None:
            self._lock = locked(self._path)
        return read_state(self._path)

    async def save(self, state: Json) -> None:
        """Write the file anew.

        Example:
            await state.save({"source": changes.identity, "position": position})
        """
        write_state(self._path, state)

    async def aclose(self) -> None:
        """Unlock the file.

        Example:
            await state.aclose()
        """
        if self._lock is not None:
            self._lock.close()
        self._lock = None


class AsyncIndexState:
    """A document, so that any machine can go on; a second follower is noticed when it writes.

    Args:
        es: Where; neither changed nor closed.
        index: Index of such documents; it is created with the first one.
        name: The document's id.

    Example:
        state = AsyncIndexState(es, "es-hybrid-state", "products")
    """

    def __init__(self, es: AsyncElasticsearch, index: str, name: str) -> None:
        self._es = es
        self._index = index
        self._name = name
        self._held: Mapping[str, Any] | None = None

    async def load(self) -> Json | None:
        """Read the document.

        Example:
            state_before = await state.load()
        """
        try:
            self._held = (await self._es.get(index=self._index, id=self._name)).body
        except NotFoundError as error:
            if "found" not in error.body:  # not even the index
                await self._create()
            self._held = None
            return None
        state: Json = orjson.loads(self._held["_source"]["state"])
        return state

    async def save(self, state: Json) -> None:
        """Write the document, if it is still the one that was read.

        Raises:
            HybridError: Another process has written it meanwhile.

        Example:
            await state.save({"source": changes.identity, "position": position})
        """
        document = {"state": orjson.dumps(state).decode("utf-8")}
        try:
            if self._held is None:
                answer = await self._es.create(index=self._index, id=self._name, document=document)
            else:
                answer = await self._es.index(
                    index=self._index,
                    id=self._name,
                    document=document,
                    if_seq_no=self._held["_seq_no"],
                    if_primary_term=self._held["_primary_term"],
                )
        except ConflictError:
            held = await self._es.get(index=self._index, id=self._name)
            if held["_source"] != document:  # an answer that was lost, and a second try
                raise HybridError(
                    f"another process follows with the state {self._name} in {self._index}",
                    hint="stop one of the two; nothing is lost",
                ) from None
            answer = held
        self._held = answer.body

    async def aclose(self) -> None:
        """Do nothing: a document needs no lock.

        Example:
            await state.aclose()
        """

    async def _create(self) -> None:
        # The position is no content to search; a mapping of its fields would only be in the way.
        properties = {"state": {"type": "keyword", "index": False, "doc_values": False}}
        await self._es.options(ignore_status=400).indices.create(
            index=self._index,
            mappings={"dynamic": False, "properties": properties},
            settings={"number_of_shards": 1, "auto_expand_replicas": "0-1"},
        )
