"""Where downloads and nodes are kept, for root and for everybody else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.dev.node.places import (
    cache_dir,
    free_port,
    make_open_folder,
    node_home,
    others_can_enter,
)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody can enter; pytest keeps its own closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve()
        path.chmod(0o755)
        yield path


def test_cache_follows_the_user(open_folder: Path) -> None:
    """Downloads go where the user's cache is."""
    environ = {"XDG_CACHE_HOME": str(open_folder)}
    assert cache_dir(environ, as_root=False) == open_folder / "es-hybrid"
    assert cache_dir(environ, as_root=True) == open_folder / "es-hybrid"


def test_root_with_a_closed_home_uses_the_system_cache(open_folder: Path) -> None:
    """The server's user must reach the files, so a closed cache of root's is not used."""
    open_folder.chmod(0o700)
    environ = {"XDG_CACHE_HOME": str(open_folder / "cache")}
    assert cache_dir(environ, as_root=True) == Path("/var/cache/es-hybrid")
    assert cache_dir(environ, as_root=False) == open_folder / "cache" / "es-hybrid"


def test_node_moves_out_of_a_closed_project(open_folder: Path) -> None:
    """Root's node lives in the project unless others cannot enter that."""
    cache, dev_dir = open_folder / "cache", open_folder / ".dev"
    home = node_home(dev_dir, "default", cache=cache, as_root=True)
    assert home == dev_dir / "nodes" / "default"
    open_folder.chmod(0o700)
    moved = node_home(dev_dir, "default", cache=cache, as_root=True)
    assert moved.parent == cache / "nodes"
    assert moved.name.endswith("-default")
    assert node_home(dev_dir, "default", cache=cache, as_root=False) == home


def test_made_folders_are_open_whatever_the_umask(open_folder: Path) -> None:
    """A strict umask does not lock the server's user out."""
    before = os.umask(0o077)
    try:
        made = make_open_folder(open_folder / "a" / "b")
    finally:
        os.umask(before)
    assert others_can_enter(made)


def test_a_free_port_is_taken_by_nobody_by_chance() -> None:
    """The system gives it to no connection while a server is being started."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(given.read_text().split()[0]) if given.exists() else 32_768
    assert all(1024 < free_port() < first for _ in range(20))
