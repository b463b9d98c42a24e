"""Know a process again, so that only what was started here is ever stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process, told apart from a later one that was given the same number."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """Identify a running process.

        Raises:
            ProcessLookupError: No such process is running.
        """
        started = start_time(pid)
        if started is None:
            raise ProcessLookupError(f"no process {pid} is running")
        return cls(pid=pid, started=started)

    @property
    def running(self) -> bool:
        """Whether this very process still runs."""
        return start_time(self.pid) == self.started


def start_time(pid: int) -> str | None:
    """Return when a process started, in the system's own words; None if it does not run."""
    if Path("/proc/self/stat").exists():
        return _start_time_from_proc(pid)
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return shown[1].strip() if len(shown) == 2 and not shown[0].startswith("Z") else None


def _start_time_from_proc(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the command's name may hold spaces and brackets
    state, started = fields[0], fields[19]
    return None if state in "ZX" else started  # a zombie has ended; its parent has yet to look


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that a process runs as."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    log: Path,
    account: Account | None = None,
) -> ProcessId:
    """Start a process that outlives this one, in a process group of its own.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        environ: The whole of its environment.
        log: The file to which its words are added.
        account: Who runs it; None for the present user.

    Raises:
        ProcessLookupError: It ended at once.
    """
    with log.open("ab") as words:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            umask=0o022,
        )
    process.returncode = 0  # nobody waits for it here: it is known by its ProcessId from now on
    return ProcessId.of(process.pid)


def stop(process: ProcessId, *, grace_s: float = 20.0) -> bool:
    """Ask a process to end, and end its group if it has not within the grace.

    Args:
        process: A process that leads its own process group.
        grace_s: Seconds between the request and the end by force.

    Returns:
        False if this very process was not running, and nothing was done.

    Raises:
        PermissionError: The process belongs to another user.
    """
    if not process.running:
        return False
    os.kill(process.pid, signal.SIGTERM)
    if not _waited(lambda: not process.running, within_s=grace_s):
        kill(process, within_s=5.0)
    return True


def kill(process: ProcessId, *, within_s: float = 30.0) -> bool:
    """Kill a process and its whole group without warning, and wait until none of them runs.

    A server's launcher is the leader, and ends long before the server that it has started.

    Args:
        process: A process that leads its own process group.
        within_s: Seconds that are waited.

    Returns:
        Whether all of them have ended.

    Raises:
        ProcessLookupError: There is no such group.
    """
    os.killpg(process.pid, signal.SIGKILL)
    return _waited(lambda: not _group_runs(process.pid), within_s=within_s)


def _group_runs(leader: int) -> bool:
    if not Path("/proc/self/stat").exists():
        shown = subprocess.run(
            ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=False
        ).stdout
        rows = (line.split() for line in shown.splitlines())
        return any(row[0] == str(leader) and not row[1].startswith("Z") for row in rows)
    # Each thread by itself: those of a killed process do not end at the same time.
    for path in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        with suppress(OSError):  # one that has ended since
            state, _, group, *_ = path.read_text(errors="replace").rpartition(")")[2].split()
            if group == str(leader) and state not in "ZX":
                return True
    return False


def _waited(holds: Callable[[], bool], *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
