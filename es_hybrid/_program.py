"""The command `es-hybrid` before it has begun: Ctrl-C while Python still loads it shows no traceback.

Loading takes a second, and nothing of ours can be asked for before its end; so a signal handler
stands in until a command begins. A program that only imports es_hybrid keeps what it has.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

__all__ = ["begun", "loading"]


def loading() -> None:
    """Let Ctrl-C end the command with its usual line and exit code, from now until `begun`."""
    in_main = threading.current_thread() is threading.main_thread()
    if (
        _is_the_command()
        and in_main
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):
        signal.signal(signal.SIGINT, _stop)


def begun() -> None:
    """Let Ctrl-C be a `KeyboardInterrupt` again."""
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _is_the_command() -> bool:
    # While `python -m` looks for the module, that is the program's name.
    if sys.argv[:1] == ["-m"]:
        return ("-m", "es_hybrid") in zip(sys.orig_argv, sys.orig_argv[1:], strict=False)
    return bool(sys.argv) and Path(sys.argv[0]).name == "es-hybrid"


def _stop(number: int, _frame: object) -> NoReturn:
    os.write(2, b"stopped; nothing was changed\n")
    os._exit(128 + number)
