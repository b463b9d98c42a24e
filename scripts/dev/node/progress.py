"""Say on stderr what is being waited for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Self, TextIO

_LINE_EVERY_S = 5.0
_REDRAW_EVERY_S = 0.2


def say(message: str) -> None:
    """Print one line on stderr, so that stdout holds only the answer."""
    print(message, file=sys.stderr, flush=True)


class Progress:
    """One line that tells how far a wait has come; silent for less than a second.

    A terminal sees the line redrawn; a log sees a new line every few seconds.

    Example:
        >>> with Progress("unpacking", total=2, unit="files") as progress:
        ...     progress.update(1)
    """

    def __init__(
        self,
        label: str,
        *,
        total: int | None = None,
        unit: str = "MB",
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label = label
        self._total = total
        self._unit = unit
        self._stream = stream or sys.stderr
        self._clock = clock
        self._redraws = self._stream.isatty()
        self._began = clock()
        self._next = self._began + 1.0
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._drawn and self._redraws:
            self._stream.write("\n")
            self._stream.flush()

    def update(self, done: int | None = None) -> None:
        """Show the line again if it is time to; `done` counts towards the total."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + (_REDRAW_EVERY_S if self._redraws else _LINE_EVERY_S)
        self._drawn = True
        line = self._line(done, elapsed_s=now - self._began)
        self._stream.write(f"\r\033[K{line}" if self._redraws else f"{line}\n")
        self._stream.flush()

    def _line(self, done: int | None, *, elapsed_s: float) -> str:
        seconds = f"{elapsed_s:.0f} s"
        if done is None:
            return f"{self._label} … {seconds}"
        if not self._total:
            return f"{self._label} … {done:,} {self._unit}, {seconds}"
        share = min(1.0, done / self._total)
        bar = "█" * round(20 * share) + "·" * (20 - round(20 * share))
        return f"{self._label} {bar} {share:4.0%} of {self._total:,} {self._unit}, {seconds}"
