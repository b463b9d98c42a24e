"""Start one server and wait until it can be used."""

from __future__ import annotations

import os
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from scripts.dev.node import http, java, launch, places, state
from scripts.dev.node.errors import SetupError
from scripts.dev.node.process import ProcessId
from scripts.dev.node.progress import Progress
from scripts.dev.node.server import Server
from scripts.dev.node.state import NodeState
from scripts.dev.node.tree import ensure_tree

_USER = "dev"
_BOOT_TIMEOUT_S = 600.0  # 160 s were seen on two busy cores; one that fails ends by itself


@dataclass(frozen=True, slots=True)
class NodeRequest:
    """What is wanted of a node.

    Args:
        name: What to call it; a running node of this name is used as it is.
        version: The Elasticsearch; None takes the newest that a Java here can run.
        port: The HTTP port; None takes the first free one from 9200 on.
        security: Whether requests shall need a user or a key.
        heap: Size of the heap, as Java writes it.
        owner: A process without which the node is not wanted.
        dev_dir: Where the state is kept.
        environ: Where Java, Maven and the cache are looked up.
    """

    name: str = "default"
    version: str | None = None
    port: int | None = None
    security: bool = False
    heap: str = "1g"
    owner: ProcessId | None = None
    dev_dir: Path = places.DEV_DIR
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


def boot(request: NodeRequest) -> NodeState:
    """Start a server and return once it answers.

    What is known of it is written before it answers, so that whatever happens to this process,
    it can be found and stopped.

    Raises:
        SetupError: Something is missing here, or the server ended or never answered.
    """
    home, server = _plan(request)
    account = launch.unprivileged_account()
    user = (_USER, secrets.token_urlsafe(18)) if request.security else None
    launch.prepare(server, account=account, user=user)
    begun = NodeState(
        name=request.name,
        process=launch.start_process(server, account=account),
        version=server.release.version,
        security=request.security,
        home=str(home),
        user=user[0] if user else None,
        password=user[1] if user else None,
        owner=request.owner,
    )
    state.write(request.dev_dir, begun)
    ready = _wait_until_ready(begun, server)
    state.write(request.dev_dir, ready)
    return ready


def _plan(request: NodeRequest) -> tuple[Path, Server]:
    """Decide what runs where; return the node's folder and the server to start in it."""
    as_root = places.is_root()
    javas = java.find_javas(request.environ, as_root=as_root)
    release, runtime = java.choose(javas, version=request.version)
    if request.port is not None and not places.is_free(request.port):
        raise SetupError(f"Port {request.port} is taken; leave out --port to get a free one.")
    cache = places.cache_dir(request.environ, as_root=as_root)
    home = places.node_home(request.dev_dir, request.name, cache=cache, as_root=as_root)
    for_maven = {"JAVA_HOME": str(runtime.home), **request.environ}
    server = Server(
        release=release,
        java=runtime,
        tree=ensure_tree(release, cache=cache, environ=for_maven),
        home=home / release.version,
        port=request.port,
        security=request.security,
        heap=request.heap,
    )
    return home, server


def _wait_until_ready(started: NodeState, server: Server) -> NodeState:
    deadline = time.monotonic() + _BOOT_TIMEOUT_S
    basic = None
    if started.user:
        pair = f"{started.user}:{started.password}".encode()
        basic = f"Basic {b64encode(pair).decode()}"
    with Progress(f"starting Elasticsearch {started.version}") as progress:
        while time.monotonic() < deadline:
            if not started.process.running:
                raise SetupError(f"Elasticsearch ended while starting: {_last_words(server.home)}")
            url = _published_url(server.home)
            if url and (licence := _licence_when_ready(url, basic)):
                key = _make_key(url, basic) if basic else None
                return replace(started, url=url, licence=licence, api_key=key)
            progress.update()
            time.sleep(0.1)
    raise SetupError(
        f"Elasticsearch did not answer within {_BOOT_TIMEOUT_S:.0f} s: {_last_words(server.home)}"
    )


def _published_url(home: Path) -> str | None:
    """Read where the server listens; it writes this file once it does."""
    try:
        addresses = (home / "logs" / "http.ports").read_text().split()
    except OSError:
        return None
    return f"http://{addresses[0]}" if addresses else None


def _licence_when_ready(url: str, authorization: str | None) -> str | None:
    health = http.request(
        f"{url}/_cluster/health?wait_for_status=yellow&timeout=1s", authorization=authorization
    )
    if health.status != 200:
        return None
    identity = http.identify(url, authorization=authorization)
    return identity.licence if identity and identity.licence != "unknown" else None


def _make_key(url: str, authorization: str) -> str:
    answer = http.request(
        f"{url}/_security/api_key",
        authorization=authorization,
        payload={"name": "es-hybrid-dev"},
        timeout_s=60.0,
    )
    if answer.status != 200:
        raise SetupError(f"Elasticsearch refused to make an API key (HTTP {answer.status}).")
    return str(answer.body["encoded"])


def _last_words(home: Path) -> str:
    log = launch.console_log(home)
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "it said nothing"
    told = [line for line in lines if re.search("ERROR|FATAL|[Ee]xception", line)] or lines
    return f"{told[0] if told else 'it said nothing'} (all of it in {log})"
