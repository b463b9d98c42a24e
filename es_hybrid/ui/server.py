"""Serves the pages until it is stopped."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from es_hybrid.errors import missing_extra

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["serve"]

_GRACE_S = 2


def serve(app: ASGIApp, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        app: As `create_app` returns it.
        host: Address to listen on.
        port: 0 takes a free one.
        ready: Told the address once callers are answered or wait, and are not refused.

    Raises:
        OSError: The address cannot be listened on.
        KeyboardInterrupt: Ctrl-C was pressed.
        ConfigurationError: The extra `ui` is not installed.
    """
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise missing_extra(error, user="the playground", extra="ui") from error
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.create_server((host, port), family=family)) as listening:
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listening.getsockname()[1]}/")
        sys.stdout.flush()
        # A browser keeps a connection open to be told of results; it must not hold up the end.
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_GRACE_S)
        uvicorn.Server(config).run(sockets=[listening])
