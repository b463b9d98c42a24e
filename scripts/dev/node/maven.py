"""Fetch a server's archive through Maven, which keeps it and never fetches it twice."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from scripts.dev.node.errors import SetupError
from scripts.dev.node.progress import Progress
from scripts.dev.node.releases import Release

_MB = 1_000_000


def ensure_archive(release: Release, *, environ: Mapping[str, str]) -> Path:
    """Return the archive that carries a server, downloading it if Maven does not have it yet.

    Raises:
        SetupError: Maven is missing or failed, or the archive is not the expected one.
    """
    repository = local_repository(environ, home=Path(pwd.getpwuid(os.getuid()).pw_dir))
    group, name, version, suffix = release.artifact.split(":")
    folder = repository.joinpath(*group.split("."), name, version)
    archive = folder / f"{name}-{version}.{suffix}"
    if not _has_size(archive, release.archive_bytes):
        _download(release, folder, repository=repository, environ=environ)
    if not _has_size(archive, release.archive_bytes) or _sha256(archive) != release.sha256:
        raise SetupError(f"{archive} is not the archive it should be: delete it and start again.")
    return archive


def local_repository(environ: Mapping[str, str], *, home: Path) -> Path:
    """Return the folder in which Maven keeps what it downloads.

    Args:
        environ: May carry `-Dmaven.repo.local=` in MAVEN_ARGS or MAVEN_OPTS.
        home: The user's home according to the system; Java does not look at `$HOME`.
    """
    options = f"{environ.get('MAVEN_ARGS', '')} {environ.get('MAVEN_OPTS', '')}"
    if said := re.search(r"-Dmaven\.repo\.local=(\S+)", options):
        return Path(said[1])
    settings = home / ".m2" / "settings.xml"
    if settings.is_file():
        text = re.sub(r"<!--.*?-->", "", settings.read_text(), flags=re.DOTALL)
        if said := re.search(r"<localRepository>\s*(.+?)\s*</localRepository>", text):
            return Path(said[1].replace("${user.home}", str(home)))
    return home / ".m2" / "repository"


def _has_size(path: Path, size_bytes: int) -> bool:
    return path.is_file() and path.stat().st_size == size_bytes


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(
    release: Release, folder: Path, *, repository: Path, environ: Mapping[str, str]
) -> None:
    mvn = shutil.which("mvn", path=environ.get("PATH"))
    if mvn is None:
        raise SetupError(
            f"Maven is needed once, to download Elasticsearch {release.version}, and `mvn` is not "
            "on the PATH. Install it (Debian: apt-get install maven)."
        )
    command = [
        mvn, "--quiet", "--batch-mode", "dependency:get", "-Dtransitive=false", "-Dstyle.color=never",
        f"-Dartifact={release.artifact}", f"-Dmaven.repo.local={repository}",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            _watch(process, folder, release)
        finally:
            process.terminate()
            process.wait()
        if process.returncode != 0:
            raise SetupError(f"Maven could not download {release.artifact}: {_last_words(output)}")


def _watch(process: subprocess.Popen[bytes], folder: Path, release: Release) -> None:
    label = f"downloading Elasticsearch {release.version}"
    with Progress(label, total=release.archive_bytes // _MB) as progress:
        while process.poll() is None:
            sizes = [path.stat().st_size for path in folder.glob("*.zip*") if path.exists()]
            progress.update(max(sizes, default=0) // _MB)
            time.sleep(0.2)


def _last_words(output: IO[bytes]) -> str:
    output.seek(0)
    lines = output.read().decode(errors="replace").splitlines()
    errors = [line.partition("[ERROR]")[2].strip() for line in lines if "[ERROR]" in line]
    return errors[0] if errors else "it gave no reason"
