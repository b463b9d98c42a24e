"""How rule sets lie in their index: one document a version, and one that says which is current.

Versions are only ever added. The pointer moves by optimistic concurrency, so two merchandisers who
save at once cannot both win, and what neither put in force is never current.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from es_hybrid.errors import RulesError
from es_hybrid.types import Json

__all__ = [
    "INDEX_MAPPINGS",
    "INDEX_SETTINGS",
    "Pointer",
    "RulesVersion",
    "check_name",
    "read_pointer",
    "read_version",
    "version_body",
    "version_id",
]

INDEX_MAPPINGS: Json = {
    "dynamic": False,
    "properties": {
        "kind": {"type": "keyword"},
        "name": {"type": "keyword"},
        "version": {"type": "long"},
        "created_at": {"type": "date"},
        "comment": {"type": "text"},
        # Kept as it is and never searched: a rule may hold anything.
        "rules": {"type": "object", "enabled": False},
    },
}
INDEX_SETTINGS: Json = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "hidden": True}

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_REMEMBERED = 50
"""Versions that can be rolled back to one after the other."""


@dataclass(frozen=True, slots=True)
class RulesVersion:
    """One version of a rule set.

    Attributes:
        name: Of the rule set.
        version: From 1.
        rules: The rule set as JSON.
        created_at: ISO date and time, UTC.
        comment: What its author said.
        current: Whether it is in force.
    """

    name: str
    version: int
    rules: Mapping[str, Any]
    created_at: str = ""
    comment: str = ""
    current: bool = False

    @property
    def source(self) -> str:
        """What answers call it, such as `default@3`."""
        return f"{self.name}@{self.version}"

    def to_dict(self) -> Json:
        """Return the version as JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "current": self.current,
            "created_at": self.created_at,
            "comment": self.comment,
            "rules": dict(self.rules),
        }


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which version of a rule set is in force.

    Attributes:
        current: Its number; 0 where there is none yet.
        newest: The highest number that was ever put in force.
        before: Numbers that were in force before it, oldest first.
        seq_no: By which Elasticsearch knows whether somebody else changed it; `None`: not there.
        primary_term: The same.
    """

    current: int = 0
    newest: int = 0
    before: tuple[int, ...] = ()
    seq_no: int | None = None
    primary_term: int | None = None

    def moved_to(self, version: int) -> Json:
        """Return the document of a pointer to another version."""
        before = (*self.before, self.current)[-_REMEMBERED:] if self.current else ()
        return _pointer_body(version, max(self.newest, version), before)

    def moved_back(self, version: int | None) -> Json:
        """Return the document of a pointer to an older version.

        Args:
            version: Its number; `None`: the one that was in force before.

        Raises:
            RulesError: There was none before.
        """
        if version is None and not self.before:
            raise RulesError("no other version was in force before", path="rules")
        back = self.before[-1] if version is None else version
        before = self.before
        if back in before:
            before = before[: len(before) - 1 - before[::-1].index(back)]
        else:
            before = (*before, self.current)
        return _pointer_body(back, self.newest, before)

    @property
    def condition(self) -> Json:
        """What Elasticsearch checks before it writes."""
        if self.seq_no is None:
            return {"op_type": "create"}
        return {"if_seq_no": self.seq_no, "if_primary_term": self.primary_term}


def check_name(name: str) -> str:
    """Return a rule set's name.

    Raises:
        RulesError: It is not one.

    Example:
        >>> check_name("winter-2026")
        'winter-2026'
    """
    if not _NAME.fullmatch(name):
        hint = "small letters, digits, dots, dashes and underscores, at most 64"
        raise RulesError("is not a name of a rule set", path="name", hint=hint)
    return name


def version_id(name: str, version: int) -> str:
    """Return the document id of a version; the pointer's is the bare name.

    Example:
        >>> version_id("default", 3)
        'default@3'
    """
    return f"{name}@{version}"


def version_body(
    name: str, version: int, rules: Mapping[str, Any], *, comment: str, now_s: float
) -> Json:
    """Return the document of a version."""
    return {
        "kind": "version",
        "name": name,
        "version": version,
        "created_at": datetime.fromtimestamp(now_s, UTC).isoformat(timespec="seconds"),
        "comment": comment,
        "rules": dict(rules),
    }


def read_version(source: Mapping[str, Any], *, current: int) -> RulesVersion:
    """Return the version that a document holds."""
    return RulesVersion(
        name=str(source["name"]),
        version=int(source["version"]),
        rules=source.get("rules") or {},
        created_at=str(source.get("created_at", "")),
        comment=str(source.get("comment", "")),
        current=int(source["version"]) == current,
    )


def read_pointer(answer: Mapping[str, Any]) -> Pointer:
    """Return the pointer that the answer of a GET holds, found or not."""
    if not answer.get("found"):
        return Pointer()
    source = answer["_source"]
    return Pointer(
        current=int(source["current"]),
        newest=int(source["newest"]),
        before=tuple(map(int, source.get("before", ()))),
        seq_no=answer["_seq_no"],
        primary_term=answer["_primary_term"],
    )


def _pointer_body(current: int, newest: int, before: tuple[int, ...]) -> Json:
    return {"kind": "pointer", "current": current, "newest": newest, "before": list(before)}
