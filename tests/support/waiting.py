"""Waiting for what happens in threads, processes and servers, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

from es_hybrid._concurrency import async_sleep, sleep

WITHIN_S = 60.0
"""What has not happened by then does not happen."""

IN_TIME_S = 30.0
"""A busy machine pauses a process for seconds; what the servers here hold, they hold for minutes.
Whoever was let go within this time did not wait for them."""


async def async_until(happened: Callable[[], object]) -> None:
    """Wait until `happened()` is true."""
    ends_s = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < ends_s, "it did not happen"
        await async_sleep(0.005)


def until(happened: Callable[[], object]) -> None:
    """Wait until `happened()` is true."""
    ends_s = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < ends_s, "it did not happen"
        sleep(0.005)
