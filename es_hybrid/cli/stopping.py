"""SIGTERM ends a command as Ctrl-C does, so that it leaves nothing half-done either."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

__all__ = ["Terminated", "exit_code", "stopped_by_sigterm"]


class Terminated(KeyboardInterrupt):
    """SIGTERM has come; whatever tidies up after Ctrl-C tidies up after this."""


def exit_code(stop: KeyboardInterrupt) -> int:
    """Return 128 and the signal's number, as a shell does: 130, or 143 for SIGTERM.

    Example:
        >>> exit_code(KeyboardInterrupt()), exit_code(Terminated())
        (130, 143)
    """
    return 128 + (signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Raise `Terminated` at SIGTERM; a program that has its own way with signals keeps it."""
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(_number: int, _frame: object) -> NoReturn:
    raise Terminated
