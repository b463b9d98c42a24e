"""Unpack a server once, and only whole."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from scripts.dev.node.errors import SetupError
from scripts.dev.node.lock import file_lock
from scripts.dev.node.maven import ensure_archive
from scripts.dev.node.places import make_open_folder
from scripts.dev.node.progress import Progress, say
from scripts.dev.node.releases import Release

_CHUNK_BYTES = 1 << 20
_MB = 1_000_000


def ensure_tree(release: Release, *, cache: Path, environ: Mapping[str, str]) -> Path:
    """Return the folder of the unpacked server, downloading and unpacking if it must.

    Two calls at once do the work once. A tree that is not whole is made again.

    Args:
        release: The server that is wanted.
        cache: The folder that holds the trees.
        environ: Where `mvn` and Maven's own settings are looked up.

    Raises:
        SetupError: Maven is missing or failed, or the archive is not the expected one.
    """
    folder = make_open_folder(cache / "elasticsearch")
    tree = folder / release.version
    if is_whole(tree, release):
        return tree
    with file_lock(folder / f"{release.version}.lock", waiting_for="another unpack"):
        if not is_whole(tree, release):
            archive = ensure_archive(release, environ=environ)
            _unpack(archive, release, tree)
    return tree


def is_whole(tree: Path, release: Release) -> bool:
    """Tell whether a folder holds this server: version, number of files and size."""
    if not (tree / "lib" / f"elasticsearch-{release.version}.jar").is_file():
        return False
    sizes = [path.stat().st_size for path in tree.rglob("*") if path.is_file()]
    return (len(sizes), sum(sizes)) == (release.files, release.size_bytes)


def _unpack(archive: Path, release: Release, tree: Path) -> None:
    """Unpack beside the tree and rename, so that a tree is there whole or not at all."""
    unpacking = tree.with_name(f"{tree.name}.unpacking")  # the lock is held: nobody else's
    for leftover in (unpacking, tree):
        if leftover.exists():
            say(f"removing an incomplete {leftover}")
            shutil.rmtree(leftover)
    unpacking.mkdir()
    unpacking.chmod(0o755)
    total = release.size_bytes // _MB
    with (
        zipfile.ZipFile(archive) as file,
        Progress(f"unpacking Elasticsearch {release.version}", total=total) as progress,
    ):
        done = 0
        for entry in file.infolist():
            progress.update(done // _MB)
            done += _unpack_entry(file, entry, unpacking)
    if not is_whole(unpacking, release):
        raise SetupError(f"{archive} does not hold Elasticsearch {release.version} as expected.")
    unpacking.rename(tree)


def _unpack_entry(file: zipfile.ZipFile, entry: zipfile.ZipInfo, into: Path) -> int:
    """Unpack one entry of the server's folder, readable by all; return its size."""
    parts = Path(entry.filename).parts
    if len(parts) < 3 or parts[1] != "elasticsearch" or ".." in parts:
        return 0
    target = into.joinpath(*parts[2:])
    if entry.is_dir():
        make_open_folder(target)
        return 0
    make_open_folder(target.parent)
    with file.open(entry) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, _CHUNK_BYTES)
    executable = (entry.external_attr >> 16) & 0o100
    target.chmod(0o755 if executable else 0o644)
    return entry.file_size
