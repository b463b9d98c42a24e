"""Model servers in a process of their own, so that this one's CPU time is ours alone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

from tests.support.model_servers import FakeModelServer
from tests.support.stubborn_servers import HeaderDripServer


@dataclass(frozen=True)
class Servers:
    """Where the servers are, and how to tell them what goes wrong.

    Attributes:
        embed_url: OpenAI-style base URL.
        rerank_url: Full address.
        drip_url: A server whose headers never end.
    """

    embed_url: str
    rerank_url: str
    drip_url: str
    pipe: Connection

    def fail(self, **faults: Any) -> None:
        """Set what goes wrong from now on."""
        self.pipe.send(faults)
        self.pipe.recv()

    def asked(self) -> int:
        """Return the requests since this was asked last."""
        self.pipe.send("asked")
        count: int = self.pipe.recv()
        return count


@contextmanager
def servers(*, dims: int) -> Iterator[Servers]:
    """Start them; they end with the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, dims), daemon=True)
    process.start()
    try:
        embed_url, rerank_url, drip_url = ours.recv()
        yield Servers(embed_url, rerank_url, drip_url, ours)
    finally:
        ours.send("end")
        process.join()


def _serve(pipe: Connection, dims: int) -> None:
    ThreadingHTTPServer.request_queue_size = 256  # dozens connect at once
    with ExitStack() as stack:
        server = stack.enter_context(FakeModelServer("vllm", dims=dims))
        drip = stack.enter_context(HeaderDripServer())
        pipe.send((server.base_url, server.rerank_url, drip.url))
        seen = 0
        while (message := pipe.recv()) != "end":
            if message == "asked":
                pipe.send(server.count - seen)
                seen = server.count
                continue
            server.fail()
            server.release()
            server.fail(**message)
            pipe.send(None)
