"""Importing into Kibana, by a server that takes and answers what Elastic documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from es_hybrid.cli.app import main
from es_hybrid.kibana import object_files
from tests.support.loopback import LoopbackServer


class Kibana(LoopbackServer):
    """Keeps what was sent, and answers with `status` and `answer`."""

    status = 200
    answer: Any = None

    def __init__(self) -> None:
        super().__init__(Handler)
        self.requests: list[tuple[str, Message, list[dict[str, Any]]]] = []


class Handler(BaseHTTPRequestHandler):
    """One import, as https://www.elastic.co/docs/api/doc/kibana describes it."""

    server: Kibana

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        boundary = self.headers.get_param("boundary")
        part = body.split(f"--{boundary}".encode())[1]
        head, _, content = part.partition(b"\r\n\r\n")
        assert b'name="file"' in head
        assert b'.ndjson"' in head
        objects = [json.loads(line) for line in content.split(b"\n") if line.strip()]
        self.server.requests.append((self.path, self.headers, objects))
        found = {"success": True, "successCount": len(objects)}
        answer = json.dumps(self.server.answer or found).encode()
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def kibana() -> Iterator[Kibana]:
    """A Kibana on a free port."""
    with Kibana() as server:
        yield server


def test_everything_is_sent_once(kibana: Kibana, capsys: pytest.CaptureFixture[str]) -> None:
    """One request with the header against forgery, that overwrites an earlier import."""
    assert main(["kibana", "import", "--kibana-url", kibana.url, "--json"]) == 0
    ((path, headers, objects),) = kibana.requests
    assert path == "/api/saved_objects/_import?overwrite=true"
    assert headers["kbn-xsrf"]
    wanted = {(one["type"], one["id"]) for file in object_files().values() for one in file}
    assert sorted((one["type"], one["id"]) for one in objects) == sorted(wanted)
    assert json.loads(capsys.readouterr().out) == {"imported": len(wanted), "refused": []}


def test_a_space_a_base_path_a_key_and_the_streams_of_the_settings(
    kibana: Kibana, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request goes where Kibana's space is, with the cluster's key, for the shop's own log."""
    monkeypatch.setenv("ES_HYBRID_ES_API_KEY", "zyxkey")
    monkeypatch.setenv("ES_HYBRID_LOG__STREAMS", "shop")
    assert (
        main(["kibana", "import", "--kibana-url", f"{kibana.url}/kb/", "--space", "my shop"]) == 0
    )
    ((path, headers, objects),) = kibana.requests
    assert urlsplit(path).path == "/kb/s/my%20shop/api/saved_objects/_import"
    assert headers["authorization"] == "ApiKey zyxkey"
    titles = {one["attributes"]["title"] for one in objects if one["type"] == "index-pattern"}
    assert titles == {"shop_queries", "shop_events"}


def test_what_kibana_refuses_is_named(kibana: Kibana, capsys: pytest.CaptureFixture[str]) -> None:
    """An import that is taken in part ends in 3 and says what is missing, as documented."""
    kibana.answer = {
        "success": False,
        "successCount": 4,
        "errors": [
            {
                "id": "es-hybrid-ubi-latency",
                "type": "dashboard",
                "error": {
                    "type": "missing_references",
                    "references": [{"type": "visualization", "id": "gone"}],
                },
            }
        ],
    }
    assert main(["kibana", "import", "--kibana-url", kibana.url]) == 3
    error = capsys.readouterr().err
    assert "dashboard es-hybrid-ubi-latency: missing_references visualization gone" in error


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "ES_HYBRID_ES_API_KEY"), (403, "Saved Objects"), (404, "--space"), (500, "export")],
)
def test_a_refusal_says_what_to_do(
    kibana: Kibana, capsys: pytest.CaptureFixture[str], status: int, hint: str
) -> None:
    """The line names Kibana's status, its words and a way out, and no password."""
    kibana.status, kibana.answer = status, {"statusCode": status, "message": "no such thing"}
    url = kibana.url.replace("http://", "http://me:zyxsecret@")
    assert main(["kibana", "import", "--kibana-url", url]) == 1
    error = capsys.readouterr().err
    assert f"answered {status}: no such thing" in error
    assert hint in error
    assert "zyxsecret" not in error


@pytest.mark.parametrize(
    ("url", "said"),
    [("localhost:5601", "is not a Kibana address"), ("http://127.0.0.1:9", "cannot be reached")],
)
def test_an_address_that_is_none(url: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong address is one line."""
    assert main(["kibana", "import", "--kibana-url", url]) == 1
    assert said in capsys.readouterr().err


def test_export_writes_a_file_a_dashboard(tmp_path: Path) -> None:
    """The files are those that an import by hand takes."""
    assert main(["kibana", "export", str(tmp_path / "new"), "--quiet"]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(object_files())
