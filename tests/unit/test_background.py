"""Calls beside the caller's: left in time, with nothing of them left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from concurrent.futures import CancelledError
from contextvars import ContextVar
from typing import Any

import pytest

from es_hybrid._background import AsyncBackground, Background, Running, async_first_done, first_done
from tests.support.waiting import until

WAIT_S = 60.0


def names() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "es-hybrid-background"]


def test_a_thread_is_used_again_and_ends_when_idle() -> None:
    """One call after the other takes one thread, which ends by itself after its idle time."""
    background = Background(idle_s=WAIT_S)
    threads = set()
    for _ in range(20):
        threads.add(background.within(WAIT_S, threading.get_ident))
        until(lambda: background._idle)  # it gives an answer before it is free again
    assert len(threads) == 1
    background.close()
    assert names() == []
    hasty = Background(idle_s=0.05)
    hasty.within(WAIT_S, threading.current_thread).join(WAIT_S)
    assert names() == []
    assert hasty.within(WAIT_S, lambda: 7) == 7
    hasty.close()
    assert names() == []


def test_a_caller_leaves_in_time_and_the_call_ends_by_itself() -> None:
    """The time is over for the caller only; another call has a thread of its own meanwhile."""
    background = Background()
    release, ended = threading.Event(), threading.Event()

    def hold() -> None:
        release.wait(WAIT_S)
        ended.set()

    started = time.perf_counter()
    with pytest.raises(TimeoutError):
        background.within(0.05, hold)
    assert time.perf_counter() - started < WAIT_S / 2
    assert background.within(WAIT_S, lambda: "other") == "other"
    release.set()
    assert ended.wait(WAIT_S)
    background.close()
    assert names() == []


def test_a_thread_has_the_callers_context_and_gives_back_its_error() -> None:
    """Context variables, as tracing uses them, are there; errors come out as they are."""
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    variable.set("mine")
    background = Background()

    def fail() -> None:
        raise LookupError("down")

    assert background.within(WAIT_S, variable.get) == "mine"
    with pytest.raises(LookupError, match="down"):
        background.within(WAIT_S, fail)
    background.close()


def test_threads_are_bounded_and_what_was_left_unbegun_is_not_begun() -> None:
    """With every thread busy a call waits for one; left before that, it never runs."""
    background = Background(limit=1)
    release, ran = threading.Event(), threading.Event()
    first = background.start(lambda: release.wait(WAIT_S))
    with pytest.raises(TimeoutError):
        background.within(0.02, ran.set)
    last = background.start(lambda: "last")
    both: list[Running[Any]] = [first, last]
    assert first_done(both, timeout_s=0.01) == set()
    release.set()
    assert last.result(WAIT_S) == "last"
    assert not ran.is_set()
    background.close()


def test_closed_is_closed() -> None:
    """Closing waits for calls under way, as long as it is told; after that, none is taken."""
    background = Background(leave_s=0.05)
    release = threading.Event()
    held = background.start(lambda: release.wait(WAIT_S))
    started = time.perf_counter()
    background.close()
    assert 0.04 < time.perf_counter() - started < WAIT_S / 2
    with pytest.raises(RuntimeError, match="closed"):
        background.start(lambda: None)
    release.set()
    assert held.result(WAIT_S)
    background.close()
    for thread in threading.enumerate():
        if thread.name == "es-hybrid-background":
            thread.join(WAIT_S)
    assert names() == []


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """A server that forks after its first search answers in every child."""
    background = Background()
    assert background.within(WAIT_S, lambda: 1) == 1
    child = os.fork()
    if not child:
        try:
            os._exit(background.within(WAIT_S, lambda: 7))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    background.close()


def test_the_first_of_two_is_enough() -> None:
    """Who waits for two calls goes on with the first; the other may be cancelled or left."""
    background = Background()
    release = threading.Event()
    slow, quick = background.start(release.wait), background.start(lambda: "quick")
    both: list[Running[Any]] = [slow, quick]
    assert first_done(both, timeout_s=WAIT_S) == {quick}
    assert not slow.cancel()  # it has begun: a thread cannot be interrupted
    release.set()
    background.close()


async def test_async_calls_are_left_and_cancelled() -> None:
    """A task that is left in time, or at closing, is cancelled; its failure is nobody's complaint."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, c: complaints.append(c))
    background = AsyncBackground()
    with pytest.raises(TimeoutError):
        await background.within(0.02, lambda: asyncio.sleep(WAIT_S))
    assert await background.within(WAIT_S, lambda: asyncio.sleep(0, "quick")) == "quick"

    async def fail() -> None:
        raise LookupError("nobody asks")

    failing, held = background.start(fail), background.start(lambda: asyncio.sleep(WAIT_S))
    assert await async_first_done([failing, held], timeout_s=WAIT_S) == {failing}
    assert await async_first_done([held], timeout_s=0.0) == set()
    await background.aclose()
    assert held.cancelled()
    assert len(asyncio.all_tasks()) == 1
    del failing
    gc.collect()
    assert complaints == []


def test_cancelled_before_it_began_is_cancelled() -> None:
    """A call that waits for a thread can be taken back."""
    background = Background(limit=1)
    release = threading.Event()
    background.start(release.wait)
    second = background.start(lambda: "never")
    assert second.cancel()
    release.set()
    with pytest.raises(CancelledError):
        second.result(WAIT_S)
    background.close()
