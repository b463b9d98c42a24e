"""Where the tools keep what they download, and what they run."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import stat
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
DEV_DIR = PROJECT / ".dev"
_SYSTEM_CACHE = Path("/var/cache")
_NOT_BY_CHANCE = range(15_000, 30_000)
"""Ports below what Linux, macOS and Windows give away by themselves."""


def is_root() -> bool:
    """Tell whether this process may change to another user."""
    return os.geteuid() == 0


def cache_dir(environ: Mapping[str, str], *, as_root: bool) -> Path:
    """Return the folder for downloads; it survives `make clean`.

    Elasticsearch refuses to run as root, so root starts it as a user who must be able to read
    this folder. Root's home is often closed to others; the system's cache folder never is.

    Example:
        >>> cache_dir({"XDG_CACHE_HOME": "/tmp"}, as_root=False)
        PosixPath('/tmp/es-hybrid')
    """
    base = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    if as_root and not others_can_enter(base):
        base = _SYSTEM_CACHE
    return base / "es-hybrid"


def node_home(dev_dir: Path, name: str, *, cache: Path, as_root: bool) -> Path:
    """Return the folder of one node's configuration, data and logs.

    It lies in the project, except where root works in a project that others cannot enter.
    """
    if not as_root or others_can_enter(dev_dir):
        return dev_dir / "nodes" / name
    project = hashlib.sha256(str(dev_dir).encode()).hexdigest()[:8]
    return cache / "nodes" / f"{project}-{name}"


def others_can_enter(path: Path) -> bool:
    """Tell whether any user may walk to `path`; folders yet to be made will allow it."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links past a closed folder
    existing = (folder for folder in [path, *path.parents] if folder.exists())
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in existing)


def make_open_folder(path: Path) -> Path:
    """Make a folder, and the missing ones above it, that other users may read."""
    for folder in [*reversed(path.parents), path]:
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)  # whatever the umask says
    return path


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port of the loopback on which nobody listens now.

    It is none of those that systems give to connections, and to whoever asks for any port: until
    it is listened on, nobody gets it by chance.
    """
    while True:
        port = secrets.choice(_NOT_BY_CHANCE)
        if is_free(port):
            return port
