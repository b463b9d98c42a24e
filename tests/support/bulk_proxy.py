"""A proxy before a real node that rejects chosen bulk items and whole requests, as a busy one does."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.support.loopback import LoopbackServer


class BulkProxy:
    """Passes everything on to a node, except what a test tells it not to.

    Attributes:
        reject: Called with an item's id and how often it came before; a status rejects the item.
        change: Called with path and content of any other answer; what it returns is answered.
        on_bulk: Called before a bulk request is passed on.
        statuses: Answers for the next bulk requests instead of the node's; 0 cuts the connection.
        gone: Whether every request is cut, as by a node that is not there any more.
        most_bytes: A larger bulk request gets a 413.
        most_at_once: A bulk request that comes while so many are under way gets a 429.
        bulks: The ids of each bulk request that came.
        refused: Numbers and statuses of bulk requests that got a 413 or a 429 for these limits.
        tries: How often each id came.
    """

    def __init__(self, node: str) -> None:
        self.node = urlsplit(node)
        self.reject: Callable[[str, int], int | None] = lambda _id, _before: None
        self.change: Callable[[str, bytes], bytes] = lambda _path, content: content
        self.on_bulk: Callable[[], None] = lambda: None
        self.statuses: deque[int] = deque()
        self.gone = False
        self.most_bytes: int | None = None
        self.most_at_once: int | None = None
        self.under_way = 0
        self.bulks: list[list[str]] = []
        self.refused: list[tuple[int, int]] = []
        self.tries: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.url = ""

    def pass_on(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        """Send a request to the node and return its answer."""
        connection = http.client.HTTPConnection(self.node.hostname or "", self.node.port)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            kept = ("content-type", "x-elastic-product")
            return (
                answer.status,
                answer.read(),
                {name: value for name, value in answer.getheaders() if name.lower() in kept},
            )
        finally:
            connection.close()

    def bulk(
        self, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        """Pass a bulk request on without the rejected items, and put them into the answer."""
        self.on_bulk()
        items = list(_items(body))
        ids = [next(iter(json.loads(lines[0]).values()))["_id"] for lines in items]
        with self.lock:
            self.bulks.append(ids)
            statuses = [self.reject(item, self.tries[item]) for item in ids]
            self.tries.update(ids)
            whole = self.statuses.popleft() if self.statuses else self._limited(len(body))
        if whole is not None:
            return whole, b'{"error": {"type": "told_to"}}', {"content-type": "application/json"}
        passed = [lines for lines, status in zip(items, statuses, strict=True) if status is None]
        answer: dict[str, Any] = {"items": []}
        kept = {"content-type": "application/json", "x-elastic-product": "Elasticsearch"}
        if passed:
            content = b"".join(line + b"\n" for lines in passed for line in lines)
            status, found, kept = self.pass_on("PUT", path, content, headers)
            if status != 200:
                return status, found, kept
            answer = json.loads(found)
        results = iter(answer["items"])
        answer["items"] = [
            next(results)
            if status is None
            else {"index": {"status": status, "error": {"type": "told_to", "reason": "busy"}}}
            for status in statuses
        ]
        return 200, json.dumps(answer).encode(), kept

    def _limited(self, size: int) -> int | None:
        """Return the status that the limits give a bulk request; the lock is held."""
        status = None
        if self.most_bytes is not None and size > self.most_bytes:
            status = 413
        elif self.most_at_once is not None and self.under_way > self.most_at_once:
            status = 429
        if status is not None:
            self.refused.append((len(self.bulks), status))
        return status


def _items(body: bytes) -> Iterator[list[bytes]]:
    """Yield the lines of each item; a delete has one."""
    lines = iter(body.split(b"\n")[:-1])
    for head in lines:
        yield [head] if head.startswith(b'{"delete"') else [head, next(lines)]


@contextmanager
def bulk_proxy(node: str) -> Iterator[BulkProxy]:
    """Run a proxy before a node on a free port of the loopback."""
    proxy = BulkProxy(node)

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() in ("accept", "content-type", "authorization")
            }
            if "/_bulk" in self.path:
                with proxy.lock:
                    proxy.under_way += 1
                status, content, kept = proxy.bulk(self.path, body, headers)
                with proxy.lock:
                    proxy.under_way -= 1
            else:
                status, content, kept = proxy.pass_on(self.command, self.path, body, headers)
                content = proxy.change(self.path, content)
            if status == 0 or proxy.gone:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in kept.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with LoopbackServer(Requests) as server:
        proxy.url = server.url
        yield proxy
