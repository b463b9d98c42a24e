"""A proxy on the loopback interface that counts what goes through it, HTTP headers included."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(slots=True)
class Counter:
    """Bytes since the start.

    Attributes:
        url: Where clients connect.
        sent: From the clients to Elasticsearch.
        received: The other way.
    """

    url: str
    sent: int = 0
    received: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int, *, towards_server: bool) -> None:
        """Count some bytes."""
        with self.lock:
            if towards_server:
                self.sent += count
            else:
                self.received += count


@contextmanager
def counted(url: str) -> Iterator[Counter]:
    """Run a proxy in front of a plain-HTTP Elasticsearch."""
    target = urlsplit(url)
    address = (target.hostname or "localhost", target.port or 9200)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        counter = Counter(f"http://127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=_accept, args=(listener, address, counter), daemon=True).start()
        yield counter


def _accept(listener: socket.socket, address: tuple[str, int], counter: Counter) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return  # the listener is closed: the benchmark is over
        server = socket.create_connection(address)
        for source, target, upwards in ((client, server, True), (server, client, False)):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=_pump, args=(source, target, counter, upwards), daemon=True
            ).start()


def _pump(source: socket.socket, target: socket.socket, counter: Counter, upwards: bool) -> None:  # noqa: FBT001
    with suppress(OSError), source, target:
        while piece := source.recv(65536):
            target.sendall(piece)
            counter.add(len(piece), towards_server=upwards)
