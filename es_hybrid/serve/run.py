"""Runs the service until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient
from es_hybrid.errors import ConfigurationError
from es_hybrid.serve.app import create_app
from es_hybrid.serve.gate import Gate
from es_hybrid.settings import Settings

__all__ = ["serve"]

_KEEP_ALIVE_S = 75
"""Longer than any client keeps an idle connection, so that none is closed as it is used again."""


def serve(settings: Settings, *, on_start: Callable[[str], None] = lambda _url: None) -> int:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    A signal ends readiness at once; requests are answered for `drain_s` more seconds, in which a
    load balancer notices. A second signal, or Ctrl-C, ends
    that wait.

    Args:
        settings: Elasticsearch's address, the models, the service.
        on_start: Told the address once it answers.

    Returns:
        0 after SIGTERM, 1 where the address is taken.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; the service has ended all the same.
        ConfigurationError: There is no Elasticsearch address.

    Example:
        code = serve(Settings(), on_start=print)
    """
    if not settings.es_url:
        raise ConfigurationError(
            "no Elasticsearch address is set", hint="set ES_HYBRID_ES_URL or pass --es-url"
        )
    gate = Gate()
    app = create_app(_open_shop(settings.es_url, settings), gate=gate)
    config = uvicorn.Config(
        app,
        host=settings.serve.host,
        port=settings.serve.port,
        access_log=False,  # its lines hold what shoppers typed
        log_level="warning",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(settings.serve.grace_s)),
    )
    server = _DrainingServer(config, gate=gate, drain_s=settings.serve.drain_s, on_start=on_start)
    try:
        server.run()
    except SystemExit:
        return 1  # uvicorn has said why
    if server.interrupted:
        raise KeyboardInterrupt
    return 0


@asynccontextmanager
async def _open_shop(url: str, settings: Settings) -> AsyncIterator[AsyncHybridClient]:
    # Without credentials: each caller brings its own.
    async with (
        AsyncElasticsearch(url) as es,
        AsyncHybridClient(es, settings=settings) as shop,
    ):
        yield shop


class _DrainingServer(uvicorn.Server):
    """Goes on answering for a while after the signal to stop."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        gate: Gate,
        drain_s: float,
        on_start: Callable[[str], None],
    ) -> None:
        super().__init__(config)
        self._gate = gate
        self._drain_s = drain_s
        self._on_start = on_start
        self.interrupted = False

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, and say where."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._on_start(f"http://{f'[{host}]' if ':' in host else host}:{port}")

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Begin to drain; the second signal ends it, the third cuts off what is under way."""
        self.interrupted |= sig == signal.SIGINT
        if self.should_exit:
            self.force_exit = True
        elif self._gate.draining or sig == signal.SIGINT:
            self.should_exit = True
        else:
            self._gate.draining = True
            # A handler interrupts whatever the loop does, and must wake it.
            self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_s, self._end)

    def _end(self) -> None:
        self.should_exit = True
