"""Start, find and stop a node by its name."""

from __future__ import annotations

import re
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from scripts.dev.node import http, places, process, state
from scripts.dev.node.boot import NodeRequest, boot
from scripts.dev.node.errors import SetupError
from scripts.dev.node.lock import file_lock
from scripts.dev.node.state import NodeState

_PATIENCE_S = 20.0  # a busy machine's node answers late, and is not to be ended for that


def start(request: NodeRequest) -> NodeState:
    """Return the running node of this name, starting it if it is not there.

    Raises:
        SetupError: Something is missing here, or a node of this name is not what is wanted.
    """
    _check_name(request.name)
    places.make_open_folder(request.dev_dir)
    with _name_lock(request.dev_dir, request.name):
        known = state.read(request.dev_dir, request.name)
        if known and is_healthy(known):
            _check_same(known, request)
            return known
        if known:
            _end(request.dev_dir, known)
        try:
            return boot(request)
        except BaseException as error:  # an interrupt too must leave nothing running
            if begun := state.read(request.dev_dir, request.name):
                log_wanted = isinstance(error, SetupError)
                _end(request.dev_dir, begun, purge=begun.owner is not None and not log_wanted)
            raise


def stop(name: str, *, dev_dir: Path = places.DEV_DIR, purge: bool = False) -> bool:
    """Stop the node of this name, if it was started here and is still the same process.

    Args:
        name: What it was called.
        dev_dir: Where the state is kept.
        purge: Also remove its data and logs.

    Returns:
        Whether there was something to stop.
    """
    if not state.path_of(dev_dir, name).exists():
        return False
    with _name_lock(dev_dir, name):
        known = state.read(dev_dir, name)
        if known is None:
            state.forget(dev_dir, name)
            return False
        return _end(dev_dir, known, purge=purge or known.owner is not None)


def running(name: str, *, dev_dir: Path = places.DEV_DIR) -> NodeState | None:
    """Return the node of this name if it answers."""
    known = state.read(dev_dir, name)
    return known if known and is_healthy(known) else None


def is_healthy(known: NodeState) -> bool:
    """Tell whether this very process runs and its server answers."""
    if not known.url or not known.process.running:
        return False
    answer = http.request(known.url, authorization=known.authorization, timeout_s=_PATIENCE_S)
    return answer.status == 200


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise SetupError(f"{name!r} is no name for a node: use small letters, digits, - and _.")


def _check_same(known: NodeState, request: NodeRequest) -> None:
    port = known.url.rpartition(":")[2]
    differs = [
        request.version not in (None, known.version) and f"version {known.version}",
        request.security != known.security and f"security {'on' if known.security else 'off'}",
        request.port is not None and str(request.port) != port and f"port {port}",
    ]
    if said := ", ".join(difference for difference in differs if difference):
        raise SetupError(
            f"The node {known.name} is running with {said}. Stop it first, or give another --name."
        )


def _name_lock(dev_dir: Path, name: str) -> AbstractContextManager[None]:
    waiting_for = f"another start or stop of the node {name}"
    return file_lock(dev_dir / f"elasticsearch-{name}.lock", waiting_for=waiting_for)


def _end(dev_dir: Path, known: NodeState, *, purge: bool = False) -> bool:
    try:
        stopped = process.stop(known.process)
    except PermissionError as error:
        raise SetupError(
            f"The node {known.name} belongs to another user, who has to stop it."
        ) from error
    state.forget(dev_dir, known.name)
    if purge:
        shutil.rmtree(known.home, ignore_errors=True)
    return stopped
