"""Reading a table by its version column misses no row, however late it shows."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from es_hybrid.following.passes import Passes, Row
from es_hybrid.following.versions import Cursor

OVERLAP_S = 60.0
START = datetime(2026, 1, 1, tzinfo=UTC)


class Table:
    """Rows stamped at one time that show at another, as transactions make them."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.pending: list[tuple[float, str, Any, int]] = []
        self.shown: dict[str, tuple[Any, int]] = {}
        self.reads = 0

    def write(self, key: str, version: Any, content: int, *, shows_in_s: float = 0.0) -> None:
        self.pending.append((self.now_s + shows_in_s, key, version, content))
        self.sleep(0)

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        for item in sorted([p for p in self.pending if p[0] <= self.now_s], key=lambda p: p[0]):
            self.pending.remove(item)
            self.shown[item[1]] = item[2:]

    def newest(self) -> Any:
        return max((version for version, _ in self.shown.values()), default=None)

    def rows(self, after: Cursor | None, limit: int) -> list[Row]:
        places = sorted((version, key, content) for key, (version, content) in self.shown.items())
        found = [
            Row.of(Cursor(version, key), {"id": key, "content": content})
            for version, key, content in places
            if after is None or after.before(Cursor(version, key))
        ]
        self.reads += len(found[:limit])
        return found[:limit]


class Follower:
    """Reads a table by passes, and holds what a shop would have stored."""

    def __init__(self, table: Table, *, limit: int = 3, per_second: float | None = None) -> None:
        self.table, self.limit, self.per_second = table, limit, per_second
        self.stored: dict[str, int] = {}
        self.written = 0
        self.position: Any = None
        self.restart()

    def restart(self) -> None:
        self.passes = Passes(overlap_s=OVERLAP_S, per_second=self.per_second)
        self.passes.restore(json.loads(json.dumps(self.position)))

    def step(self, *, complete: bool = True, stored: bool = True) -> bool:
        newest = self.table.newest() if self.passes.wants_newest else None
        after = self.passes.after(now_s=self.table.now_s, newest=newest)
        rows = self.table.rows(after, self.limit)
        batch = self.passes.take(rows, full=len(rows) == self.limit)
        if not stored:
            return True
        self.written += len(batch.items)
        for item in batch.items:
            self.stored[item.product["id"]] = item.product["content"]
        self.passes.settle(batch, complete=complete, now_s=self.table.now_s)
        self.position = self.passes.position()
        return batch.more

    def catch_up(self) -> None:
        while self.step():
            pass


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=int(seconds))


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("kind", ["time", "number", "milliseconds"])
def test_whatever_happens_the_last_state_arrives(seed: int, kind: str) -> None:
    """Rows that show up to an overlap late, crashes, failed writes: in the end all are there."""
    chance = random.Random(seed)
    table = Table()
    follower = Follower(
        table, limit=chance.choice((1, 3, 50)), per_second=1000 if kind == "milliseconds" else None
    )
    counter = 0

    def version() -> Any:
        if kind == "time":
            return at(table.now_s)
        return int(table.now_s * 1000) if kind == "milliseconds" else counter

    for _ in range(400):
        match chance.choices(
            ("write", "late", "sleep", "step", "fail", "crash"), (4, 2, 3, 8, 1, 1)
        )[0]:
            case "write":
                counter += 1
                table.write(f"k{chance.randrange(40)}", version(), chance.randrange(10**6))
            case "late":
                counter += 1
                late_s = chance.uniform(0, OVERLAP_S - 1)
                table.write(f"late{counter}", version(), counter, shows_in_s=late_s)
            case "sleep":
                table.sleep(chance.choice((0.1, 1, 20, 90)))
            case "step":
                follower.step(complete=chance.random() < 0.9)
            case "fail":
                follower.step(stored=False)
            case "crash":
                follower.restart()
    for _ in range(30):
        table.sleep(10)
        follower.catch_up()
    assert follower.stored == {key: content for key, (_, content) in table.shown.items()}


def test_a_quiet_table_costs_nothing() -> None:
    """Once nothing can be outstanding, neither a poll nor a restart reads a row again."""
    table = Table()
    for number in range(100):
        table.write(f"k{number}", at(0), number)  # one statement stamps them all alike
    follower = Follower(table, limit=10)
    follower.catch_up()
    for _ in range(20):
        table.sleep(10)
        follower.catch_up()
    reads = table.reads
    for _ in range(5):
        table.sleep(100)
        follower.restart()
        follower.catch_up()
    assert table.reads == reads
    assert follower.written == 100


def test_a_first_load_goes_on_where_it_was_stopped() -> None:
    """A crash in a long first pass over old rows does not begin it anew."""
    table = Table()
    for number in range(1000):
        table.write(f"k{number:03d}", at(number), number)
    follower = Follower(table, limit=10)
    for _ in range(50):
        follower.step()
    follower.restart()
    follower.catch_up()
    assert len(follower.stored) == 1000
    assert table.reads < 1100


def test_a_sweep_writes_only_what_is_new() -> None:
    """Rows of the window are read again and not written again; one that shows late is written."""
    table = Table()
    for number in range(20):
        table.write(f"k{number:02d}", at(number), number)
    follower = Follower(table, limit=50)
    follower.catch_up()
    table.write("late", at(3), 99, shows_in_s=15)
    table.sleep(20)
    follower.catch_up()
    assert follower.stored["late"] == 99
    assert follower.written == 21


def test_a_row_changed_within_its_second_is_seen() -> None:
    """A column of whole seconds hides no second change."""
    table = Table()
    table.write("a", at(0), 1)
    follower = Follower(table)
    follower.catch_up()
    table.write("a", at(0), 2)
    table.sleep(30)
    follower.catch_up()
    assert follower.stored == {"a": 2}


def test_what_is_incomplete_comes_again() -> None:
    """A product without its vector is tried again until it has one."""
    table = Table()
    table.write("a", at(0), 1)
    follower = Follower(table)
    follower.step(complete=False)
    for _ in range(30):
        table.sleep(10)
        follower.step(complete=False)
    written = follower.written
    assert written > 20
    table.sleep(10)
    follower.step()
    table.sleep(100)
    follower.catch_up()
    assert follower.written == written + 1


def test_a_day_is_not_over_when_it_was_first_seen() -> None:
    """A column of days goes on finding changes of the same day."""
    table = Table()
    table.write("a", date(2026, 1, 1), 1)
    follower = Follower(table)
    for content in (2, 3):
        for _ in range(12):
            table.sleep(10)
            follower.catch_up()
        table.write("a", date(2026, 1, 1), content)
    table.sleep(10)
    follower.catch_up()
    assert follower.stored == {"a": 3}
