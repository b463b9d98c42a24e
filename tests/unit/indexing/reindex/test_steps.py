"""A run that was killed goes on where nothing is skipped and nothing is done twice to harm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from es_hybrid.indexing.reindex.lock import RunState, owner_of, same_machine_pid
from es_hybrid.indexing.reindex.plan import CopyKind, PlanKind, ReindexPlan
from es_hybrid.indexing.reindex.settings import (
    building,
    closed_gate,
    is_gate_closed,
    open_gate,
    restored,
)
from es_hybrid.indexing.reindex.steps import Step, remaining, steps_of
from es_hybrid.indexing.reindex.swap import move_actions
from es_hybrid.indexing.reindex.throttle import Load, pause_s, read_load

PLAN = ReindexPlan(
    alias="products",
    kind=PlanKind.NEW_MAPPING,
    old_index="products-1",
    old_uuid="u",
    new_index="products-2",
    copy=CopyKind.SERVER,
    settings={},
    mappings={},
    aliases={"products": {}, "cheap": {"filter": {"term": {"a": 1}}}},
)


@pytest.mark.parametrize("step", steps_of(PLAN))
def test_until_the_alias_has_moved_a_run_catches_up_and_checks_again(step: Step) -> None:
    """Writers went on while the run was dead, so no check from before counts."""
    left = remaining(PLAN, step, moved=False, held=False)
    assert left[-1] is Step.FINISH
    assert {Step.CATCH_UP, Step.CHECK, Step.HOLD, Step.SWAP} <= set(left)


def test_after_the_swap_the_last_changes_come_before_writers() -> None:
    """Writes wait until the old index is closed and carried."""
    left = remaining(PLAN, Step.SWAP, moved=True, held=True)
    assert left == (Step.FREEZE, Step.CARRY, Step.OPEN, Step.FINISH)


def test_an_open_index_is_not_written_to_again() -> None:
    """Once writes go on, the new index is the truth."""
    assert remaining(PLAN, Step.OPEN, moved=True, held=False) == (Step.FINISH,)


def test_a_rollback_copies_nothing() -> None:
    """The documents are there already."""
    back = replace(PLAN, kind=PlanKind.ROLLBACK, copy=CopyKind.NONE)
    assert steps_of(back)[:2] == (Step.THAW, Step.CATCH_UP)


def test_an_index_is_cloned_only_when_it_is_closed() -> None:
    """No write can come between the last pass and the clone."""
    steps = steps_of(replace(PLAN, replaces_index=True))
    assert steps.index(Step.FREEZE) < steps.index(Step.CARRY) < steps.index(Step.REPLACE)


def test_every_alias_moves_in_one_request() -> None:
    """A filtered alias keeps its filter, and a removal that finds nothing fails the whole."""
    actions = move_actions(PLAN)
    assert [next(iter(a)) for a in actions] == ["remove", "add", "remove", "add"]
    assert all(a["remove"]["must_exist"] for a in actions if "remove" in a)
    added = next(a["add"] for a in actions if a.get("add", {}).get("alias") == "cheap")
    assert added["filter"] == {"term": {"a": 1}}


def test_the_gate_adds_a_copy_that_never_comes_and_takes_it_back() -> None:
    """Copies that are there stay there, whatever their number."""
    live = {"number_of_replicas": "2"}
    closed = closed_gate(live)["index"]
    assert closed["number_of_replicas"] == 3
    nested = {
        "number_of_replicas": "3",
        "write": {"wait_for_active_shards": "all"},
        "routing": {"allocation": {"enable": "primaries"}},
    }
    assert is_gate_closed(nested)
    assert not is_gate_closed(live)
    shop = {"auto_expand_replicas": "0-1", "default_pipeline": "p"}
    opened = open_gate(nested, shop)["index"]
    assert opened["number_of_replicas"] == 2
    assert opened["auto_expand_replicas"] == "0-1"
    assert opened["default_pipeline"] == "p"
    assert opened["write.wait_for_active_shards"] is None


def test_an_index_is_built_bare_and_gets_its_settings_back() -> None:
    """Pipelines do not run on what is copied; replicas and refreshes come before the swap."""
    shop = {"number_of_replicas": "1", "refresh_interval": "5s", "final_pipeline": "p"}
    built = building(shop)["index"]
    assert (built["number_of_replicas"], built["refresh_interval"]) == (0, "-1")
    assert "final_pipeline" not in built
    back = restored(shop)["index"]
    assert (back["number_of_replicas"], back["refresh_interval"]) == (1, "5s")


def test_state_survives_json() -> None:
    """Shard numbers are keys, which JSON makes text of."""
    state = RunState(step="copy", start={0: 5, 1: -1}, copied_to={0: 3}).add(copied=7)
    assert RunState.from_json(state.to_json()) == state
    assert state.add(copied=1).counts == {"copied": 8}


def test_a_dead_owner_is_known_on_its_own_machine_only() -> None:
    """A process number of another machine says nothing here."""
    owner = owner_of(host="a:b", pid=12, token="t")
    assert same_machine_pid(owner, host="a:b") == 12
    assert same_machine_pid(owner, host="c") is None


def test_a_busy_cluster_gets_a_pause() -> None:
    """Rejected writes pause longest; an idle cluster is not waited for."""
    stats = {
        "nodes": {
            "a": {
                "thread_pool": {"write": {"queue": 50, "rejected": 2}},
                "os": {"cpu": {"percent": 100}},
            }
        }
    }
    load = read_load(stats)
    assert load == Load(queue=50, rejected=2, cpu=1.0)
    assert pause_s(load, Load(rejected=1)) == 5.0
    assert pause_s(load, load) == 0.75
    assert pause_s(read_load({}), None) == 0.0
