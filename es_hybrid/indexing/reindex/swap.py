"""The one step that moves every alias of an index."""

from __future__ import annotations

from es_hybrid.indexing.reindex.plan import ReindexPlan
from es_hybrid.types import Json

__all__ = ["clone_settings", "move_actions"]


def move_actions(plan: ReindexPlan) -> list[Json]:
    """Return the `_aliases` actions; filters and routing of the aliases go along.

    With an index in the place of the alias, the same step removes it: its clone is kept.
    """
    actions: list[Json] = []
    if plan.replaces_index:
        actions.append({"remove_index": {"index": plan.old_index}})
    moved = {plan.alias: {}, **plan.aliases}
    for alias, properties in moved.items():
        if not plan.replaces_index:
            gone = {"index": plan.old_index, "alias": alias, "must_exist": True}
            actions.append({"remove": gone})
        add = {**properties, "index": plan.new_index, "alias": alias, "is_write_index": True}
        actions.append({"add": add})
    return actions


def clone_settings() -> Json:
    """Return the settings of the clone that is kept in place of an index."""
    return {"index": {"blocks.write": True}}
