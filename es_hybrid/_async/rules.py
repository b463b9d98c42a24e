"""Rule sets in their index: `shop.rules.put("default", rules)`, without a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from elasticsearch import AsyncElasticsearch, BadRequestError, ConflictError, NotFoundError

from es_hybrid.errors import RulesConflict, RulesError
from es_hybrid.rules.diff import Change, diff_rules
from es_hybrid.rules.document import parse_rules
from es_hybrid.rules.versions import (
    INDEX_MAPPINGS,
    INDEX_SETTINGS,
    Pointer,
    RulesVersion,
    check_name,
    read_pointer,
    read_version,
    version_body,
    version_id,
)
from es_hybrid.types import Json

_TRIES = 20
"""Numbers that are tried for a new version: one is taken by each save that was cut off."""


class AsyncRules:
    """Reads and writes rule sets.

    Args:
        es: The shop's own client.
        index: Where rule sets are kept; made by the first `put`.

    Example:
        saved = await shop.rules.put("default", {"stock": {"action": "bury"}}, comment="sale")
        await shop.rules.rollback("default")
    """

    def __init__(self, es: AsyncElasticsearch, *, index: str) -> None:
        self._es = es
        self._index = index

    async def put(
        self,
        name: str,
        rules: Mapping[str, Any],
        *,
        comment: str = "",
        base: int | None = None,
    ) -> RulesVersion:
        """Save a new version and put it in force.

        Args:
            name: Of the rule set.
            rules: The whole rule set; see docs/rules.md.
            comment: What changed, for those who come later.
            base: Version that the change was made from; refused where another one is in force.

        Raises:
            RulesError: The rule set or its name is wrong; nothing was written.
            RulesConflict: Somebody else saved meanwhile; nothing was put in force.
        """
        check_name(name)
        parse_rules(rules)
        await self._create_index()
        pointer = await self._pointer(name)
        if base is not None and base != pointer.current:
            raise RulesConflict(
                f"version {pointer.current} of {name} is in force, not {base}",
                hint="get it, make the change again, and put that",
            )
        version = await self._add_version(name, rules, after=pointer.newest, comment=comment)
        await self._move(name, pointer, pointer.moved_to(version))
        return await self.get(name, version)

    async def get(self, name: str, version: int | None = None) -> RulesVersion:
        """Return a version; by default the one in force.

        Raises:
            RulesError: There is no such rule set, or no such version.
        """
        pointer = await self._pointer(check_name(name))
        if not pointer.current:
            raise RulesError(
                f"there is no rule set {name} in {self._index}",
                path="name",
                hint=f"es-hybrid rules put {name} FILE makes it",
            )
        wanted = pointer.current if version is None else version
        answer = await self._found(version_id(name, wanted))
        if not answer.get("found"):
            raise RulesError(f"{name} has no version {wanted}", path="version")
        return read_version(answer["_source"], current=pointer.current)

    async def versions(self, name: str) -> tuple[RulesVersion, ...]:
        """Return the versions of a rule set, the newest first, at most a hundred.

        Raises:
            RulesError: There is no such rule set.
        """
        current = (await self.get(name)).version
        answer = await self._es.search(
            index=self._index,
            query={"bool": {"filter": [{"term": {"name": name}}, {"term": {"kind": "version"}}]}},
            sort=[{"version": "desc"}],
            size=100,
        )
        sources = [hit["_source"] for hit in answer["hits"]["hits"]]
        return tuple(read_version(source, current=current) for source in sources)

    async def names(self) -> tuple[str, ...]:
        """Return the names of all rule sets, sorted."""
        try:
            answer = await self._es.search(
                index=self._index, query={"term": {"kind": "pointer"}}, source=False, size=1000
            )
        except NotFoundError:
            return ()
        return tuple(sorted(hit["_id"] for hit in answer["hits"]["hits"]))

    async def diff(
        self,
        name: str,
        *,
        before: int | None = None,
        after: int | Mapping[str, Any] | None = None,
    ) -> tuple[Change, ...]:
        """Return what differs between two versions, or between a version and a rule set.

        Args:
            name: Of the rule set.
            before: A version; by default the one in force.
            after: A version, or a rule set that is not saved; by default the one in force.

        Raises:
            RulesError: One of them is not there, or is wrong.
        """
        old = (await self.get(name, before)).rules
        if isinstance(after, Mapping):
            parse_rules(after)
            return diff_rules(old, after)
        return diff_rules(old, (await self.get(name, after)).rules)

    async def rollback(self, name: str, *, to: int | None = None) -> RulesVersion:
        """Put an older version in force again; no version is lost.

        Args:
            name: Of the rule set.
            to: Its number; by default the one that was in force before.

        Raises:
            RulesError: There is no such version.
            RulesConflict: Somebody else changed it meanwhile; nothing was put in force.
        """
        if to is not None:
            await self.get(name, to)
        pointer = await self._pointer(check_name(name))
        await self._move(name, pointer, pointer.moved_back(to))
        return await self.get(name)

    async def _create_index(self) -> None:
        if await self._es.indices.exists(index=self._index):
            return
        try:
            await self._es.indices.create(
                index=self._index, mappings=INDEX_MAPPINGS, settings={"index": INDEX_SETTINGS}
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":  # by somebody else, just now
                raise

    async def _pointer(self, name: str) -> Pointer:
        return read_pointer(await self._found(name))

    async def _found(self, id_: str) -> Json:
        try:
            return dict((await self._es.get(index=self._index, id=id_)).body)
        except NotFoundError:
            return {"found": False}

    async def _add_version(
        self, name: str, rules: Mapping[str, Any], *, after: int, comment: str
    ) -> int:
        """Write a version under the first free number; one may belong to a save that was cut off."""
        now_s = datetime.now(UTC).timestamp()
        for version in range(after + 1, after + 1 + _TRIES):
            body = version_body(name, version, rules, comment=comment, now_s=now_s)
            try:
                await self._es.create(
                    index=self._index, id=version_id(name, version), document=body, refresh=True
                )
            except ConflictError:
                continue
            return version
        raise RulesConflict(f"{_TRIES} versions of {name} were saved at once", hint="try again")

    async def _move(self, name: str, pointer: Pointer, body: Json) -> None:
        try:
            await self._es.index(
                index=self._index, id=name, document=body, refresh=True, **pointer.condition
            )
        except ConflictError:
            raise RulesConflict(
                f"somebody else changed {name} meanwhile; nothing was put in force",
                hint="get it, make the change again, and put that",
            ) from None
