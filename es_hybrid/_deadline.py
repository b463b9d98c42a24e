"""Ends a call in time, as a named pair.

The async one cancels the call, whatever it waits for. A blocked thread cannot be interrupted, so
the sync one leaves the limit to the call itself: its socket timeouts, and its own look at the clock
between two reads. A server that answers drop by drop can therefore hold it for longer; on the search
path `_background` leaves such a call behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

A = TypeVar("A")
R = TypeVar("R")

AsyncCall: TypeAlias = Callable[[A], Coroutine[Any, Any, R]]
Call: TypeAlias = Callable[[A], R]
"""A function of one argument that waits."""


async def async_within(timeout_s: float, call: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """Return what `call` returns, or cancel it when the time is over.

    Raises:
        TimeoutError: It took longer.
    """
    async with asyncio.timeout(timeout_s):
        return await call()


def within(timeout_s: float, call: Callable[[], R]) -> R:  # noqa: ARG001 - its twin's arguments
    """Return what `call` returns.

    Args:
        timeout_s: Seconds that `call` keeps to by itself.
        call: What to do.
    """
    return call()
