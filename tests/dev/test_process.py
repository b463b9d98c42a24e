"""Only the very process that was started is ever stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.dev.node.process import ProcessId, kill, spawn, start_time, stop

_STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process of somebody else's."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        yield process
        process.kill()


def test_a_process_is_known_again(sleeper: subprocess.Popen[bytes]) -> None:
    """The same process is recognised as long as it runs."""
    known = ProcessId.of(sleeper.pid)
    assert known.running
    assert known == ProcessId.of(sleeper.pid)


def test_a_foreign_process_with_the_same_number_is_left_alone(
    sleeper: subprocess.Popen[bytes],
) -> None:
    """A process that was given the number of an ended one is not stopped."""
    ended_long_ago = ProcessId(pid=sleeper.pid, started="1")
    assert not ended_long_ago.running
    assert stop(ended_long_ago) is False
    assert sleeper.poll() is None


def test_stop_ends_the_process(sleeper: subprocess.Popen[bytes]) -> None:
    """A process that was recognised is asked to end."""
    assert stop(ProcessId.of(sleeper.pid)) is True
    assert sleeper.wait() == -signal.SIGTERM


def test_stop_ends_by_force_what_will_not_end() -> None:
    """Past the grace the whole group is ended."""
    command = [sys.executable, "-c", _STUBBORN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert stop(ProcessId.of(process.pid), grace_s=0.2) is True
        assert process.wait() == -signal.SIGKILL


def test_an_ended_process_does_not_run_though_nobody_has_looked() -> None:
    """A zombie counts as ended: some containers never reap."""
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert start_time(process.pid) is None
        with pytest.raises(ProcessLookupError):
            ProcessId.of(process.pid)


def test_spawned_process_gets_only_what_it_is_given(tmp_path: Path) -> None:
    """A spawned process has a clean environment, its folder, its log and its own group."""
    log = tmp_path / "log"
    script = 'echo "$GIVEN|$HOME|$PWD"; read -r line || echo no input; exec sleep 600'
    environ = {"GIVEN": "yes", "PATH": os.defpath}
    spawned = spawn(["sh", "-c", script], folder=tmp_path, environ=environ, log=log)
    try:
        assert os.getpgid(spawned.pid) == spawned.pid
        while "no input" not in log.read_text():
            assert spawned.running
        assert log.read_text().splitlines()[0] == f"yes||{tmp_path}"
    finally:
        assert stop(spawned) is True
    os.waitpid(spawned.pid, 0)


def test_a_killed_process_takes_its_group_along() -> None:
    """Nothing that it started runs any more once the call is back."""
    reading, writing = os.pipe()  # as long as a child runs, it holds the end that it inherited
    os.set_inheritable(writing, True)
    child = f"import os, time; os.write({writing}, b'x'); time.sleep(600)"
    program = (
        "import subprocess, sys;"
        f" subprocess.run([sys.executable, '-c', {child!r}], close_fds=False)"
    )
    command = [sys.executable, "-c", program]
    leader = subprocess.Popen(command, start_new_session=True, pass_fds=[writing])
    os.close(writing)
    try:
        assert os.read(reading, 1) == b"x"
        assert kill(ProcessId.of(leader.pid))
        assert os.read(reading, 1) == b""
    finally:
        os.close(reading)
        leader.wait()
