"""Waiting, bounding and sharing, as named pairs: `AsyncX` and `X`, `async_x` and `x`.

Here stands, written by hand, what the two flavours do differently; everything built on it is
written once, async, and `scripts/dev/unasync.py` makes the other half by dropping the prefix. No
task and no thread outlives the call, generator or block that started it, but for a thread that
hangs when Ctrl-C is pressed.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Hashable,
    Iterable,
    Iterator,
)
from concurrent.futures import Future
from contextlib import aclosing, asynccontextmanager, contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from es_hybrid._threads import answer, first_ended, patience_s

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)

_FOR_EVER_S = 1e9
_INTERRUPTED_S = 1.0
"""What calls under way, such as a write, are given to end where Ctrl-C was pressed."""

AsyncLock = asyncio.Lock
Lock = threading.Lock


async def async_sleep(seconds: float) -> None:
    """Let other tasks run for so many seconds; at most one turn of the loop when 0 or less."""
    await asyncio.sleep(seconds)


def sleep(seconds: float) -> None:
    """Block this thread for so many seconds; not at all when 0 or less."""
    time.sleep(max(seconds, 0.0))


async def async_blocking(call: Callable[[], R]) -> R:
    """Run what blocks, such as a database driver, in a thread, and return its result."""
    return await asyncio.to_thread(call)


def blocking(call: Callable[[], R]) -> R:
    """Run what blocks here: the caller waits anyway."""
    return call()


async def async_map_ordered(
    fn: Callable[[T], Coroutine[Any, Any, R]],
    items: AsyncIterable[T] | Iterable[T],
    *,
    limit: int,
) -> AsyncGenerator[R, None]:
    """Call `fn` on each item, at most `limit` at once, and yield results in input order.

    Items are read only as calls find room, so memory is bounded by `limit` however long the input.
    The next call starts before a result is yielded: calls go on while the caller works on it.

    Args:
        fn: Called once an item.
        items: Read lazily, from the task that iterates.
        limit: Calls in flight, at least 1.

    Yields:
        One result per item. Everything before the first failing item is yielded, then its exception
        is raised; the other calls are cancelled. Closing the generator cancels them too.

    Raises:
        ValueError: `limit` is below 1.

    Example:
        async with aclosing(async_map_ordered(embed, batches, limit=4)) as vectors:
            async for rows in vectors:
                ...
    """
    _require_room(limit)
    calls: deque[asyncio.Task[R]] = deque()
    try:
        async with aclosing(_each(items)) as source:
            async for item in source:
                if len(calls) < limit:
                    calls.append(asyncio.create_task(fn(item)))
                    continue
                result = await calls[0]
                calls.popleft()
                calls.append(asyncio.create_task(fn(item)))
                yield result
        while calls:
            result = await calls[0]
            calls.popleft()
            yield result
    finally:
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


def map_ordered(
    fn: Callable[[T], R], items: Iterable[T], *, limit: int
) -> Generator[R, None, None]:
    """Call `fn` on each item in at most `limit` threads, and yield results in input order.

    The same as `async_map_ordered`, with one difference: a running thread cannot be interrupted, so
    a failure and an early close wait for the calls in flight to end; after Ctrl-C they wait a
    second, and leave behind what hangs. Context variables are passed on to the threads.

    Args:
        fn: Called once an item.
        items: Read lazily, from the thread that iterates.
        limit: Calls in flight, at least 1.

    Yields:
        One result per item, up to the first failing item, whose exception is raised.

    Raises:
        ValueError: `limit` is below 1.

    Example:
        >>> list(map_ordered(str.upper, ["a", "b", "c"], limit=2))
        ['A', 'B', 'C']
    """
    _require_room(limit)
    calls: deque[tuple[Future[R], threading.Thread]] = deque()
    try:
        for item in items:
            if len(calls) < limit:
                calls.append(_begun(fn, item))
                continue
            result = _first_result(calls)
            calls.append(_begun(fn, item))
            yield result
        while calls:
            yield _first_result(calls)
    finally:
        ends_s = time.monotonic() + patience_s(_FOR_EVER_S, interrupted_s=_INTERRUPTED_S)
        for _, thread in calls:
            thread.join(max(ends_s - time.monotonic(), 0.0))


def _begun(fn: Callable[[T], R], item: T) -> tuple[Future[R], threading.Thread]:
    future: Future[R] = Future()
    arguments = (future, copy_context(), partial(fn, item))
    # Python waits for other threads when it ends, also for one that hangs after Ctrl-C.
    thread = threading.Thread(target=answer, args=arguments, name="es-hybrid-map", daemon=True)
    thread.start()
    return future, thread


def _first_result(calls: deque[tuple[Future[R], threading.Thread]]) -> R:
    """Wait for the first call; it stays among `calls` where that is interrupted, or it failed."""
    first, thread = calls[0]
    first_ended([first], timeout_s=_FOR_EVER_S)
    result = first.result()
    calls.popleft()
    thread.join()
    return result


class AsyncTurns:
    """Lets callers through while fewer than a limit are inside; the limit may change meanwhile.

    Whoever waits goes on waiting: this is for work that has to be done anyway.

    Example:
        turns = AsyncTurns()
        async with turns.turn(lambda: 2):
            ...
    """

    def __init__(self) -> None:
        self._inside = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def turn(self, limit: Callable[[], int]) -> AsyncIterator[None]:
        """Hold a place for the length of the block.

        Args:
            limit: Places in all; asked again whenever one becomes free.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._inside < limit())
            self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            async with self._changed:
                self._changed.notify_all()


class Turns:
    """Lets threads through while fewer than a limit are inside; see `AsyncTurns`.

    Example:
        >>> turns = Turns()
        >>> with turns.turn(lambda: 2):
        ...     pass
    """

    def __init__(self) -> None:
        self._inside = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, limit: Callable[[], int]) -> Iterator[None]:
        """Hold a place for the length of the block; see `AsyncTurns.turn`."""
        with self._changed:
            self._changed.wait_for(lambda: self._inside < limit())
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()


async def _each(items: AsyncIterable[T] | Iterable[T]) -> AsyncGenerator[T, None]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
        return
    for item in items:
        yield item


def _require_room(limit: int) -> None:
    if limit < 1:
        raise ValueError(f"limit is {limit}: at least one call must be allowed in flight")
