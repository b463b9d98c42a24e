"""Runs calls beside the caller's own, as a named pair: `AsyncBackground` and `Background`.

What a caller must be able to leave behind runs here: a model call whose deadline holds whatever the
server does, a hedged second request, a batch that belongs to several callers. A task is cancelled
when it is left; a thread cannot be interrupted, so the one that was left ends by itself, at its own
timeout or when its connection is closed, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any, TypeAlias, TypeVar

from es_hybrid._threads import answer, first_ended, patience_s

A = TypeVar("A")
R = TypeVar("R")

_INTERRUPTED_S = 0.2
"""What calls under way are given to end where Ctrl-C was pressed."""

AsyncAsk: TypeAlias = Callable[[A, float], Coroutine[Any, Any, R]]
Ask: TypeAlias = Callable[[A, float], R]
"""A function of what to ask and the seconds it may take."""

AsyncRunning: TypeAlias = asyncio.Task
Running: TypeAlias = Future
"""A call under way: `done()`, then `exception()` or `result()`; `cancel()` leaves it."""


async def async_first_done(
    calls: Iterable[AsyncRunning[R]], *, timeout_s: float
) -> set[AsyncRunning[R]]:
    """Wait until one of `calls` has ended; return those that have, none if the time is over."""
    done, _ = await asyncio.wait(
        calls, timeout=max(timeout_s, 0.0), return_when=asyncio.FIRST_COMPLETED
    )
    return done


def first_done(calls: Iterable[Running[R]], *, timeout_s: float) -> set[Running[R]]:
    """Wait until one of `calls` has ended; return those that have, none if the time is over."""
    return first_ended(calls, timeout_s=timeout_s)


class AsyncBackground:
    """Tasks that are cancelled when they are left, and at the latest when this is closed.

    Attributes:
        merge_ms: How long calls are gathered where no setting says; an async server has many
            searches under way in one process.

    Example:
        background = AsyncBackground()
        answer = await background.within(0.15, lambda: client.get(key))
        await background.aclose()
    """

    merge_ms = 2.0

    def __init__(self) -> None:
        self._tasks: set[AsyncRunning[Any]] = set()

    def start(self, call: Callable[[], Coroutine[Any, Any, R]]) -> AsyncRunning[R]:
        """Begin a call and return at once."""
        task = asyncio.create_task(call())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def within(self, timeout_s: float, call: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Return what `call` returns, or leave it when the time is over.

        Raises:
            TimeoutError: It took longer.
        """
        async with asyncio.timeout(timeout_s):
            return await call()

    def _ended(self, task: AsyncRunning[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks a failure that nobody waits for as seen

    async def aclose(self) -> None:
        """Cancel what is under way, and wait until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Background:
    """Threads that are started when needed and end after some idle seconds.

    They are daemons: a call that was left behind must not keep the process from ending. A process
    that was forked starts its own. Context variables are passed on.

    Args:
        limit: Threads at most; a call that finds none free waits for one.
        idle_s: Seconds after which an idle thread ends.
        leave_s: Seconds that `close` waits for calls under way; hardly any after Ctrl-C.

    Attributes:
        merge_ms: How long calls are gathered where no setting says; a sync process that answers one
            search at a time would only wait.

    Example:
        >>> background = Background()
        >>> background.within(1.0, lambda: "answer")
        'answer'
        >>> background.close()
    """

    merge_ms = 0.0

    def __init__(self, *, limit: int = 128, idle_s: float = 5.0, leave_s: float = 5.0) -> None:
        self._limit = limit
        self._idle_s = idle_s
        self._leave_s = leave_s
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._jobs: deque[Callable[[], None]] = deque()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._closed = False

    def start(self, call: Callable[[], R]) -> Running[R]:
        """Begin a call and return at once.

        Raises:
            RuntimeError: This was closed.
        """
        if self._pid != os.getpid():
            self._begin()  # threads do not survive a fork
        future: Future[R] = Future()
        context = copy_context()
        with self._changed:
            if self._closed:
                raise RuntimeError("the client is closed")
            self._jobs.append(lambda: answer(future, context, call))
            if self._idle >= len(self._jobs):
                self._changed.notify()
            elif len(self._threads) < self._limit:
                thread = threading.Thread(
                    target=self._work, name="es-hybrid-background", daemon=True
                )
                self._threads.add(thread)
                thread.start()
        return future

    def within(self, timeout_s: float, call: Callable[[], R]) -> R:
        """Return what `call` returns, or leave it when the time is over.

        Raises:
            TimeoutError: It took longer.
        """
        future = self.start(call)
        try:
            return future.result(max(timeout_s, 0.0))
        finally:
            future.cancel()  # does nothing to one that has begun

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job()
            del job  # what it returned belongs to those who wait
        with self._changed:
            self._threads.discard(threading.current_thread())

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            self._idle += 1
            try:
                while not self._jobs:
                    if self._closed or not self._changed.wait(self._idle_s):
                        break
                return self._jobs.popleft() if self._jobs else None
            finally:
                self._idle -= 1

    def close(self) -> None:
        """End the threads; wait a while for calls under way.

        Close first what they wait for, such as their connections: that ends them.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            threads = self._threads - {threading.current_thread()}
        leave_s = patience_s(self._leave_s, interrupted_s=_INTERRUPTED_S)
        ends_s = time.monotonic() + leave_s
        for thread in threads:
            thread.join(max(ends_s - time.monotonic(), 0.0))
