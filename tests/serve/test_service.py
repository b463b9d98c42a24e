"""What the service answers by itself, hands on, and refuses."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import httpx
import pytest

from es_hybrid import HybridClient
from es_hybrid.serve.gate import Gate
from tests.support.loopback import LoopbackServer
from tests.support.waiting import until

pytestmark = pytest.mark.es

QUERY = {"match": {"title": "running shoe"}}


def ids(answer: Any) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def test_parameters_of_the_url_win_over_the_body(
    service: str, http: httpx.Client, products_index: str, open_shop: Callable[..., HybridClient]
) -> None:
    """As in Elasticsearch: size, from, sources and filter_path may stand in the URL."""
    body = {"query": QUERY, "size": 9}
    url = f"{service}/{products_index}/_search"
    answer = http.post(url, json=body, params={"size": "3", "from": "2", "_source": "title,brand"})
    shop = open_shop()
    expected = shop.search(index=products_index, query=QUERY, size=3, from_=2)
    assert ids(answer.json()) == ids(expected)
    assert {*answer.json()["hits"]["hits"][0]["_source"]} == {"title", "brand"}
    short = http.get(url, params={"q": "title:shoe", "filter_path": "hits.total.value"}).json()
    assert short == {"hits": {"total": {"value": 18}}}


def test_what_is_not_understood_is_elasticsearchs_to_answer(
    service: str, http: httpx.Client, es_url: str, products_index: str
) -> None:
    """A broken body, an unknown parameter, YAML: status and body are those of the cluster."""
    for request in (
        {"content": b'{"query": ', "headers": {"content-type": "application/json"}},
        {"json": {}, "params": {"sise": "3"}},
        {"json": {}, "params": {"size": "three"}},
        {"json": {"query": {"ids": {"values": ["p01"]}}}, "params": {"format": "yaml"}},
    ):
        answers = [
            http.post(f"{base}/{products_index}/_search", **request)  # type: ignore[arg-type]
            for base in (service, es_url)
        ]
        ours, theirs = answers
        assert ours.status_code == theirs.status_code
        assert ours.headers["content-type"] == theirs.headers["content-type"]
        if ours.status_code != 200:
            assert ours.json() == theirs.json()


def test_a_section_that_is_wrong_says_where(
    service: str, http: httpx.Client, products_index: str
) -> None:
    """Our own refusals have Elasticsearch's shape, and the path of the mistake."""
    body = {"query": QUERY, "ext": {"hybrid": {"window": -1}}}
    answer = http.post(f"{service}/{products_index}/_search", json=body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "es_hybrid_request_error"
    assert "ext.hybrid.window" in error["reason"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_writes_are_refused_unless_they_are_allowed(
    service: str,
    http: httpx.Client,
    serve: Callable[..., str],
    index_name: str,
    method: str,
) -> None:
    """Nothing that writes reaches Elasticsearch by default; with a setting, all of it does."""
    path = f"/{index_name}/_doc/1"
    refused = http.request(method, f"{service}{path}", json={"title": "a"})
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "security_exception")
    assert http.head(f"{service}/{index_name}").status_code == 404
    open_one = serve(allow_writes=True)
    assert http.put(f"{open_one}{path}", json={"title": "a"}).status_code == 201
    body = {} if method == "DELETE" else {"json": {"title": "a"}}
    assert http.request(method, f"{open_one}{path}", **body).status_code < 300  # type: ignore[arg-type]


def test_bodies_may_be_packed_and_are_limited(
    http: httpx.Client, serve: Callable[..., str], products_index: str
) -> None:
    """A packed body is read; one that is too large, packed or not, is refused before it is kept."""
    url = f"{serve(max_body_bytes=1000)}/{products_index}/_search"
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    packed = gzip.compress(json.dumps({"query": QUERY, "size": 2}).encode())
    assert len(ids(http.post(url, content=packed, headers=headers).json())) == 2
    bomb = gzip.compress(json.dumps({"query": {"match": {"title": "a" * 100_000}}}).encode())
    assert len(bomb) < 1000
    assert http.post(url, content=bomb, headers=headers).status_code == 413
    assert http.post(url, json={"query": {"match": {"title": "a" * 2000}}}).status_code == 413


class _Recorder(BaseHTTPRequestHandler):
    """Stands where Elasticsearch stood, and keeps who asked."""

    seen: list[dict[str, str]]
    hold: threading.Event

    def do_POST(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.hold.wait(timeout=60)
        self.rfile.read(int(self.headers.get("content-length") or 0))
        content = b'{"error": {"type": "security_exception", "reason": "no"}, "status": 401}'
        self.send_response(401)
        self.send_header("content-type", "application/json")
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def recorder() -> Iterator[type[_Recorder]]:
    """A server that records, and answers once it may."""

    class Recorder(_Recorder):
        seen: ClassVar[list[dict[str, str]]] = []
        hold = threading.Event()
        url = ""

    with LoopbackServer(Recorder) as server:
        Recorder.url = server.url
        yield Recorder
        Recorder.hold.set()


def test_each_caller_is_itself_to_elasticsearch(
    http: httpx.Client, serve: Callable[..., str], recorder: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Credentials go along with every request made for a caller, with no other, and into no log."""
    caplog.set_level("DEBUG", logger="es_hybrid")
    recorder.hold.set()
    url = serve(recorder.url)
    for path in ("/shoes/_search", "/shoes/_count"):
        for key in ("ApiKey canary-one", "Bearer canary-two", None):
            recorder.seen.clear()
            headers = {"x-opaque-id": "till-7", **({"authorization": key} if key else {})}
            body = {"query": {"match": {"title": "canary-words"}}}
            assert http.post(f"{url}{path}", json=body, headers=headers).status_code == 401
            assert recorder.seen
            assert {each.get("authorization") for each in recorder.seen} == {key}
            assert {each.get("x-opaque-id") for each in recorder.seen} == {"till-7"}
    assert "canary" not in caplog.text


def test_too_many_requests_are_refused_at_once(
    http: httpx.Client, serve: Callable[..., str], recorder: Any
) -> None:
    """Beyond the limit a caller is told to come back, while the others are waited for."""
    gate = Gate()
    url = serve(recorder.url, gate, max_requests=1)
    first = threading.Thread(target=http.get, args=(f"{url}/_cat/indices",))
    first.start()
    until(lambda: recorder.seen)
    refused = http.get(f"{url}/_cat/indices")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert http.get(f"{url}/_hybrid/health").status_code == 200
    recorder.hold.set()
    first.join(timeout=60)
    text = http.get(f"{url}/_hybrid/metrics").text
    assert 'es_hybrid_http_requests_total{kind="read",status="401"} 1.0' in text
    assert "es_hybrid_searches_total" in text


def test_a_cluster_that_is_away_is_said(http: httpx.Client, serve: Callable[..., str]) -> None:
    """Searches and reads end in 502, and the service is alive and not ready."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = serve(f"http://127.0.0.1:{closed.getsockname()[1]}")
        for path in ("/shoes/_search", "/_cat/indices", "/_hybrid/ready"):
            assert http.get(f"{url}{path}").status_code == 502, path
        assert http.get(f"{url}/_hybrid/health").json() == {"status": "alive"}


def test_elasticsearch_that_hangs_ends_in_a_timeout(
    http: httpx.Client, serve: Callable[..., str], recorder: Any
) -> None:
    """A caller gets 504 in Elasticsearch's shape."""
    answer = http.get(f"{serve(recorder.url, timeout_s=0.2)}/_cat/indices")
    assert (answer.status_code, answer.json()["error"]["type"]) == (504, "es_hybrid_timeout")
