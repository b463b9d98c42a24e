"""The plan of a rollback: the same steps the other way, without a copy."""

from __future__ import annotations

from es_hybrid.indexing.mapping import read_meta
from es_hybrid.indexing.reindex.plan import CopyKind, PlanKind, ReindexPlan
from es_hybrid.indexing.reindex.settings import kept
from es_hybrid.indexing.reindex.shape import Live, names_of, text_fields_of

__all__ = ["rollback_plan"]


def rollback_plan(alias: str, *, now: Live, before: Live) -> ReindexPlan:
    """Return the plan by which the index before takes the alias again.

    What was written since is carried back; our own fields of the newer index do not go along. A
    vector of the older index stays while its text is the same.

    Args:
        alias: The name that moves.
        now: What the alias points to.
        before: The index that was kept.
    """
    meta = read_meta(before.mappings)
    return ReindexPlan(
        alias=alias,
        kind=PlanKind.ROLLBACK,
        old_index=now.index,
        old_uuid=str(now.settings["uuid"]),
        new_index=before.index,
        copy=CopyKind.NONE,
        settings=kept(before.settings),
        mappings=dict(before.mappings),
        aliases=dict(now.body.get("aliases") or {}),
        documents=now.documents,
        model=meta.model if meta else None,
        dims=meta.dims if meta else None,
        names=names_of(before.mappings),
        old_names=names_of(now.mappings),
        text_fields=text_fields_of(before.mappings),
        text_version=meta.text_version if meta else None,
        min_overlap=0.0,
        notes=(f"{now.index} is kept, so that a second rollback goes forward again",),
    )
