"""A proxy before a node that cuts every connection when told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class CuttingProxy:
    """Passes bytes between its clients and a node."""

    def __init__(self, node: str) -> None:
        parts = urlsplit(node)
        self._node = (parts.hostname or "", parts.port or 9200)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut every connection that is open."""
        with self._lock:
            doomed = list(self._open)
        for connection in doomed:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no further connections, and cut those that are open."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                node = socket.create_connection(self._node, timeout=10)
            except OSError:
                client.close()
                continue
            node.settimeout(None)
            with self._lock:
                self._open |= {client, node}
            for source, sink in ((client, node), (node, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            done = not {source, sink} <= self._open
            self._open -= {source, sink}
        if done:
            source.close()
            sink.close()


@contextmanager
def cutting_proxy(node: str) -> Iterator[CuttingProxy]:
    """Run a proxy before a node."""
    proxy = CuttingProxy(node)
    try:
        yield proxy
    finally:
        proxy.close()
