"""Whoever waits is woken by being asked to stop, also from within a signal handler."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

from es_hybrid._stop import AsyncStop, Stop


def test_a_signal_handler_wakes_its_own_thread() -> None:
    """A handler that asks while its thread waits neither hangs nor is waited out."""
    stop = Stop()
    before = signal.signal(signal.SIGUSR1, lambda *_: stop.ask())
    try:
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        started = time.monotonic()
        assert stop.wait(timeout_s=30.0)
        assert time.monotonic() - started < 20.0
        assert stop.wait(timeout_s=30.0), "once asked, it stays asked"
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)


async def test_a_task_is_woken() -> None:
    """The same for tasks; without being asked, waiting ends with its time."""
    stop = AsyncStop()
    assert not await stop.wait(timeout_s=0.01)
    asyncio.get_running_loop().call_later(0.01, stop.ask)
    assert await stop.wait(timeout_s=30.0)
    assert stop.asked
