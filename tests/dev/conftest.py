"""Leave out the tests that boot a node where this machine cannot boot one, and say so."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from scripts.dev.node import java, places, tree
from scripts.dev.node.errors import SetupError
from tests.support.loopback import LoopbackServer


class _Introduces(BaseHTTPRequestHandler):
    """Answers, as an Elasticsearch does, what it is; only the choice among servers is tested."""

    def do_GET(self) -> None:
        """Give the version, or the licence."""
        licence = self.path == "/_license"
        said = {"license": {"type": "basic"}} if licence else {"version": {"number": "9.4.3"}}
        content = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering_port() -> Iterator[int]:
    """A port at which something says that it is Elasticsearch 9.4.3 on the basic licence."""
    with LoopbackServer(_Introduces) as server:
        yield server.server_port


def _why_no_node() -> str | None:
    as_root = places.is_root()
    try:
        release, _ = java.choose(java.find_javas(os.environ, as_root=as_root))
    except SetupError as error:
        return str(error)
    unpacked = places.cache_dir(os.environ, as_root=as_root) / "elasticsearch" / release.version
    if tree.is_whole(unpacked, release) or shutil.which("mvn"):
        return None
    return "Maven is not here, and Elasticsearch is not unpacked"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, visibly, what needs Java and Maven; a container engine is enough for the rest."""
    nodes = [item for item in items if item.get_closest_marker("node")]
    reason = _why_no_node() if nodes else None
    if reason is None:
        return
    items[:] = [item for item in items if item not in nodes]
    config.hook.pytest_deselected(items=nodes)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        reporter.write_line(f"tests that boot a node are left out: {reason}")
