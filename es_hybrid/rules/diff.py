"""What differs between two rule sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_hybrid.types import Json

__all__ = ["Change", "diff_rules"]

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        kind: `added`, `removed` or `changed`.
        path: JSON path of the value.
        before: What stood there; `None` where it was added.
        after: What stands there now; `None` where it was removed.
    """

    kind: str
    path: str
    before: Any = None
    after: Any = None

    def to_dict(self) -> Json:
        """Return the change as JSON."""
        return {"kind": self.kind, "path": self.path, "before": self.before, "after": self.after}


def diff_rules(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what changed, value by value, in the order of the paths.

    Rules of a list are the same where they are equal; what is left is compared in order.

    Args:
        before: A rule set as JSON.
        after: Another one.

    Example:
        >>> diff_rules({"stock": {"action": "bury"}}, {"stock": {"action": "hide"}})
        (Change(kind='changed', path='stock.action', before='bury', after='hide'),)
    """
    return tuple(_changes(before, after, ""))


def _changes(before: Any, after: Any, path: str) -> Iterator[Change]:
    if before == after:
        return
    if before is _NOTHING:
        yield Change("added", path, after=after)
    elif after is _NOTHING:
        yield Change("removed", path, before=before)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            inner = f"{path}.{name}" if path else name
            yield from _changes(before.get(name, _NOTHING), after.get(name, _NOTHING), inner)
    elif _is_list(before) and _is_list(after):
        yield from _list_changes(before, after, path)
    else:
        yield Change("changed", path, before, after)


def _list_changes(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Change]:
    gone = [(place, value) for place, value in enumerate(before) if value not in after]
    come = [(place, value) for place, value in enumerate(after) if value not in before]
    for (_, old), (place, new) in zip(gone, come, strict=False):
        yield from _changes(old, new, f"{path}.{place}")
    for place, old in gone[len(come) :]:
        yield Change("removed", f"{path}.{place}", before=old)
    for place, new in come[len(gone) :]:
        yield Change("added", f"{path}.{place}", after=new)
    if not gone and not come:
        yield Change("changed", path, before, after)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
