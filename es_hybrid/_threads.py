"""What all threads of ours have in common: they answer a future, and hold up nobody's Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context
from typing import TypeVar

R = TypeVar("R")


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
