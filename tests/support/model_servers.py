"""Model servers on a loopback port, faithful to the servers that shops run, down to their faults.

    with FakeModelServer("vllm") as server:
        client = RerankClient(RerankSettings(url=server.rerank_url))
        server.fail(status=503, times=1)

Real sockets, so that the tests do not care which HTTP library a client uses.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self

from tests.support.loopback import LoopbackServer
from tests.support.model_answers import (
    Model,
    Refusal,
    TemplateAt,
    answer_embeddings,
    answer_rerank,
    error_body,
)
from tests.support.model_faults import Faults, spoiled
from tests.support.model_profiles import PROFILES
from tests.support.waiting import WITHIN_S


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class FakeModelServer:
    """One model server on a free port of the loopback interface.

    Attributes:
        profile: A name in `PROFILES`.
        faults: What goes wrong; change it with `fail`.
        model: The only model name it knows.
        dims: Native length of its vectors.
        matryoshka: Whether it was launched to accept `dimensions`.
        template: Who must apply the Qwen3-Reranker prompt; `embedder`: launched as one by mistake.
        api_key: Wanted in the `Authorization` header, where set.
        ready: What `/health` says.
        together: How many requests must be under way before the first is answered.
        requests: Every POST so far.
        most_in_flight: Most requests being answered at once.
    """

    profile: str = "vllm"
    faults: Faults = field(default_factory=Faults)
    model: str = "fake-model"
    dims: int = 64
    matryoshka: bool = False
    template: TemplateAt = "none"
    api_key: str | None = None
    ready: bool = True
    together: int = 1
    requests: list[RecordedRequest] = field(default_factory=list, init=False)
    most_in_flight: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._another = threading.Condition(self._lock)
        self._released = threading.Event()
        self._in_flight = 0
        self._faulty = 0
        self._sockets: set[socket.socket] = set()
        self._server = LoopbackServer(_handler_class(self))
        self._server.daemon_threads = False  # an answer under way is one that is counted

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering, cut every connection and free the port."""
        self.release()
        self._server.shutdown()
        self.drop_connections()
        self._server.server_close()

    def drop_connections(self) -> None:
        """Cut open connections, as a server does with those that are idle too long."""
        with self._lock:
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Let hanging and dripping answers come to their end."""
        self._released.set()

    @property
    def root(self) -> str:
        """The address without a path."""
        return self._server.url

    @property
    def base_url(self) -> str:
        """What goes into `ES_HYBRID_EMBED__BASE_URL`."""
        paths = PROFILES[self.profile].embed_paths or ("/v1/embeddings",)
        return self.root + paths[0].removesuffix("/embeddings")

    @property
    def rerank_url(self) -> str:
        """What goes into `ES_HYBRID_RERANK__URL`."""
        paths = PROFILES[self.profile].rerank_paths
        return self.root + next((path for path in paths if path.startswith("/v1")), paths[0])

    @property
    def count(self) -> int:
        """Requests so far."""
        return len(self.requests)

    @property
    def last_input(self) -> list[str]:
        """The texts of the last embeddings request."""
        texts: list[str] = self.requests[-1].body["input"]
        return texts

    def faults_now(self) -> Faults:
        """Return what goes wrong with the next request."""
        with self._lock:
            self._faulty += 1
            faults = self.faults
            if faults.times is None or self._faulty <= faults.times:
                return faults
            return Faults()

    @contextlib.contextmanager
    def working(self, request: RecordedRequest) -> Iterator[None]:
        """Record a request and count it while it is being answered."""
        with self._lock:
            self.requests.append(request)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            self._another.notify_all()
            self._another.wait_for(lambda: self.most_in_flight >= self.together, WITHIN_S)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    @property
    def in_flight(self) -> int:
        """Requests being answered now."""
        return self._in_flight

    def wait(self, seconds: float | None) -> None:
        """Wait so long, or until `release`."""
        self._released.wait(seconds)

    def fail(self, **faults: Any) -> None:
        """Set what goes wrong from now on, by the names in `Faults`; nothing, if none is given."""
        with self._lock:
            self.faults = Faults(**faults)
            self._faulty = 0
            self._released.clear()

    def track(self, connection: socket.socket, *, is_open: bool) -> None:
        """Remember an open connection, so that it can be cut."""
        with self._lock:
            (self._sockets.add if is_open else self._sockets.discard)(connection)

    def answer(self, request: RecordedRequest, faults: Faults) -> tuple[int, bytes]:
        """Return status and body for a POST."""
        profile = PROFILES[self.profile]
        try:
            value = self._value(request, faults)
        except Refusal as refusal:
            if refusal.status == 401:
                body = profile.unauthorized
                return 401, b"" if body is None else json.dumps(body).encode()
            return refusal.status, json.dumps(error_body(profile, refusal)).encode()
        text = json.dumps(spoiled(value, faults))
        if faults.truncated:
            text = text[: len(text) // 2]
        return 200, text.encode()

    def _value(self, request: RecordedRequest, faults: Faults) -> Any:
        profile = PROFILES[self.profile]
        guarded = request.path.startswith(profile.guarded)
        wanted = f"Bearer {self.api_key}"
        if self.api_key and guarded and request.headers.get("authorization") != wanted:
            raise Refusal(401, "Unauthorized")
        if faults.overload and profile.overload is not None:
            raise Refusal(profile.overload, "Model is overloaded", "Overloaded")
        if faults.status is not None:
            quoted = f": {request.body}" if faults.echo else ""
            raise Refusal(faults.status, faults.message + quoted)
        model = Model(profile, self.model, self.dims, self.matryoshka, self.template)
        if request.path in profile.embed_paths:
            return answer_embeddings(model, request.body)
        if request.path in profile.rerank_paths:
            return answer_rerank(model, request.body)
        raise Refusal(404, "Not Found", "NotFoundError")

    def answer_get(self, path: str) -> tuple[int, Any]:
        """Return status and JSON value for a GET."""
        if path == "/health":
            return (200, {"status": "ok"}) if self.ready else (503, {"status": "loading"})
        if path == "/v1/models":
            return 200, {"object": "list", "data": [{"id": self.model, "object": "model"}]}
        if path == "/info" and self.profile == "tei":
            limit = PROFILES["tei"].max_items
            return 200, {"model_id": self.model, "max_client_batch_size": limit}
        return 404, {"detail": "Not Found"}


def _handler_class(fake: FakeModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body leave in one segment, flushed after each request

        def setup(self) -> None:
            super().setup()
            fake.track(self.connection, is_open=True)

        def finish(self) -> None:
            fake.track(self.connection, is_open=False)
            with contextlib.suppress(OSError):
                super().finish()

        def handle(self) -> None:
            with contextlib.suppress(OSError):  # the client has gone, or was sent away
                super().handle()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep the test's output clean."""

        def do_GET(self) -> None:
            status, value = fake.answer_get(self.path)
            self._send(status, json.dumps(value).encode(), Faults())

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = RecordedRequest("POST", self.path, headers, json.loads(content))
            faults = fake.faults_now()
            with fake.working(request):
                self._answer(request, faults)

        def _answer(self, request: RecordedRequest, faults: Faults) -> None:
            if faults.reset:
                self._reset()
                return
            if faults.busy_above is not None and fake.in_flight > faults.busy_above:
                faults = replace(faults, status=429, latency_s=0.0)
            if faults.hang:
                fake.wait(None)
            if faults.latency_s or faults.jitter_s:
                fake.wait(faults.latency_s + random.uniform(0, faults.jitter_s))
            if faults.html or faults.empty:
                self._send(200, b"<html>Please log in</html>" if faults.html else b"", faults)
                return
            self._send(*fake.answer(request, faults), faults)

        def _send(self, status: int, body: bytes, faults: Faults) -> None:
            if faults.drip_s:
                body = b" " * 20_000 + body  # means nothing in JSON, and takes minutes
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if faults.html else "application/json")
            self.send_header("Content-Length", str(len(body)))
            if faults.retry_after is not None and status != 200:
                self.send_header("Retry-After", faults.retry_after)
            self.end_headers()
            if not faults.drip_s:
                half = len(body) // 2 if faults.cut or faults.stall else len(body)
                self.wfile.write(body[:half])
                self.wfile.flush()
                if faults.stall:
                    fake.wait(None)
                self.close_connection = self.close_connection or half < len(body)
                return
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                self.wfile.flush()
                fake.wait(faults.drip_s)

        def _reset(self) -> None:
            # Lingering for 0 seconds makes close() send RST instead of FIN.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()

    return Handler
