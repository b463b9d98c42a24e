"""Lets callers that ask for the same thing at the same time share one call, as a named pair.

Each caller waits no longer than its own time. One that joined a call which then ran out of time
while its own is not over makes, or joins, another: who came late to a slow call does not fail
with it. Nothing is kept once a call has ended: this is no cache.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

_SHORTEST_S = 0.005
"""With less than this left, another call cannot succeed and is not begun."""
_GRACE_S = 0.01
"""What a call that keeps to its seconds by itself is given to say so."""


class AsyncFlights(Generic[K, R]):
    """Shares calls among tasks.

    A call runs in a task of its own, so that one caller's cancellation does not fail the others; it
    is cancelled with the last of them.

    Example:
        flights = AsyncFlights[str, Vectors]()
        rows = await flights.run("red shoe", ask, timeout_s=0.15)
    """

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[R]] = {}
        self._waiting: dict[asyncio.Task[R], int] = {}

    async def run(
        self, key: K, call: Callable[[float], Coroutine[Any, Any, R]], *, timeout_s: float
    ) -> R:
        """Return what `call` returns, or what a call under the same key is about to return.

        Args:
            key: Equal for callers that want the same.
            call: Takes the seconds it may use.
            timeout_s: Seconds that this caller waits.

        Raises:
            TimeoutError: The time is over.
            BaseException: Whatever the shared call raised, in every caller.
        """
        ends_s = time.monotonic() + timeout_s
        while True:
            left_s = ends_s - time.monotonic()
            task = self._tasks.get(key)
            leads = task is None or task.done()
            if task is None or task.done():
                task = self._tasks[key] = asyncio.create_task(call(left_s))
            try:
                return await self._wait(key, task, left_s + _GRACE_S if leads else left_s)
            except TimeoutError:
                if leads or ends_s - time.monotonic() < _SHORTEST_S:
                    raise

    async def _wait(self, key: K, task: asyncio.Task[R], timeout_s: float | None) -> R:
        self._waiting[task] = self._waiting.get(task, 0) + 1
        try:
            done, _ = await asyncio.wait([task], timeout=timeout_s)
            if not done:
                raise TimeoutError
            return task.result()
        finally:
            self._waiting[task] -= 1
            if not self._waiting[task]:
                await self._land(key, task)

    async def _land(self, key: K, task: asyncio.Task[R]) -> None:
        del self._waiting[task]
        if self._tasks.get(key) is task:
            del self._tasks[key]
        task.cancel()  # does nothing to one that has ended
        await asyncio.gather(task, return_exceptions=True)  # also marks a failure as seen


class _Flight(Future[R]):
    """One shared call of threads, and the one that follows if it runs out of time."""

    def __init__(self) -> None:
        super().__init__()
        self.next: _Flight[R] | None = None


class Flights(Generic[K, R]):
    """Shares calls among threads: the first one makes the call, the others wait for it.

    Example:
        >>> Flights[str, int]().run("shoe", lambda timeout_s: 4, timeout_s=1.0)
        4
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._futures: dict[K, _Flight[R]] = {}

    def run(self, key: K, call: Callable[[float], R], *, timeout_s: float) -> R:
        """Return what `call` returns, or what a call under the same key is about to return.

        The first caller's `call` must keep to its seconds by itself; see `AsyncFlights.run`.

        Raises:
            TimeoutError: The time is over.
            BaseException: Whatever the shared call raised, in every thread.
        """
        ends_s = time.monotonic() + timeout_s
        joined: _Flight[R] | None = None
        while True:
            left_s = ends_s - time.monotonic()
            joined, leads = self._join(key, after=joined)
            if leads:
                return self._lead(key, call, left_s)
            try:
                return joined.result(max(left_s, 0.0))
            except TimeoutError:
                if ends_s - time.monotonic() < _SHORTEST_S:
                    raise

    def _join(self, key: K, *, after: _Flight[R] | None) -> tuple[_Flight[R], bool]:
        """Return the call to wait for, and whether it is this caller's to make.

        Those that waited for one that ran out of time go on together, even where the next one has
        ended before a thread among them wakes.
        """
        with self._lock:
            found = None if after is None else after.next
            found = found or self._futures.get(key)
            leads = found is None
            if found is None:
                found = self._futures[key] = _Flight()
            if after is not None:
                after.next = found
            return found, leads

    def _lead(self, key: K, call: Callable[[float], R], timeout_s: float) -> R:
        try:
            result = call(timeout_s)
        except BaseException as error:
            self._land(key).set_exception(error)
            raise
        self._land(key).set_result(result)
        return result

    def _land(self, key: K) -> _Flight[R]:
        with self._lock:
            return self._futures.pop(key)
