"""A server that remembers what it was asked, and answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeAlias

from elasticsearch import ApiError, Elasticsearch

from tests.support.loopback import LoopbackServer


@dataclass(frozen=True)
class Request:
    """One request, headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answerer: TypeAlias = Callable[[Request], tuple[int, Any]]
"""From a request to a status and a JSON body."""


def forward_to(es: Elasticsearch) -> Answerer:
    """Return what answers a request with the real cluster's answer."""

    def answer(request: Request) -> tuple[int, Any]:
        kind = "application/x-ndjson" if "_msearch" in request.path else "application/json"
        headers = {"accept": "application/json", "content-type": kind}
        body = request.body or None
        try:
            told = es.perform_request(request.method, request.path, headers=headers, body=body)
        except ApiError as error:
            return error.status_code, error.body
        return told.meta.status, told.body

    return answer


@contextmanager
def recording_server(answer: Answerer) -> Iterator[tuple[str, list[Request]]]:
    """Serve on a free port; yield the address and the list of requests so far."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            requests.append(request)
            status, body = answer(request)
            data = json.dumps(body).encode()
            self.send_response(status)
            # The client refuses to go on where the server does not say what it is.
            self.send_header("x-elastic-product", "Elasticsearch")
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_any  # noqa: N815 - the base's names

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    with LoopbackServer(Handler) as server:
        yield server.url, requests
