"""Look at what the key may do: which roles it has, and what it lacks of the others."""

from __future__ import annotations

from collections.abc import Iterator

import elasticsearch

from es_hybrid.checks import Check, Status
from es_hybrid.indexing.roles import (
    PRODUCT_ROLES,
    RoleName,
    lacking,
    load_role,
    privileges_asked,
)

__all__ = ["check_privileges"]


def check_privileges(es: elasticsearch.Elasticsearch, index: str) -> Iterator[Check]:
    """Ask which roles the key has on one index, and name each missing privilege.

    Any key may ask that of itself. A key that has one whole role is sound, whatever it lacks of
    the others: that is what least privilege looks like.
    """
    missing: dict[RoleName, tuple[str, ...]] = {}
    for name in PRODUCT_ROLES:
        role = load_role(name, index=index)
        try:
            answer = es.security.has_privileges(**privileges_asked(role))
        except elasticsearch.ApiError:
            yield Check("privileges", Status.OK, "security is off: everything is allowed")
            return
        missing[name] = lacking(role, answer.body)
    whole = [name for name, lacks in missing.items() if not lacks]
    if whole:
        yield Check("privileges", Status.OK, f"enough on {index} for: {', '.join(whole)}")
    for name, lacks in missing.items():
        if lacks:
            yield _lacks(name, lacks, serious=not whole and name is RoleName.READER)


def _lacks(name: RoleName, lacks: tuple[str, ...], *, serious: bool) -> Check:
    return Check(
        "privileges",
        Status.PROBLEM if serious else Status.NOTE,
        f"not enough for {name}: lacks {'; '.join(lacks)}",
        f"es-hybrid roles {name} prints the whole role; grant it only to a key that needs it",
    )
