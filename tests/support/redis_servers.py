"""A real Redis on a free port of the loopback interface, that can be stopped and killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Self

import redis

from scripts.dev.node.places import free_port

MISSING = "the tests need a redis-server: install Debian's package redis-server, or put one on PATH"
WAIT_S = 60.0
_TRIES = 3
"""A port that was free may be taken by the time that the server asks for it."""


def is_installed() -> bool:
    """Say whether there is a Redis to start."""
    return shutil.which("redis-server") is not None


class RedisServer:
    """One server, without a file of its own.

    Attributes:
        url: Its address.
    """

    def __init__(self) -> None:
        self.url = ""
        self._folder = tempfile.TemporaryDirectory(prefix="es-hybrid-redis-")

    def __enter__(self) -> Self:
        if not any(self._starts_on(free_port()) for _ in range(_TRIES)):
            raise RuntimeError("redis-server did not start")
        return self

    def _starts_on(self, port: int) -> bool:
        self.url = f"redis://127.0.0.1:{port}/0"
        options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "")
        self._process = subprocess.Popen(
            ["redis-server", *options, "--appendonly", "no", "--dir", self._folder.name],
            stdout=subprocess.DEVNULL,
        )
        ends_s = time.monotonic() + WAIT_S
        while self._process.poll() is None and time.monotonic() < ends_s:
            if self._answers():
                return True
            time.sleep(0.01)
        self.kill()
        return False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def admin(self) -> redis.Redis:
        """Return a client that waits as long as it takes."""
        return redis.Redis.from_url(self.url)

    def stop(self) -> None:
        """Stop the process: connections stay, nothing is answered."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a stopped process go on; it answers what came meanwhile."""
        os.kill(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with self.admin() as client:
            try:
                # Another test's server may be the one that took the port.
                return bool(client.info("server")["process_id"] == self._process.pid)
            except redis.ConnectionError:
                return False
