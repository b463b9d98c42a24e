"""Serve hybrid search over HTTP, with Elasticsearch's own API."""

from __future__ import annotations

import argparse

from es_hybrid.cli.connect import load_settings, shown_url
from es_hybrid.cli.output import Output
from es_hybrid.errors import missing_extra
from es_hybrid.settings import Settings

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "serve --port 9280"
INTERRUPTED = "the service has ended"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `serve` takes."""
    parser.set_defaults(streams=True)
    parser.add_argument("--host", metavar="HOST", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, metavar="N", help="port; 0 takes a free one (default: 9280)"
    )
    parser.add_argument(
        "--allow-writes", action="store_true", default=None, help="pass writes on to Elasticsearch"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    out = Output.of(args)
    try:
        from es_hybrid.serve import serve  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise missing_extra(error, user="the HTTP service", extra="serve") from error
    settings = _with(load_settings(args), host=args.host, port=args.port, writes=args.allow_writes)

    def started(url: str) -> None:
        behind = shown_url(settings.es_url or "")
        if out.json:
            out.event({"url": url, "elasticsearch": behind})
        else:
            out.line(f"{url} answers as Elasticsearch at {behind}; Ctrl-C ends it")

    return serve(settings, on_start=started)


def _with(
    settings: Settings, *, host: str | None, port: int | None, writes: bool | None
) -> Settings:
    given = {"host": host, "port": port, "allow_writes": writes}
    changed = {name: value for name, value in given.items() if value is not None}
    values = settings.serve.model_dump() | changed
    return settings.model_copy(update={"serve": type(settings.serve)(**values)})
