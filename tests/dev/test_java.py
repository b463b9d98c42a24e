"""Which Java is found, and which Elasticsearch that allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.dev.node.errors import SetupError
from scripts.dev.node.java import Java, choose, find_javas, parse_feature


def install(folder: Path, version: str) -> Path:
    """Lay out a Java home as a distribution does; return it."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").write_text("#!/bin/sh\n")
    (folder / "bin" / "java").chmod(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="Somebody"\nJAVA_VERSION="{version}"\n')
    return folder


def javas(*features: int) -> list[Java]:
    return [Java(home=Path(f"/jvm/{feature}"), feature=feature) for feature in features]


@pytest.mark.parametrize(
    ("features", "version", "expected"),
    [
        ((17,), None, ("8.14.1", 17)),
        ((17, 25), None, ("9.4.3", 25)),
        ((21, 25), None, ("9.4.3", 21)),
        ((25, 17), "8.14.1", ("8.14.1", 17)),
        ((11, 17, 21), "8.14.1", ("8.14.1", 17)),
    ],
)
def test_newest_server_that_a_java_can_run(
    features: tuple[int, ...], version: str | None, expected: tuple[str, int]
) -> None:
    """The newest server that runs is chosen, with the first Java that can run it."""
    release, java = choose(javas(*features), version=version)
    assert (release.version, java.feature) == expected


@pytest.mark.parametrize(
    ("features", "version", "said"),
    [
        ((), None, "found: none"),
        ((11,), None, "found: 11"),
        ((17,), "9.4.3", "openjdk-21"),
        ((25,), "8.14.1", "17-23"),
        ((25,), "7.17.0", "not among the known versions"),
    ],
)
def test_missing_java_is_said_plainly(
    features: tuple[int, ...], version: str | None, said: str
) -> None:
    """Where no Java fits, one line says what is needed and what was found."""
    with pytest.raises(SetupError) as caught:
        choose(javas(*features), version=version)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_java_home_comes_before_the_path_and_the_folders(tmp_path: Path) -> None:
    """JAVA_HOME wins over the PATH, which wins over the usual folders; none is listed twice."""
    wished = install(tmp_path / "wished", "21.0.1")
    on_path = install(tmp_path / "on_path", "17.0.15")
    others = tmp_path / "jvm"
    found_there = install(others / "temurin", "25.0.3")
    (others / "default").symlink_to(found_there)
    environ = {"JAVA_HOME": str(wished), "PATH": str(on_path / "bin")}
    found = find_javas(environ, folders=[others], as_root=False)
    assert [java.feature for java in found] == [21, 17, 25]
    assert found[0].home == wished


def test_root_passes_over_a_java_that_its_server_could_not_read(tmp_path: Path) -> None:
    """A Java in a closed folder is of no use to the unprivileged user who runs the server."""
    closed = tmp_path / "closed"
    install(closed / "jdk", "25")
    closed.chmod(0o700)
    environ = {"JAVA_HOME": str(closed / "jdk"), "PATH": ""}
    assert find_javas(environ, folders=[], as_root=False)
    assert find_javas(environ, folders=[], as_root=True) == []


def test_a_java_without_a_release_file_is_asked(tmp_path: Path) -> None:
    """A Java that is only a command is run once to learn its home and version."""
    command = tmp_path / "java"
    command.write_text(
        "#!/bin/sh\n"
        "echo '    java.home = /somewhere/jdk' >&2\n"
        "echo '    java.specification.version = 17' >&2\n"
    )
    command.chmod(0o755)
    found = find_javas({"PATH": str(tmp_path)}, folders=[], as_root=False)
    assert found == [Java(home=Path("/somewhere/jdk"), feature=17)]


@pytest.mark.parametrize("text", ["", "JAVA_VERSION=unknown", "OTHER=17"])
def test_no_version_is_no_number(text: str) -> None:
    """What names no version is read as none."""
    assert parse_feature(text, key="JAVA_VERSION") is None
