"""Find the Javas of this machine, and choose the Elasticsearch that one of them can run."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.dev.node.errors import SetupError
from scripts.dev.node.places import others_can_enter
from scripts.dev.node.releases import RELEASES, Release

JVM_FOLDERS = (Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines"))


@dataclass(frozen=True, slots=True)
class Java:
    """A Java installation and its feature version, such as 17 or 25."""

    home: Path
    feature: int


def find_javas(
    environ: Mapping[str, str], *, folders: Sequence[Path] = JVM_FOLDERS, as_root: bool
) -> list[Java]:
    """List the Javas here: JAVA_HOME first, then the PATH's, then the usual folders.

    Args:
        environ: Where JAVA_HOME and PATH are looked up.
        folders: Folders that hold one Java in each sub-folder.
        as_root: Leave out what the unprivileged user of the server could not run.
    """
    javas: dict[Path, Java] = {}
    for command in _commands(environ, folders):
        java = inspect(command.resolve())
        if java and (not as_root or others_can_enter(java.home / "bin")):
            javas.setdefault(java.home, java)
    return list(javas.values())


def _commands(environ: Mapping[str, str], folders: Sequence[Path]) -> Iterator[Path]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if command := shutil.which("java", path=environ.get("PATH")):
        yield Path(command)
    for folder in folders:
        yield from sorted(folder.glob("*/bin/java"))
        yield from sorted(folder.glob("*/Contents/Home/bin/java"))


def inspect(command: Path) -> Java | None:
    """Read which Java this command is; None if it is not a Java that runs."""
    release = command.parent.parent / "release"
    if command.is_file() and release.is_file():
        feature = parse_feature(release.read_text(errors="replace"), key="JAVA_VERSION")
        if feature:
            return Java(home=command.parent.parent, feature=feature)
    return _ask(command)


def _ask(command: Path) -> Java | None:
    try:
        answer = subprocess.run(
            [str(command), "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    feature = parse_feature(answer, key="java.specification.version")
    home = re.search(r"^\s*java\.home = (.+?)\s*$", answer, flags=re.MULTILINE)
    return Java(home=Path(home[1]), feature=feature) if feature and home else None


def parse_feature(text: str, *, key: str) -> int | None:
    """Read a feature version from a `key = value` line.

    Example:
        >>> parse_feature('JAVA_VERSION="17.0.15"', key="JAVA_VERSION")
        17
        >>> parse_feature('JAVA_VERSION="1.8.0_402"', key="JAVA_VERSION")
        8
    """
    found = re.search(rf'^\s*{re.escape(key)}\s*=\s*"?(?:1\.)?(\d+)', text, flags=re.MULTILINE)
    return int(found[1]) if found else None


def choose(javas: Sequence[Java], *, version: str | None = None) -> tuple[Release, Java]:
    """Choose what to run, and the first Java that can run it.

    Args:
        javas: What this machine has, best loved first.
        version: The Elasticsearch that is wanted; the newest that can run if None.

    Raises:
        SetupError: There is no such version, or no Java for it.
    """
    wanted = [release for release in RELEASES if version in (None, release.version)]
    if not wanted:
        known = ", ".join(release.version for release in RELEASES)
        raise SetupError(f"Elasticsearch {version} is not among the known versions: {known}.")
    for release in wanted:
        for java in javas:
            if release.runs_on(java.feature):
                return release, java
    raise SetupError(_no_java(javas, wanted))


def _no_java(javas: Sequence[Java], wanted: Sequence[Release]) -> str:
    needs = " or ".join(f"{release.java_range} for {release.version}" for release in wanted)
    seen = ", ".join(str(java.feature) for java in javas) or "none"
    return (
        f"Elasticsearch needs Java {needs}; found: {seen}. Install such a JDK, and Maven to fetch "
        f"the server once (Debian: apt-get install openjdk-{wanted[-1].oldest_java}-jdk-headless "
        "maven)."
    )
