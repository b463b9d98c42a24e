"""Elasticsearch in a container, where a container engine answers."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.dev.node.places import PROJECT
from scripts.dev.node.process import ProcessId
from scripts.dev.node.progress import say
from scripts.dev.node.records import read_record, write_record

_COMPOSE_FILE = PROJECT / "docker-compose.yml"
_SERVICE = "elasticsearch"
_ENGINE_ANSWERS_WITHIN_S = 4.0
_START_TIMEOUT_S = 900.0  # the first time, an image of a gigabyte is fetched


@dataclass(frozen=True, slots=True)
class Container:
    """A container that runs Elasticsearch.

    Args:
        project: What compose calls the group that it belongs to.
        container_id: The engine's own id of it; empty until it has started.
        url: Where it answers.
    """

    project: str
    container_id: str
    url: str


def engine_answers(environ: Mapping[str, str]) -> bool:
    """Tell whether a container engine with compose is there and running."""
    docker = shutil.which("docker", path=environ.get("PATH"))
    if docker is None:
        return False
    return all(
        _ask([docker, *words], environ, timeout_s=_ENGINE_ANSWERS_WITHIN_S) is not None
        for words in (["info"], ["compose", "version"])
    )


def find(project: str, *, environ: Mapping[str, str]) -> Container | None:
    """Return the running container of a compose project, if there is one."""
    shown = _ask([*_compose(project), "ps", "--quiet", "--status", "running", _SERVICE], environ)
    published = _ask([*_compose(project), "port", _SERVICE, "9200"], environ) if shown else None
    port = published.strip().rpartition(":")[2] if published else ""
    if not shown or not port.isdigit():
        return None
    return Container(project, shown.split()[0], f"http://127.0.0.1:{port}")


def start(
    project: str, *, version: str | None, port: int, environ: Mapping[str, str]
) -> Container | None:
    """Start the container and wait until it is healthy; None, with a word why, if it is not.

    Args:
        project: What compose calls it.
        version: The Elasticsearch; None takes the one that the compose file names.
        port: On the loopback.
        environ: For the container engine.
    """
    chosen = {"ES_PORT": str(port)} | ({"ES_VERSION": version} if version else {})
    say("starting Elasticsearch in a container (the first time, its image is fetched)")
    try:
        subprocess.run(
            [*_compose(project), "up", "--detach", "--wait", _SERVICE],
            env={**environ, **chosen},
            stdin=subprocess.DEVNULL,
            stdout=2,  # its progress goes where ours goes
            timeout=_START_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        say(f"the container engine could not start Elasticsearch: {error}")
        return None
    return find(project, environ=environ)


def remove(container: Container, *, environ: Mapping[str, str], purge: bool) -> None:
    """Stop and remove a container that was started here, if it is still the same one."""
    if container.container_id:
        now = find(container.project, environ=environ)
        if now is None or now.container_id != container.container_id:
            return
    options = ["--volumes"] if purge else []
    _ask([*_compose(container.project), "down", *options], environ, timeout_s=60.0)


def project_name(text: str) -> str:
    """Turn a name into one that compose accepts.

    Example:
        >>> project_name("ES Hybrid.v2")
        'eshybridv2'
    """
    return re.sub(r"[^a-z0-9_-]", "", text.lower()).lstrip("_-") or "es-hybrid"


def remember(
    dev_dir: Path, name: str, container: Container, *, owner: ProcessId | None = None
) -> None:
    """Keep what was started, so that it and nothing else can be stopped."""
    record = {**asdict(container), "owner": asdict(owner) if owner else None}
    write_record(path_of(dev_dir, name), record)


def recall(dev_dir: Path, name: str) -> Container | None:
    """Return what was started under this name; None if nothing was."""
    record = read_record(path_of(dev_dir, name))
    if record is None:
        return None
    del record["owner"]  # looked at where records of every kind are
    return Container(**record)


def path_of(dev_dir: Path, name: str) -> Path:
    """Return the file that remembers a container."""
    return dev_dir / f"container-{name}.json"


def _compose(project: str) -> list[str]:
    return ["docker", "compose", "--file", str(_COMPOSE_FILE), "--project-name", project]


def _ask(command: list[str], environ: Mapping[str, str], *, timeout_s: float = 20.0) -> str | None:
    try:
        return subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
