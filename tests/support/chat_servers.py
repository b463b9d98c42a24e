"""A chat-completions server on a loopback port, with the answers that servers document."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self

from tests.support.loopback import LoopbackServer
from tests.support.waiting import WITHIN_S

Answer = Callable[[str, str], tuple[int, Any]]


def completion(content: str | None, *, prompt: int = 100, written: int = 20) -> dict[str, Any]:
    """Return an answer in the shape of OpenAI's API reference."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1741569952,
        "model": "judge-model",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
        },
    }


class ChatServer:
    """Answers `POST /v1/chat/completions` by a function of query and product.

    Attributes:
        requests: Header `authorization` and body of every request so far.
        most_in_flight: Most requests being answered at once.
    """

    def __init__(self, answer: Answer, *, together: int = 1) -> None:
        self.requests: list[tuple[str | None, Any]] = []
        self.most_in_flight = 0
        self._answer = answer
        self._in_flight = 0
        self._lock = threading.Lock()
        self._together = threading.Barrier(together) if together > 1 else None
        self._server = LoopbackServer(self._handler())

    @property
    def base_url(self) -> str:
        return f"{self._server.url}/v1"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, answer = server.reply(self.headers.get("authorization"), body)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        return Handler

    def reply(self, key: str | None, body: Any) -> tuple[int, Any]:
        with self._lock:
            self.requests.append((key, body))
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            if self._together is not None:
                self._together.wait(WITHIN_S)
            asked = body["messages"][-1]["content"]
            query, _, product = asked.partition("\n\nProduct: ")
            return self._answer(query.removeprefix("Query: "), product)
        finally:
            with self._lock:
                self._in_flight -= 1
