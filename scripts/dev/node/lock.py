"""One at a time, across processes."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.dev.node.progress import Progress


@contextmanager
def file_lock(path: Path, *, waiting_for: str) -> Iterator[None]:
    """Hold the lock of this file; whoever dies lets go of it.

    Args:
        path: A file that is made if it is missing and is never removed.
        waiting_for: Said while another process holds the lock.
    """
    with path.open("a") as file, Progress(f"waiting for {waiting_for}") as progress:
        while not _locked(file.fileno()):
            progress.update()
            time.sleep(0.1)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
