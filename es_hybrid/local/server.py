"""Serve the embedded models: `python -m es_hybrid.local.server --port 8900`.

It speaks the formats of the servers that a shop will run later (`/v1/embeddings` as SGLang, the
rerank paths as vLLM or Xinference), so moving to those is a change of address.
"""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from es_hybrid.errors import ConfigurationError, missing_extra
from es_hybrid.local.formats import Dialect
from es_hybrid.local.model import StaticModel

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["create_app", "main"]

BODY_LIMIT_BYTES = 16 * 1024 * 1024
# Longer than any client keeps an idle connection, so that none is closed as it is used again.
_KEEP_ALIVE_S = 75


def create_app(
    *,
    api_key: str | None = None,
    dialect: Dialect = Dialect.AUTO,
    body_limit_bytes: int = BODY_LIMIT_BYTES,
    model: StaticModel | None = None,
) -> Starlette:
    """Build the server as an ASGI application.

    Args:
        api_key: Bearer key asked on every path but `/health`; `None` asks for none.
        dialect: Whose rerank format is spoken.
        body_limit_bytes: Larger bodies are answered with 413.
        model: Loaded weights to share; read from the installed package when `None`.

    Raises:
        ConfigurationError: The extra `local` is not installed.

    Example:
        >>> [route.path for route in create_app().routes][:2]
        ['/health', '/v1/models']
    """
    try:
        from es_hybrid.local.app import build_app  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise missing_extra(error, user="an embedded model", extra="local") from error
    return build_app(
        api_key=api_key,
        dialect=dialect,
        body_limit_bytes=body_limit_bytes,
        model=model or StaticModel.load(),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Returns:
        Exit code: 0 after a signal, 1 when the address is taken, 2 when a package is missing.
    """
    args = _parser().parse_args(argv)
    try:
        import uvicorn  # noqa: PLC0415 (an extra)

        app = create_app(api_key=args.api_key, dialect=args.dialect)
    except ImportError as error:
        return _refuse(missing_extra(error, user="an embedded model", extra="local"))
    except ConfigurationError as error:
        return _refuse(error)
    config = uvicorn.Config(
        app,
        host=args.host,
        port=args.port,
        log_level=args.log_level,
        access_log=args.log_level == "info",
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    # uvicorn finishes its work, puts these back and raises the signal once more.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _leave)
    listening = config.bind_socket()
    # Accepted connections inherit it. Without it an answer's body waits 40 ms for the client to
    # acknowledge its head; asyncio does not set it on sockets made as uvicorn makes this one.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.listen(config.backlog)  # from here on a caller waits instead of being refused
    sys.stdout.write(f"local models at http://{args.host}:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _refuse(error: ConfigurationError) -> int:
    sys.stderr.write(f"{error}\n")
    return 2


def _leave(signum: int, frame: object) -> NoReturn:
    del signum, frame
    raise SystemExit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m es_hybrid.local.server",
        description="Serve the embedded embedder and reranker over HTTP.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8900, help="0 takes a free one (%(default)s)")
    parser.add_argument("--api-key", help="bearer key asked on every path but /health")
    parser.add_argument(
        "--dialect",
        type=Dialect,
        choices=list(Dialect),
        default=Dialect.AUTO,
        help="rerank format: auto goes by the request's fields (%(default)s)",
    )
    parser.add_argument(
        "--log-level", choices=["error", "warning", "info"], default="warning", help="(%(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
