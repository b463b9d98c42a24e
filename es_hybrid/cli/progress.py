"""How far a long task is: a bar, or a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TextIO

__all__ = ["PlainProgress", "Progress", "SilentProgress", "bar", "plain"]

_EVERY_S = 5.0


class Progress(Protocol):
    """Is told how many are done."""

    def done(self, count: int) -> None:
        """Take note that so many are done by now."""
        ...


class SilentProgress:
    """Shows nothing."""

    def done(self, count: int) -> None:
        """Take no note."""


@dataclass(slots=True)
class PlainProgress:
    """Writes a line every few seconds, and none for a task that takes less."""

    label: str
    total: int | None
    stream: TextIO
    every_s: float = _EVERY_S
    last_s: float = field(default_factory=time.monotonic)

    def done(self, count: int) -> None:
        """Write a line, where the last one is long enough ago."""
        now_s = time.monotonic()
        if now_s - self.last_s < self.every_s:
            return
        self.last_s = now_s
        of = f" of {self.total:,}" if self.total else ""
        print(f"{self.label}: {count:,}{of}", file=self.stream, flush=True)


@contextmanager
def plain(label: str, total: int | None, stream: TextIO) -> Iterator[Progress]:
    """Show progress as plain lines."""
    yield PlainProgress(label, total, stream)


@contextmanager
def bar(label: str, total: int | None, stream: TextIO) -> Iterator[Progress]:
    """Show progress as a bar that goes away when it is done; needs rich."""
    from rich import progress as rich  # noqa: PLC0415 - an extra
    from rich.console import Console  # noqa: PLC0415

    columns = (
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
    )
    with rich.Progress(*columns, console=Console(file=stream), transient=True) as drawn:
        task = drawn.add_task(label, total=total)

        class _Bar:
            def done(self, count: int) -> None:
                drawn.update(task, completed=count)

        yield _Bar()
