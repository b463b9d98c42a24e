"""Find an Elasticsearch, or start one: by its address, in a container, as a plain process."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scripts.dev.node import http, lifecycle, places
from scripts.dev.node.boot import NodeRequest
from scripts.dev.node.errors import SetupError
from scripts.dev.node.http import Identity
from scripts.dev.node.process import ProcessId
from scripts.dev.node.progress import say
from scripts.dev.node.state import NodeState
from scripts.dev.stack import container
from scripts.dev.stack.container import Container

URL, API_KEY = "ES_HYBRID_ES_URL", "ES_HYBRID_ES_API_KEY"
OLDEST_SERVER = 8
SHARED = "default"  # the engine that `up` starts and that everything else then uses


class Origin(StrEnum):
    """Where an Elasticsearch comes from."""

    ADDRESS = "given by ES_HYBRID_ES_URL"
    CONTAINER = "in a container"
    NODE = "a process unpacked from Maven Central"


@dataclass(frozen=True, slots=True)
class Engine:
    """An Elasticsearch that answers.

    Args:
        url: Its address.
        identity: Its version and licence.
        origin: Where it comes from.
        api_key: What opens it, where it is closed.
    """

    url: str
    identity: Identity
    origin: Origin
    api_key: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.identity} at {without_password(self.url)}, {self.origin}"


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What is wanted.

    Args:
        name: What to call an engine that has to be started.
        version: Exactly this Elasticsearch; None is content with any.
        owner: A process without which it is not wanted; None for one that stays.
        dev_dir: Where it is remembered.
        environ: Where everything is looked up.
    """

    name: str = SHARED
    version: str | None = None
    owner: ProcessId | None = None
    dev_dir: Path = places.DEV_DIR
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


def find_or_start(request: EngineRequest) -> Engine:
    """Return an Elasticsearch: the given one, a container's, or a process's.

    Raises:
        SetupError: None of the three can be had; the message says what to install.
    """
    return _given(request) or _in_container(request) or _as_process(request)


def stop(name: str, *, dev_dir: Path, environ: Mapping[str, str], purge: bool = False) -> None:
    """Stop what was started under this name, and nothing else."""
    lifecycle.stop(name, dev_dir=dev_dir, purge=purge)
    if remembered := container.recall(dev_dir, name):
        container.remove(remembered, environ=environ, purge=purge)
        container.path_of(dev_dir, name).unlink(missing_ok=True)


def running(dev_dir: Path, *, environ: Mapping[str, str]) -> Engine | None:
    """Return the shared engine if it runs."""
    if node := lifecycle.running(SHARED, dev_dir=dev_dir):
        return _of_node(node)
    remembered = container.recall(dev_dir, SHARED)
    found = container.find(remembered.project, environ=environ) if remembered else None
    return _of_container(found) if found else None


def without_password(url: str) -> str:
    """Return an address that may be shown.

    Example:
        >>> without_password("https://elastic:secret@shop.example:9200")
        'https://shop.example:9200'
    """
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def authorization(url: str, api_key: str | None) -> str | None:
    """Return the header that opens a server: by key, or by the user in its address."""
    if api_key:
        return f"ApiKey {api_key}"
    parts = urlsplit(url)
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _given(request: EngineRequest) -> Engine | None:
    url = request.environ.get(URL)
    if not url:
        return None
    key = request.environ.get(API_KEY) or None
    shown = without_password(url)
    identity = http.identify(shown, authorization=authorization(url, key))
    if identity is None:
        raise SetupError(
            f"{URL} is set, and no Elasticsearch answers at {shown}: start it, or unset {URL}."
        )
    if identity.major < OLDEST_SERVER:
        raise SetupError(f"{shown} is {identity}; es_hybrid needs {OLDEST_SERVER} or newer.")
    if request.version not in (None, identity.version):
        say(f"{shown} is {identity}, and {request.version} is wanted: not used")
        return None
    return Engine(url, identity, Origin.ADDRESS, key)


def _in_container(request: EngineRequest) -> Engine | None:
    if not container.engine_answers(request.environ):
        return None
    shared = container.project_name(places.PROJECT.name)
    found = container.find(shared, environ=request.environ)
    engine = _of_container(found) if found else None
    if engine and request.version in (None, engine.identity.version):
        return engine
    own = request.name != SHARED
    if engine and not own:
        raise SetupError(f"{engine} is running, not {request.version}: `make down` first.")
    project = f"{shared}-{request.name}" if own else shared
    remember = partial(container.remember, request.dev_dir, request.name, owner=request.owner)
    remember(Container(project, container_id="", url=""))  # at once, so that it can be stopped
    started = container.start(
        project,
        version=request.version,
        port=9200 if not own and places.is_free(9200) else places.free_port(),
        environ=request.environ,
    )
    if started is None:
        stop(request.name, dev_dir=request.dev_dir, environ=request.environ)
        return None
    remember(started)
    return _of_container(started)


def _of_container(found: Container) -> Engine | None:
    identity = http.identify(found.url)
    return Engine(found.url, identity, Origin.CONTAINER) if identity else None


def _as_process(request: EngineRequest) -> Engine:
    shared = lifecycle.running(SHARED, dev_dir=request.dev_dir)
    if shared and request.version in (None, shared.version):
        return _of_node(shared)
    try:
        node = lifecycle.start(
            NodeRequest(
                name=request.name,
                version=request.version,
                owner=request.owner,
                dev_dir=request.dev_dir,
                environ=request.environ,
            )
        )
    except SetupError as error:
        raise SetupError(
            f"{error} Or start a container engine, or set {URL} to a running Elasticsearch."
        ) from error
    return _of_node(node)


def _of_node(node: NodeState) -> Engine:
    identity = Identity(version=node.version, licence=node.licence)
    return Engine(node.url, identity, Origin.NODE, node.api_key)
