"""The exact roles that keys of es_hybrid need, and what a refused request says of them.

The roles are files, `mappings/roles/*.json`, in the form of Elasticsearch's create-role request
and of an API key's role descriptor. They are written for an alias `products`, whose indices are
`products-…`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from es_hybrid.indexing.names import alias_of
from es_hybrid.indexing.shipped import shipped_text
from es_hybrid.types import Json

__all__ = [
    "PRODUCT_ROLES",
    "Denial",
    "RoleName",
    "lacking",
    "load_role",
    "privileges_asked",
    "read_denial",
]

_WRITTEN_FOR = "products"
_LOGS = "ubi_"
_OURS = "es-hybrid-"
_DENIED = re.compile(
    r"action \[(?P<action>[^\]]+)\] is unauthorized.*?"
    r"(?: on indices \[(?P<indices>[^\]]*)\])?, this action is granted by the "
    r"(?P<kind>cluster|index) privileges \[(?P<privileges>[^\]]*)\]"
)


class RoleName(StrEnum):
    """The roles, in the order in which they are suggested: the one that may least comes first."""

    READER = "reader"
    INGESTER = "ingester"
    MERCHANDISER = "merchandiser"
    PILOT = "pilot"
    EXPERIMENTER = "experimenter"
    ADMIN = "admin"
    REINDEXER = "reindexer"
    LOGGER = "logger"
    ANALYST = "analyst"


PRODUCT_ROLES = (
    RoleName.READER,
    RoleName.INGESTER,
    RoleName.MERCHANDISER,
    RoleName.PILOT,
    RoleName.EXPERIMENTER,
    RoleName.ADMIN,
    RoleName.REINDEXER,
)
"""Those on an index of products, its rules and its experiments; the others are on the log."""


def load_role(name: RoleName, *, index: str = _WRITTEN_FOR, streams: str = "ubi") -> Json:
    """Return a role for the products of one alias, or for one log.

    Args:
        name: Which.
        index: The alias; its indices are `index-…`.
        streams: How the names of the log's data streams begin.

    Example:
        >>> load_role(RoleName.READER, index="shop")["indices"][0]["names"]
        ['shop']
    """
    role: Json = json.loads(shipped_text(f"roles/{name}.json"))
    for part in role["indices"]:
        part["names"] = [_renamed(pattern, index, streams) for pattern in part["names"]]
    return role


def _renamed(pattern: str, index: str, streams: str) -> str:
    if pattern.startswith(_LOGS):
        return f"{streams}_{pattern.removeprefix(_LOGS)}"
    ours = pattern == _WRITTEN_FOR or pattern.startswith(f"{_WRITTEN_FOR}-")
    return index + pattern[len(_WRITTEN_FOR) :] if ours else pattern


def privileges_asked(role: Mapping[str, Any]) -> Json:
    """Return the body of a `_has_privileges` request that asks for all of a role.

    Example:
        >>> privileges_asked(load_role(RoleName.ADMIN))["cluster"]
        ['monitor']
    """
    parts = [{"names": part["names"], "privileges": part["privileges"]} for part in role["indices"]]
    return {"cluster": list(role["cluster"]), "index": parts}


def lacking(role: Mapping[str, Any], answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a key lacks of a role, such as `"manage on products-*"`.

    Args:
        role: As `load_role` returns it.
        answer: Elasticsearch's, to `privileges_asked(role)`.

    Example:
        >>> lacking({"cluster": ["monitor"], "indices": []}, {"cluster": {"monitor": False}})
        ('monitor on the cluster',)
    """
    cluster, index = answer.get("cluster", {}), answer.get("index", {})
    missing = [f"{name} on the cluster" for name in role["cluster"] if not cluster.get(name)]
    for part in role["indices"]:
        for privilege in part["privileges"]:
            names = [n for n in part["names"] if not index.get(n, {}).get(privilege)]
            if names:
                missing.append(f"{privilege} on {', '.join(names)}")
    return tuple(missing)


@dataclass(frozen=True, slots=True)
class Denial:
    """A request that Elasticsearch refused with 403 for want of a privilege.

    Attributes:
        action: What was refused, such as `indices:admin/refresh`.
        privileges: Those that would have allowed it, least first; any one is enough.
        indices: Where; empty for the cluster.
    """

    action: str
    privileges: tuple[str, ...]
    indices: tuple[str, ...] = ()

    @property
    def alias(self) -> str:
        """The alias that a role would be written for: that of the first index of products."""
        first = self.indices[0] if self.indices else _WRITTEN_FOR
        # What es_hybrid keeps for itself has the same name, whatever the products' is.
        return _WRITTEN_FOR if first.startswith((_OURS, _LOGS)) else alias_of(first) or first

    def role(self) -> RoleName | None:
        """Return the least role that would have allowed it, where one would."""
        roles = ((name, load_role(name, index=self.alias)) for name in RoleName)
        return next((name for name, role in roles if self._allowed_by(role)), None)

    def _allowed_by(self, role: Mapping[str, Any]) -> bool:
        if not self.action.startswith("indices:"):
            return self._among(role["cluster"])
        return any(
            self._among(part["privileges"])
            and all(any(fnmatchcase(i, n) for n in part["names"]) for i in self.indices)
            for part in role["indices"]
        )

    def _among(self, held: Sequence[str]) -> bool:
        return any(h in self.privileges or fnmatchcase(self.action, h) for h in held)

    def __str__(self) -> str:
        where = f" on {', '.join(self.indices)}" if self.indices else ""
        named = [name for name in self.privileges if name != "all"]
        return f"the key lacks the privilege {' or '.join(named)}{where}"


def read_denial(reason: str) -> Denial | None:
    """Return what the reason of a 403 says is missing; `None` where it speaks of something else.

    Args:
        reason: The `reason` of Elasticsearch's `security_exception`.

    Example:
        >>> denial = read_denial(
        ...     "action [indices:admin/refresh] is unauthorized for user [x] on indices [shop],"
        ...     " this action is granted by the index privileges [maintenance,manage,all]"
        ... )
        >>> print(denial)
        the key lacks the privilege maintenance or manage on shop
        >>> denial.role()
        <RoleName.INGESTER: 'ingester'>
    """
    found = _DENIED.search(reason)
    if found is None:
        return None
    indices = (found["indices"] or "").split(",")
    return Denial(
        action=found["action"],
        privileges=tuple(found["privileges"].split(",")),
        indices=tuple(name for name in indices if name),
    )
