"""The document that says who reindexes an alias, and how far it is.

Its clock is the server's, so that machines need not agree on the time; and every write of it is
refused to whoever is not its owner, so that a process that slept too long finds out before it does
harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from es_hybrid.types import Json

__all__ = [
    "LOCK_INDEX",
    "LOCK_MAPPING",
    "RunState",
    "acquire_script",
    "owner_of",
    "release_script",
    "same_machine_pid",
    "save_script",
]

LOCK_INDEX = "es-hybrid-reindex"
LOCK_MAPPING: Json = {
    "dynamic": False,
    "properties": {"owner": {"type": "keyword"}, "expires": {"type": "date"}},
}

_ACQUIRE = (
    "if (ctx._source.owner != null && ctx._source.owner != params.owner"
    " && ctx._source.owner != params.dead && ctx._source.expires > ctx._now) { ctx.op = 'none' }"
    " else { ctx._source.owner = params.owner; ctx._source.expires = ctx._now + params.ttl_ms;"
    " ctx._source.since = ctx._now }"
)
_SAVE = (
    "if (ctx._source.owner != params.owner) { ctx.op = 'none' } else {"
    " ctx._source.expires = ctx._now + params.ttl_ms; ctx._source.beats ="
    " (ctx._source.beats == null ? 0 : ctx._source.beats) + 1;"
    " for (entry in params.content.entrySet()) {"
    " ctx._source[entry.getKey()] = entry.getValue() } }"
)
_RELEASE = (
    "if (ctx._source.owner != params.owner) { ctx.op = 'none' } else {"
    " ctx._source.owner = null; ctx._source.expires = 0;"
    " for (entry in params.content.entrySet()) {"
    " ctx._source[entry.getKey()] = entry.getValue() } }"
)


def acquire_script(owner: str, *, ttl_s: float, dead: str | None) -> Json:
    """Return the script that takes the lock if it is free, expired or that of a dead owner."""
    params = {"owner": owner, "ttl_ms": int(ttl_s * 1000), "dead": dead}
    return {"source": _ACQUIRE, "params": params}


def save_script(owner: str, *, ttl_s: float, content: Mapping[str, Any]) -> Json:
    """Return the script that writes state and prolongs the lock, for its owner only."""
    params = {"owner": owner, "ttl_ms": int(ttl_s * 1000), "content": dict(content)}
    return {"source": _SAVE, "params": params}


def release_script(owner: str, *, content: Mapping[str, Any]) -> Json:
    """Return the script that gives the lock back."""
    return {"source": _RELEASE, "params": {"owner": owner, "content": dict(content)}}


def owner_of(*, host: str, pid: int, token: str) -> str:
    """Return the name of a process that holds a lock.

    Example:
        >>> owner_of(host="shop-1", pid=4711, token="9f3a")
        'shop-1:4711:9f3a'
    """
    return f"{host}:{pid}:{token}"


def same_machine_pid(owner: str, *, host: str) -> int | None:
    """Return the process of an owner on this machine; `None` where it is on another one."""
    machine, _, rest = owner.rpartition(":")[0].rpartition(":")
    return int(rest) if machine == host and rest.isdigit() else None


@dataclass(frozen=True, slots=True)
class RunState:
    """How far a run is; kept in the lock document after every page.

    Attributes:
        step: The step it is in.
        new_uuid: UUID of the index it made.
        task: Server-side copy under way.
        start: Checkpoints of the old index before the copy.
        copied_to: Sequence numbers up to which a copy by the client is done.
        caught_up_to: Checkpoints up to which the new index is equal.
        base: Checkpoints of the new index just before the swap.
        opened: Checkpoints of the new index when it was opened; what a rollback begins from.
        counts: Numbers for the report.
    """

    step: str = "create"
    new_uuid: str | None = None
    task: str | None = None
    start: Mapping[int, int] = field(default_factory=dict)
    copied_to: Mapping[int, int] = field(default_factory=dict)
    caught_up_to: Mapping[int, int] = field(default_factory=dict)
    base: Mapping[int, int] = field(default_factory=dict)
    opened: Mapping[int, int] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return the state as JSON, whose keys are text."""
        return {
            name: {str(k): v for k, v in value.items()} if isinstance(value, dict) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        values = dict(content)
        for name in ("start", "copied_to", "caught_up_to", "base", "opened"):
            values[name] = {int(k): int(v) for k, v in values.get(name, {}).items()}
        return cls(**values)

    def add(self, **counts: float) -> Self:
        """Return the state with counts added."""
        found = dict(self.counts)
        for name, count in counts.items():
            found[name] = found.get(name, 0) + count
        return replace(self, counts=found)
