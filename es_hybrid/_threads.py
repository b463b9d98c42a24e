"""What all threads of ours have in common: they answer a future, and hold up nobody's Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for_futures
from contextvars import Context
from typing import TypeVar

R = TypeVar("R")

_LOOK_UP_S = 0.5


def answer(future: Future[R], context: Context, call: Callable[[], R]) -> None:
    """Make a call in the caller's context, unless it was taken back; the outcome is the future's."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = context.run(call)
    except BaseException as error:  # noqa: BLE001 - it is the waiting caller's
        future.set_exception(error)
    else:
        future.set_result(result)


def first_ended(calls: Iterable[Future[R]], *, timeout_s: float) -> set[Future[R]]:
    """Wait until one of `calls` has ended; return those that have, none if the time is over.

    Ctrl-C in the moment before a thread begins to wait, or that reaches another thread, does not
    wake it: it is seen when this looks up again, which it does twice a second.

    Args:
        calls: At least one.
        timeout_s: Seconds at most.

    Example:
        >>> call: Future[int] = Future()
        >>> len(first_ended([call], timeout_s=0.0))
        0
    """
    waited_for, ends_s = set(calls), time.monotonic() + timeout_s
    while True:
        left_s = max(ends_s - time.monotonic(), 0.0)
        done = wait_for_futures(waited_for, min(left_s, _LOOK_UP_S), FIRST_COMPLETED).done
        if done or left_s <= _LOOK_UP_S:
            return done


def patience_s(usual_s: float, *, interrupted_s: float) -> float:
    """Return how long to wait for calls under way, in seconds.

    A thread cannot be interrupted, and what hangs in it may hang for a minute. Whoever pressed
    Ctrl-C does not wait for that: the threads are daemons and end with the process at the latest.

    Args:
        usual_s: Seconds otherwise.
        interrupted_s: Seconds where a `KeyboardInterrupt` is on its way out.

    Example:
        >>> patience_s(5.0, interrupted_s=0.5)
        5.0
    """
    error = sys.exception()
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return min(usual_s, interrupted_s)
        error = error.__context__  # a generator that is closed sees that first
    return usual_s
