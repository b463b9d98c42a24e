"""How versioned documents lie in their index: each version, and which of them is in force.

Rule sets and experiments are kept like this; `Kind` says what differs.

Versions are only ever added. The pointer moves by optimistic concurrency, so two merchandisers who
save at once cannot both win, and what neither put in force is never current.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from es_hybrid.errors import ExperimentError, HybridError, RulesError
from es_hybrid.types import Json

__all__ = [
    "INDEX_SETTINGS",
    "Kind",
    "Pointer",
    "Version",
    "read_pointer",
    "version_id",
]

INDEX_SETTINGS: Json = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "hidden": True}

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_REMEMBERED = 50
"""Versions that can be rolled back to one after the other."""


V = TypeVar("V", bound="Version")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document.

    Attributes:
        name: Of the document.
        version: From 1.
        content: The document as JSON.
        created_at: ISO date and time, UTC.
        comment: What its author said.
        current: Whether it is in force.
    """

    name: str
    version: int
    content: Mapping[str, Any]
    created_at: str = ""
    comment: str = ""
    current: bool = False

    @property
    def source(self) -> str:
        """What answers call it, such as `default@3`."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Kind(Generic[V]):
    """What differs between one kind of versioned document and another.

    Attributes:
        noun: What a person calls it.
        field: Where the content lies in a version's document.
        made_by: Command that makes the first version, with `{name}`.
        listed_by: Command that lists the names there are.
        of: Class of its versions.
        check: Refuses a wrong content.
        error: Raised for what is wrong or not there.
        conflict: Raised where somebody else was faster.
    """

    noun: str
    field: str
    made_by: str
    listed_by: str
    of: type[V]
    check: Callable[[Mapping[str, Any]], object]
    error: type[RulesError | ExperimentError]
    conflict: type[HybridError]

    @property
    def mappings(self) -> Json:
        """Of the index."""
        return {
            "dynamic": False,
            "properties": {
                "kind": {"type": "keyword"},
                "name": {"type": "keyword"},
                "version": {"type": "long"},
                "created_at": {"type": "date"},
                "comment": {"type": "text"},
                # Kept as it is and never searched: it may hold anything.
                self.field: {"type": "object", "enabled": False},
            },
        }

    def name(self, name: str) -> str:
        """Return a name, if it is one.

        Raises:
            RulesError: It is none, or the kind's own error.
        """
        if not _NAME.fullmatch(name):
            raise self.error(
                f"{name[:64]!r} is not a name of {_with_article(self.noun)}",
                hint="use small letters, digits, dots, dashes and underscores, at most 64",
            )
        return name

    def none(self, name: str, *, index: str) -> HybridError:
        """Return the error for a document that is not there."""
        return self.error(
            f"there is no {self.noun} {name} in {index}",
            hint=f"{self.listed_by} shows which there are,"
            f" and {self.made_by.format(name=name)} makes it",
        )

    def no_version(self, version: int, name: str, *, index: str, newest: int) -> HybridError:
        """Return the error for a version that is not there, of a document that is."""
        return self.error(
            f"there is no version {version} of the {self.noun} {name} in {index}",
            hint=f"choose one up to {newest}, its newest",
        )

    def none_before(self, version: int, name: str) -> HybridError:
        """Return the error for going back from the only version that is remembered."""
        return self.error(
            f"no version of the {self.noun} {name} was in force before version {version}",
            hint="name the version to go back to, or save what you want as a new one",
        )

    def body(
        self, name: str, version: int, content: Mapping[str, Any], *, comment: str, now_s: float
    ) -> Json:
        """Return the document of a version."""
        return {
            "kind": "version",
            "name": name,
            "version": version,
            "created_at": datetime.fromtimestamp(now_s, UTC).isoformat(timespec="seconds"),
            "comment": comment,
            self.field: dict(content),
        }

    def read(self, source: Mapping[str, Any], *, current: int) -> V:
        """Return the version that a document holds."""
        return self.of(
            name=str(source["name"]),
            version=int(source["version"]),
            content=source.get(self.field) or {},
            created_at=str(source.get("created_at", "")),
            comment=str(source.get("comment", "")),
            current=int(source["version"]) == current,
        )


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which version of a document is in force.

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
            LookupError: There was none before.
        """
        if version is None and not self.before:
            raise LookupError("no other version was in force before")
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


def version_id(name: str, version: int) -> str:
    """Return the document id of a version; the pointer's is the bare name.

    Example:
        >>> version_id("default", 3)
        'default@3'
    """
    return f"{name}@{version}"


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


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
