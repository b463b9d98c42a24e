"""Both halves of each named pair keep their promises: order, bounds, errors, nothing left behind."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from contextvars import ContextVar
from traceback import walk_stack

import pytest

from es_hybrid import _concurrency
from es_hybrid._concurrency import (
    AsyncLock,
    AsyncTurns,
    Lock,
    Turns,
    async_map_ordered,
    async_sleep,
    map_ordered,
    sleep,
)
from tests.support.waiting import until

WAIT_S = 60.0  # far above what a passing test needs; a failing one must not hang


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Every test ends with the threads it began with."""
    before = set(threading.enumerate())
    yield
    left = [t for t in set(threading.enumerate()) - before if t.name.startswith("es-hybrid")]
    assert left == []


def other_tasks() -> list[str]:
    return [t.get_name() for t in asyncio.all_tasks() if t is not asyncio.current_task()]


async def drain(results: AsyncIterator[int], into: list[int]) -> None:
    async for result in results:
        into.append(result)  # noqa: PERF401 - what came before a failure is kept


class Crowd:
    """Counts how many calls are inside at once."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def leave(self) -> None:
        with self._lock:
            self.inside -= 1


# --- ordered map -----------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
async def test_async_map_keeps_the_order_of_the_input(limit: int) -> None:
    """Results come in input order although later calls end sooner."""
    crowd = Crowd()

    async def slow_first(n: int) -> int:
        crowd.enter()
        for _ in range((20 - n) % 5):
            await asyncio.sleep(0)
        crowd.leave()
        return n * n

    results = [r async for r in async_map_ordered(slow_first, range(20), limit=limit)]
    assert results == [n * n for n in range(20)]
    assert crowd.most <= limit
    assert other_tasks() == []


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_map_keeps_the_order_of_the_input(limit: int) -> None:
    """Results come in input order, from at most `limit` threads at once."""
    crowd = Crowd()

    def call(n: int) -> int:
        crowd.enter()
        crowd.leave()
        return n * n

    assert list(map_ordered(call, range(50), limit=limit)) == [n * n for n in range(50)]
    assert crowd.most <= limit


async def test_async_map_ends_with_an_async_input() -> None:
    """An input that is itself async is read to its end."""

    async def three() -> AsyncIterator[int]:
        for n in range(3):
            yield n

    async def double(n: int) -> int:
        return 2 * n

    assert [r async for r in async_map_ordered(double, three(), limit=2)] == [0, 2, 4]


async def test_async_map_runs_limit_calls_at_once() -> None:
    """Three calls that wait for each other can only end when all three are in flight."""
    together = asyncio.Barrier(3)

    async def meet(n: int) -> int:
        await asyncio.wait_for(together.wait(), WAIT_S)
        return n

    assert [r async for r in async_map_ordered(meet, range(6), limit=3)] == list(range(6))


def test_map_runs_limit_calls_at_once() -> None:
    """Three threads that wait for each other can only end when all three run."""
    together = threading.Barrier(3, timeout=WAIT_S)

    def meet(n: int) -> int:
        together.wait()
        return n

    assert list(map_ordered(meet, range(6), limit=3)) == list(range(6))


async def test_async_map_reads_an_endless_input_lazily() -> None:
    """No more than `limit` items plus one are read ahead of the caller, from either iterable."""
    read = 0

    async def endless() -> AsyncIterator[int]:
        nonlocal read
        while True:
            read += 1
            yield read

    async def same(n: int) -> int:
        return n

    source = endless()
    async with aclosing(async_map_ordered(same, source, limit=4)) as results:
        taken = [await anext(results) for _ in range(10)]
    assert taken == list(range(1, 11))
    assert read <= 10 + 4
    assert other_tasks() == []


def test_map_reads_an_endless_input_lazily() -> None:
    """No more than `limit` items plus one are read ahead of the caller."""
    read = 0

    def endless() -> Iterator[int]:
        nonlocal read
        while True:
            read += 1
            yield read

    with closing(map_ordered(lambda n: n, endless(), limit=4)) as results:
        taken = [next(results) for _ in range(10)]
    assert taken == list(range(1, 11))
    assert read <= 10 + 4


async def test_async_map_raises_at_the_failing_item_and_cancels_the_rest() -> None:
    """What comes before the failure is yielded, its exception is raised, and nothing runs on."""
    begun: list[int] = []
    cancelled: list[int] = []
    ended: list[int] = []

    async def call(n: int) -> int:
        if n == 2:
            await asyncio.sleep(0)
            raise LookupError("item 2")
        if n > 2:
            begun.append(n)
            try:
                await asyncio.Event().wait()
                ended.append(n)
            except asyncio.CancelledError:
                cancelled.append(n)
                raise
        return n

    seen: list[int] = []
    with pytest.raises(LookupError, match="item 2"):
        await drain(async_map_ordered(call, range(100), limit=4), seen)
    assert seen == [0, 1]
    assert cancelled == begun
    assert ended == []
    assert other_tasks() == []


def test_map_raises_at_the_failing_item() -> None:
    """What comes before the failure is yielded, and no call begins after it was noticed."""
    begun: list[int] = []

    def call(n: int) -> int:
        begun.append(n)
        if n == 2:
            raise LookupError("item 2")
        return n

    seen: list[int] = []
    with pytest.raises(LookupError, match="item 2"):
        seen.extend(map_ordered(call, range(100), limit=4))
    assert seen == [0, 1]
    assert max(begun) <= 5


async def test_async_map_passes_on_a_failing_input() -> None:
    """An exception of the input itself ends the map and cancels what is in flight."""

    def broken() -> Iterator[int]:
        yield 1
        raise OSError("disk")

    async def hang(_: int) -> None:
        await asyncio.Event().wait()

    with pytest.raises(OSError, match="disk"):
        await anext(async_map_ordered(hang, broken(), limit=4))
    assert other_tasks() == []


async def test_cancelling_the_caller_cancels_the_calls() -> None:
    """A cancelled ingest leaves no call in flight."""
    begun = asyncio.Event()

    async def hang(_: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def consume() -> None:
        async for _ in async_map_ordered(hang, range(10), limit=3):
            pass

    task = asyncio.create_task(consume())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert other_tasks() == []


def test_closing_the_map_waits_for_the_threads_in_flight() -> None:
    """Closing early returns only when no thread is left."""
    crowd = Crowd()
    release = threading.Event()

    def call(n: int) -> int:
        crowd.enter()
        if n:
            release.wait(WAIT_S)
        crowd.leave()
        return n

    results = map_ordered(call, range(100), limit=3)
    assert next(results) == 0
    threading.Timer(0.01, release.set).start()
    results.close()
    assert crowd.inside == 0


def test_ctrl_c_that_did_not_wake_the_map_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it reached another thread than the one that waits, the call under way is left behind."""
    monkeypatch.setattr(_concurrency, "_INTERRUPTED_S", 0.0)
    main_thread, release = threading.get_ident(), threading.Event()
    calls: list[threading.Thread] = []
    was_left: list[bool] = []

    def waits() -> bool:
        callers = walk_stack(sys._current_frames()[main_thread])
        inside = [frame.f_code for frame, _ in callers]
        begins = threading.Thread.start.__code__ in inside  # and waits until it has begun
        return inside[0] is threading.Condition.wait.__code__ and not begins

    def hang(_: int) -> None:
        calls.append(threading.current_thread())
        until(waits)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        was_left.append(release.wait(10.0))

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            next(map_ordered(hang, [1], limit=1))
    finally:
        signal.signal(signal.SIGINT, before)
        release.set()
        for call in calls:
            call.join()
    assert was_left == [True]


async def test_a_map_of_nothing_is_empty() -> None:
    """No item, no call, no thread, no task."""

    async def call(n: int) -> int:
        return n

    assert [r async for r in async_map_ordered(call, [], limit=2)] == []
    assert list(map_ordered(str, [], limit=2)) == []


async def test_a_limit_below_one_is_refused() -> None:
    """A bound that lets nothing through would hang; it is an error instead."""

    async def call(n: int) -> int:
        return n

    with pytest.raises(ValueError, match="limit is 0"):
        await anext(async_map_ordered(call, [1], limit=0))
    with pytest.raises(ValueError, match="limit is 0"):
        next(map_ordered(str, [1], limit=0))


def test_map_hands_context_variables_to_its_threads() -> None:
    """What the caller bound to its context, such as a trace id, reaches the threads."""
    trace = ContextVar("trace", default="none")
    token = trace.set("abc")
    try:
        assert list(map_ordered(lambda _: trace.get(), range(3), limit=2)) == ["abc"] * 3
    finally:
        trace.reset(token)


# --- single flight ---------------------------------------------------------------------------


async def test_sleeping_no_time_or_less_returns_at_once() -> None:
    """A delay computed as negative is no error in either flavour."""
    await async_sleep(-1)
    sleep(-1)


async def test_locks_exclude() -> None:
    """The pair of locks is one to hold while a value is replaced."""
    lock, twin = AsyncLock(), Lock()
    async with lock:
        assert lock.locked()
    with twin:
        assert twin.locked()


async def test_async_turns_follow_a_limit_that_changes() -> None:
    """Whoever waits enters as soon as there is room, and one who gives up leaves no gap."""
    turns, limit, inside, most = AsyncTurns(), 3, 0, 0

    async def work(number: int) -> int:
        nonlocal inside, most, limit
        async with turns.turn(lambda: limit):
            inside += 1
            most = max(most, inside)
            assert inside <= 3 if number < 15 else inside <= 1
            try:
                await asyncio.sleep(0)
            finally:
                inside -= 1
            if number == 9:
                limit = 1
        return number

    gone = asyncio.create_task(work(99))
    await asyncio.sleep(0)
    gone.cancel()
    assert await asyncio.gather(*map(work, range(20))) == list(range(20))
    assert (most, inside) == (3, 0)


def test_turns_hold_back_threads_until_one_leaves() -> None:
    """A thread that finds no room waits, and a block that fails gives its place back."""
    turns, inside, most = Turns(), 0, 0
    lock = threading.Lock()

    def work(number: int) -> int:
        nonlocal inside, most
        with turns.turn(lambda: 2):
            with lock:
                inside += 1
                most = max(most, inside)
            threading.Event().wait(0.001)
            with lock:
                inside -= 1
        return number

    with pytest.raises(LookupError), turns.turn(lambda: 1):
        raise LookupError
    with closing(map_ordered(work, range(40), limit=8)) as done:
        assert list(done) == list(range(40))
    assert most == 2
