"""Callers that share a call: one call, each with its own time."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from es_hybrid._concurrency import map_ordered
from es_hybrid._flights import AsyncFlights, Flights
from tests.support.waiting import until

WAIT_S = 60.0


async def test_tasks_share_one_call_and_nothing_is_kept() -> None:
    """Callers at the same time get one call's result; a later one calls again."""
    flights = AsyncFlights[str, int]()
    calls: list[float] = []

    async def call(timeout_s: float) -> int:
        calls.append(timeout_s)
        await asyncio.sleep(0)
        return len(calls)

    runs = (flights.run("shoe", call, timeout_s=WAIT_S) for _ in range(5))
    assert await asyncio.gather(*runs) == [1] * 5
    assert await flights.run("shoe", call, timeout_s=WAIT_S / 2) == 2
    assert WAIT_S / 2 < calls[0] <= WAIT_S
    assert 0.0 < calls[1] <= WAIT_S / 2
    await asyncio.gather(*(flights.run(key, call, timeout_s=WAIT_S) for key in ("a", "b")))
    assert len(calls) == 4
    assert (flights._tasks, flights._waiting) == ({}, {})


async def test_a_tasks_call_that_has_ended_is_not_shared() -> None:
    """Who asks after the call has ended, even before its callers woke up, gets a call of its own."""
    flights = AsyncFlights[str, int]()
    late: list[asyncio.Task[int]] = []

    async def second(_: float) -> int:
        return 2

    async def first(_: float) -> int:
        def ask() -> None:
            late.append(asyncio.create_task(flights.run("k", second, timeout_s=WAIT_S)))

        asyncio.get_running_loop().call_soon(ask)
        return 1

    assert await flights.run("k", first, timeout_s=WAIT_S) == 1
    assert await late[0] == 2


async def test_tasks_share_an_error_and_forget_it() -> None:
    """Every waiting caller sees the failure; the next call is a fresh try."""
    flights = AsyncFlights[str, int]()

    async def fail(_: float) -> int:
        await asyncio.sleep(0)
        raise LookupError("down")

    async def work(_: float) -> int:
        return 1

    runs = (flights.run("k", fail, timeout_s=WAIT_S) for _ in range(3))
    errors = await asyncio.gather(*runs, return_exceptions=True)
    assert [type(error) for error in errors] == [LookupError] * 3
    assert await flights.run("k", work, timeout_s=WAIT_S) == 1


async def test_a_call_goes_on_as_long_as_a_task_waits_for_it() -> None:
    """One caller's cancellation or deadline is its own; with the last the call is cancelled."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, c: complaints.append(c))
    flights = AsyncFlights[str, int]()
    begun, release, stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def call(_: float) -> int:
        begun.set()
        try:
            await release.wait()
        except asyncio.CancelledError:
            stopped.set()
            raise LookupError("while stopping") from None
        return 7

    first, second = (
        asyncio.create_task(flights.run("k", call, timeout_s=WAIT_S)) for _ in range(2)
    )
    await begun.wait()
    with pytest.raises(TimeoutError):
        await flights.run("k", call, timeout_s=0.02)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    release.set()
    assert await second == 7
    release.clear()
    begun.clear()
    alone = asyncio.create_task(flights.run("k", call, timeout_s=WAIT_S))
    await begun.wait()
    alone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await alone
    assert stopped.is_set()
    gc.collect()
    assert complaints == []
    assert len(asyncio.all_tasks()) == 1


async def test_a_call_that_overstays_is_left() -> None:
    """The caller who made the call has a deadline too, if the call does not keep it."""
    flights = AsyncFlights[str, int]()

    async def hold(_: float) -> int:
        await asyncio.sleep(WAIT_S)
        return 1

    started = time.perf_counter()
    with pytest.raises(TimeoutError):
        await flights.run("k", hold, timeout_s=0.05)
    assert time.perf_counter() - started < WAIT_S / 2
    assert len(asyncio.all_tasks()) == 1


async def test_who_has_time_left_calls_again() -> None:
    """A caller that joined a call which ran out of its maker's time gets one with its own."""
    flights = AsyncFlights[str, float]()
    begun = asyncio.Event()

    async def slow(timeout_s: float) -> float:
        begun.set()
        await asyncio.sleep(timeout_s)
        raise TimeoutError

    async def quick(timeout_s: float) -> float:
        return timeout_s

    maker = asyncio.create_task(flights.run("k", slow, timeout_s=0.05))
    await begun.wait()
    assert 1.0 < await flights.run("k", quick, timeout_s=WAIT_S) <= WAIT_S
    with pytest.raises(TimeoutError):
        await maker


@contextlib.contextmanager
def released_when_waited_for(
    flights: Flights[str, int], release: threading.Event, *, by: int
) -> Iterator[None]:
    """Let a call go on when so many others wait for it."""

    def waited_for() -> bool:
        shared = flights._futures.get("k")
        # A thread that waits for a result holds a waiter of the future's condition.
        return shared is not None and len(shared._condition._waiters) == by  # type: ignore[attr-defined]

    def let_go() -> None:
        until(waited_for)
        release.set()

    watcher = threading.Thread(target=let_go)
    watcher.start()
    yield
    watcher.join(WAIT_S)


class Held:
    """A call that waits until it is released."""

    def __init__(self) -> None:
        self.inside, self.release = threading.Event(), threading.Event()
        self.calls = 0

    def __call__(self, timeout_s: float) -> int:
        self.calls += 1
        self.inside.set()
        if not self.release.wait(timeout_s):
            raise TimeoutError
        return self.calls


def test_threads_share_one_call_and_nothing_is_kept() -> None:
    """Threads at the same time get one call's result; a later one calls again."""
    flights, call = Flights[str, int](), Held()
    results = map_ordered(lambda _: flights.run("k", call, timeout_s=WAIT_S), range(4), limit=4)
    with closing(results), released_when_waited_for(flights, call.release, by=3):
        assert list(results) == [1] * 4
    assert flights.run("k", call, timeout_s=WAIT_S) == 2
    assert flights._futures == {}


def test_threads_share_an_error_and_forget_it() -> None:
    """A failing call fails every thread that waits for it, and is forgotten."""
    flights = Flights[str, int]()
    inside, release = threading.Event(), threading.Event()

    def fail(_: float) -> int:
        inside.set()
        release.wait(WAIT_S)
        raise LookupError("down")

    def run(_: int) -> str:
        try:
            flights.run("k", fail, timeout_s=WAIT_S)
        except LookupError as error:
            return str(error)
        return "no error"

    with released_when_waited_for(flights, release, by=1):
        assert list(map_ordered(run, range(2), limit=2)) == ["down", "down"]
    assert flights.run("k", lambda _: 3, timeout_s=WAIT_S) == 3


def test_threads_whose_call_ran_out_of_time_share_the_next() -> None:
    """The next call is one for all, even for a thread that wakes when it has ended."""
    flights, release = Flights[str, int](), threading.Event()
    calls: list[int] = []

    def call(_: float) -> int:
        calls.append(len(calls))
        if len(calls) == 1:
            release.wait(WAIT_S)
            raise TimeoutError
        return calls[-1]

    def run(_: int) -> int | None:
        try:
            return flights.run("k", call, timeout_s=WAIT_S)
        except TimeoutError:
            return None

    with released_when_waited_for(flights, release, by=11):
        answers = list(map_ordered(run, range(12), limit=12))
    assert sorted(answers, key=str) == [*[1] * 11, None]
    assert flights._futures == {}


def test_a_thread_waits_no_longer_than_its_own_time() -> None:
    """A hurried thread leaves a shared call; a patient one calls again after its maker gave up."""
    flights, call = Flights[str, int](), Held()

    def make() -> None:
        with contextlib.suppress(TimeoutError):
            flights.run("k", call, timeout_s=1.0)

    maker = threading.Thread(target=make)
    maker.start()
    assert call.inside.wait(WAIT_S)
    started = time.perf_counter()
    with pytest.raises(TimeoutError):
        flights.run("k", call, timeout_s=0.05)
    assert time.perf_counter() - started < WAIT_S / 2
    assert flights.run("k", lambda _: 9, timeout_s=WAIT_S) == 9
    assert time.perf_counter() - started > 0.1
    maker.join(WAIT_S)
