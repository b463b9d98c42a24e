"""A real PostgreSQL on a free port of the loopback interface, that can be stopped and killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from scripts.dev.node.places import free_port

MISSING = "the tests need a PostgreSQL: install Debian's package postgresql"
WAIT_S = 60.0
PASSWORD = "hunter2-secret"
_DEBIAN = Path("/usr/lib/postgresql")
_ACCOUNT = "nobody"
"""PostgreSQL refuses to run as root."""


def binaries() -> Path | None:
    """Return the folder of `initdb` and `postgres`, the newest one; Debian keeps it off the PATH."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parents[1].name))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class PostgresServer:
    """One server with a database of its own.

    Attributes:
        url: Its address for SQLAlchemy, with the password.
    """

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"postgresql+psycopg://shop:{PASSWORD}@127.0.0.1:{self._port}/postgres"
        self._folder = tempfile.TemporaryDirectory(prefix="es-hybrid-postgres-")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        folder = Path(self._folder.name)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, _ACCOUNT)
        bins = binaries()
        if bins is None:
            raise RuntimeError(MISSING)
        self._bins, self._data = bins, folder / "data"
        options = ["--username=shop", f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync"]
        subprocess.run(
            [str(bins / "initdb"), "--locale=C.UTF-8", *options, str(self._data)],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **self._account(),
        )
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def connect(self) -> psycopg.Connection:
        """Return a connection that commits each statement."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self._port,
            user="shop",
            password=PASSWORD,
            dbname="postgres",
            autocommit=True,
        )

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        options = ["-h", "127.0.0.1", "-p", str(self._port), "-k", "", "-F"]
        self._process = subprocess.Popen(
            [str(self._bins / "postgres"), "-D", str(self._data), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            **self._account(),
        )
        ends_s = time.monotonic() + WAIT_S
        while not self._answers():
            if time.monotonic() > ends_s or self._process.poll() is not None:
                raise RuntimeError("postgres did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process, breaking its connections; what was committed stays."""
        if self._process is not None:
            self._process.send_signal(2)  # fast shutdown
            self._process.wait(WAIT_S)
            self._process = None

    def _answers(self) -> bool:
        try:
            with self.connect() as connection:
                return connection.execute("select 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    @staticmethod
    def _account() -> dict[str, str | int]:
        return {"user": _ACCOUNT, "group": "nogroup"} if os.geteuid() == 0 else {}
