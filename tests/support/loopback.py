"""An HTTP server of a test's own, on a free port of this machine, and an address without one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@contextmanager
def nobody() -> Iterator[str]:
    """Yield an address where nobody listens, and where nobody else can begin to meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens, so that connections are refused
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


class LoopbackServer(ThreadingHTTPServer):
    """Answers in threads while its `with` block runs.

    Attributes:
        url: Its address, without a path.
    """

    daemon_threads = True  # a connection that a client keeps open holds nobody up

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()

    def shutdown(self) -> None:
        """Take no more connections."""
        super().shutdown()
        self._thread.join()
