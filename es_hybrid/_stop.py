"""Asking something that runs for long to stop, as the named pair `AsyncStop` and `Stop`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from queue import Empty, SimpleQueue


class AsyncStop:
    """Asks something that runs for long to stop when it is done with what it has begun.

    Example:
        stop = AsyncStop()
        stopped = await stop.wait(timeout_s=5.0)
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether it was asked."""
        return self._event.is_set()

    def ask(self) -> None:
        """Ask; from the event loop's own thread, or a signal handler of the loop.

        Example:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.ask)
        """
        self._event.set()

    async def wait(self, *, timeout_s: float) -> bool:
        """Wait until it is asked, at most so many seconds, and say whether it was.

        Example:
            stopped = await stop.wait(timeout_s=5.0)
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        return self.asked


class Stop:
    """The same for threads; `ask` may be called in any thread and in a signal handler.

    Example:
        >>> Stop().wait(timeout_s=0.0)
        False
    """

    def __init__(self) -> None:
        # A handler may run while its own thread waits; `SimpleQueue.put` is made for that, an
        # event's lock is not.
        self._asks: SimpleQueue[None] = SimpleQueue()
        self._asked = False

    @property
    def asked(self) -> bool:
        """Whether it was asked."""
        return self._asked

    def ask(self) -> None:
        """Ask.

        Example:
            >>> stop = Stop()
            >>> stop.ask()
            >>> stop.asked
            True
        """
        self._asked = True
        self._asks.put(None)

    def wait(self, *, timeout_s: float) -> bool:
        """Wait until it is asked, at most so many seconds, and say whether it was.

        Example:
            >>> Stop().wait(timeout_s=0.0)
            False
        """
        if not self._asked and timeout_s > 0:
            with suppress(Empty):
                self._asks.get(timeout=timeout_s)
        return self._asked
