"""What a server is told when it starts."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.dev.node.java import Java
from scripts.dev.node.releases import RELEASES
from scripts.dev.node.server import (
    Server,
    command,
    environment,
    jvm_options,
    settings_yml,
    users_entry,
)

SERVER = Server(
    release=RELEASES[0],
    java=Java(home=Path("/jvm/25"), feature=25),
    tree=Path("/cache/9.4.3"),
    home=Path("/project/.dev/nodes/default/9.4.3"),
)


def settings(server: Server) -> dict[str, str]:
    lines = settings_yml(server).splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_node_is_alone_and_on_the_loopback() -> None:
    """A development node joins nobody and is reached from this machine only."""
    said = settings(SERVER)
    assert said["discovery.type"] == "single-node"
    assert said["network.host"] == "127.0.0.1"
    assert said["transport.port"] == "0"
    assert said["node.name"] == "default"
    assert said["xpack.security.enabled"] == "false"


def test_port_and_security_are_as_asked() -> None:
    """A port that was asked for is the only one; without one the first free one is taken."""
    assert settings(SERVER)["http.port"] == "9200-9299"
    asked = settings(replace(SERVER, port=9333, security=True))
    assert asked["http.port"] == "9333"
    assert asked["xpack.security.enabled"] == "true"


def test_jvm_options_write_nowhere_unexpected() -> None:
    """Options that write beside the server are left out; the others stay as they are."""
    shipped = (
        "# comment\n-XX:+UseG1GC\n-Djava.io.tmpdir=${ES_TMPDIR}\n"
        "-XX:HeapDumpPath=data\n-XX:+HeapDumpOnOutOfMemoryError\n-XX:ErrorFile=hs_err_pid%p.log\n"
        "-Xlog:gc*,gc+age=trace:file=gc.log\n17-25:-Xlog:gc*:file=gc.log\n-XX:+ExitOnOutOfMemoryError\n"
    )
    kept = "# comment\n-XX:+UseG1GC\n-Djava.io.tmpdir=${ES_TMPDIR}\n-XX:+ExitOnOutOfMemoryError\n"
    assert jvm_options(shipped) == kept


def test_server_inherits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's environment, keys least of all, is handed on to the server."""
    monkeypatch.setenv("SOME_API_KEY", "secret")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dodd=1")
    given = environment(SERVER)
    assert "secret" not in given.values()
    assert "JAVA_TOOL_OPTIONS" not in given
    assert given["ES_JAVA_OPTS"] == "-Xms1g -Xmx1g"


@pytest.mark.parametrize(
    ("release", "launcher"),
    [
        (RELEASES[0], "org.elasticsearch.server.launcher.ServerLauncher"),
        (RELEASES[1], "org.elasticsearch.launcher.CliToolLauncher"),
    ],
)
def test_each_major_has_its_launcher(release: object, launcher: str) -> None:
    """The launcher's class changed with version 9."""
    line = command(replace(SERVER, release=release))
    assert line[0] == "/jvm/25/bin/java"
    assert line[-1] == launcher


def test_password_is_stored_as_a_salted_hash() -> None:
    """The users file holds what the server can verify, never the password."""
    salt = bytes(range(32))
    entry = users_entry("dev", "the-password", salt=salt)
    user, _, stored = entry.strip().partition(":")
    rounds, stored_salt, digest = stored.removeprefix("{PBKDF2}").split("$")
    expected = hashlib.pbkdf2_hmac("sha512", b"the-password", salt, int(rounds), dklen=32)
    assert user == "dev"
    assert base64.b64decode(stored_salt) == salt
    assert base64.b64decode(digest) == expected
    assert "the-password" not in entry
