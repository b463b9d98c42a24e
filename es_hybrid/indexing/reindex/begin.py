"""Whether a run may begin or go on, by what the lock's document says."""

from __future__ import annotations

from es_hybrid.errors import ReindexError
from es_hybrid.indexing.reindex.lock import RunState
from es_hybrid.indexing.reindex.plan import ReindexPlan
from es_hybrid.types import Json

__all__ = ["FINISHED", "RUNNING", "begin_with", "begun"]

RUNNING = "running"
FINISHED = "finished"


def begin_with(
    plan: ReindexPlan | str, held: Json, *, resume: bool
) -> tuple[ReindexPlan, RunState | None]:
    """Return the plan of a run, and how far it is already; `None` for one that begins.

    Args:
        plan: What was asked for.
        held: The lock's document.
        resume: Whether to go on with what it holds.

    Raises:
        ReindexError: There is nothing to resume, or something unfinished is in the way.
    """
    stopped = held.get("status") == RUNNING
    alias = plan if isinstance(plan, str) else plan.alias
    if resume and not stopped:
        raise ReindexError(f"there is no unfinished reindex of {alias}")
    if resume:
        return ReindexPlan.from_json(held["plan"]), RunState.from_json(held["state"])
    if stopped:
        raise ReindexError(
            f"a reindex of {alias} to {held['plan']['new_index']} is not finished",
            hint="go on with --resume, or remove it with --abort",
        )
    if isinstance(plan, str):
        raise ReindexError(f"there is no plan for {alias}", hint="make one with plan_reindex")
    return plan, None


def begun(plan: ReindexPlan, state: RunState, held: Json) -> Json:
    """Return what the lock's document says of a run that begins; an abort puts `before` back."""
    before = held.get("before")
    if held.get("status") == FINISHED:
        before = {name: held.get(name) for name in ("status", "plan", "state", "report")}
    return {
        "status": RUNNING,
        "plan": plan.to_json(),
        "state": state.to_json(),
        "before": before,
    }
