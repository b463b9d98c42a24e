"""The steps of a reindex, in order, and where a run that was killed goes on."""

from __future__ import annotations

from enum import StrEnum

from es_hybrid.indexing.reindex.plan import PlanKind, ReindexPlan

__all__ = ["Step", "is_short", "remaining", "steps_of"]

_FEW = 100


class Step(StrEnum):
    """A step; each looks whether it is done already, so that it can be begun again."""

    CREATE = "create"
    """The new index is there, without replicas and refreshes."""
    THAW = "thaw"
    """The index before takes writes again; nobody but the rollback writes to it."""
    COPY = "copy"
    """Every document that was there at the beginning."""
    CATCH_UP = "catch_up"
    """What changed meanwhile, in passes, until a pass is short."""
    RESTORE = "restore"
    """Replicas and refreshes are back."""
    CHECK = "check"
    """Verdicts; a failed one ends the run with the alias where it is."""
    HOLD = "hold"
    """Writes to the new index wait."""
    SWAP = "swap"
    """The alias moves."""
    FREEZE = "freeze"
    """The old index takes no writes any more."""
    CARRY = "carry"
    """What the old index was told until its end."""
    REPLACE = "replace"
    """An index makes room for an alias of its name; its clone is kept."""
    OPEN = "open"
    """Writes to the new index go on."""
    FINISH = "finish"
    """Vectors for what was carried without; the lock is given back."""


def steps_of(plan: ReindexPlan) -> tuple[Step, ...]:
    """Return the steps of a plan, in order.

    Example:
        A rollback begins with `thaw` in place of `create` and `copy`.
    """
    begin: tuple[Step, ...] = (Step.CREATE, Step.COPY)
    if plan.kind is PlanKind.ROLLBACK:
        begin = (Step.THAW,)
    middle = (Step.CATCH_UP, Step.RESTORE, Step.CHECK)
    if plan.replaces_index:
        end = (Step.FREEZE, Step.CARRY, Step.REPLACE)
    else:
        end = (Step.SWAP, Step.FREEZE, Step.CARRY)
    return (*begin, *middle, Step.HOLD, *end, Step.OPEN, Step.FINISH)


def remaining(plan: ReindexPlan, step: Step, *, moved: bool, held: bool) -> tuple[Step, ...]:
    """Return the steps that are still to do.

    Args:
        plan: The plan.
        step: The one that a run was in when it ended.
        moved: Whether the alias is on the new index.
        held: Whether writes to the new index wait.
    """
    steps = steps_of(plan)
    if moved and not held:
        return (Step.FINISH,)
    if moved and plan.replaces_index:
        return steps[steps.index(Step.OPEN) :]
    if moved:
        return steps[steps.index(Step.FREEZE) :]
    # Until the alias has moved, writers went on: what is behind the copy is done again.
    again = min(steps.index(step), steps.index(Step.CATCH_UP))
    return steps[again:]


def is_short(changes: int, before: int | None) -> bool:
    """Tell whether catch-up is as near as it gets: few changes, or no fewer than in the last pass.

    Example:
        >>> is_short(5_000, None), is_short(3_000, 5_000), is_short(2_900, 3_000)
        (False, False, True)
    """
    return changes <= _FEW or (before is not None and changes > 0.8 * before)
