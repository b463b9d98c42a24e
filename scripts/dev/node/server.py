"""How to start a server: its configuration, environment and command line."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.dev.node.java import Java
from scripts.dev.node.releases import Release

FIRST_PORTS = "9200-9299"  # the server takes the first that is free, so nobody can come between
_KEPT_OUT_OF_JVM_OPTIONS = ("-Xlog:gc", "-XX:ErrorFile", "-XX:HeapDump", "-XX:+HeapDump")
_PBKDF2_ROUNDS = 10_000
_LAUNCHER_OPTIONS = ("-Xms4m", "-Xmx64m", "-XX:+UseSerialGC")


@dataclass(frozen=True, slots=True)
class Server:
    """One server to start.

    Args:
        release: The version to run.
        java: What runs it.
        tree: Its unpacked files.
        home: Its own folder, with `config`, `data`, `logs` and `tmp`.
        port: The HTTP port; None takes the first free one from 9200 on.
        security: Whether requests need a user or a key.
        heap: Size of the heap, as Java writes it.
    """

    release: Release
    java: Java
    tree: Path
    home: Path
    port: int | None = None
    security: bool = False
    heap: str = "1g"


def settings_yml(server: Server) -> str:
    """Write `elasticsearch.yml` for a node that is alone and on the loopback only."""
    settings = {
        "cluster.name": "es-hybrid-dev",
        "node.name": server.home.parent.name,
        "discovery.type": "single-node",
        "network.host": "127.0.0.1",
        "http.port": server.port or FIRST_PORTS,
        "transport.port": 0,
        "node.portsfile": "true",  # the ports that it took, in logs/http.ports
        "path.data": server.home / "data",
        "path.logs": server.home / "logs",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "xpack.security.enabled": str(server.security).lower(),
    }
    return "".join(f"{name}: {value}\n" for name, value in settings.items())


def jvm_options(shipped: str) -> str:
    """Return the archive's `jvm.options` without what writes into folders that are not there."""
    lines = shipped.splitlines(keepends=True)
    return "".join(line for line in lines if not _writes_elsewhere(line))


def _writes_elsewhere(line: str) -> bool:
    option = line.strip().lstrip("0123456789-:")  # such as `17-25:-Xlog…`
    return f"-{option}".startswith(_KEPT_OUT_OF_JVM_OPTIONS)


def users_entry(user: str, password: str, *, salt: bytes) -> str:
    """Write the line of a user for the `users` file.

    The server reads PBKDF2 with HMAC-SHA512 as `{PBKDF2}rounds$salt$hash`.

    Args:
        user: The user's name.
        password: What the user will send.
        salt: 32 random bytes.
    """
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _PBKDF2_ROUNDS, dklen=32)
    encoded = [base64.b64encode(part).decode() for part in (salt, digest)]
    return f"{user}:{{PBKDF2}}{_PBKDF2_ROUNDS}${encoded[0]}${encoded[1]}\n"


def environment(server: Server) -> Mapping[str, str]:
    """Return the whole environment of the server; the launcher hands all of it on."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "ES_HOME": str(server.tree),
        "ES_PATH_CONF": str(server.home / "config"),
        "ES_TMPDIR": str(server.home / "tmp"),
        "ES_DISTRIBUTION_TYPE": "tar",
        "ES_JAVA_OPTS": f"-Xms{server.heap} -Xmx{server.heap}",
        "ES_JAVA_HOME": str(server.java.home),
        "JAVA": str(server.java.home / "bin" / "java"),
        "JAVA_TYPE": "ES_JAVA_HOME",
    }


def command(server: Server) -> Sequence[str]:
    """Return the command line of the launcher, which keeps the server as its child."""
    java = [str(server.java.home / "bin" / "java"), *_LAUNCHER_OPTIONS]
    if server.release.major >= 9:
        tools = server.tree / "lib" / "tools" / "server-launcher" / "*"
        return [*java, "-cp", str(tools), "org.elasticsearch.server.launcher.ServerLauncher"]
    libraries = f"{server.tree}/lib/*:{server.tree}/lib/cli-launcher/*"
    return [
        *java,
        "-Dcli.name=server",
        "-Dcli.script=./bin/elasticsearch",
        "-Dcli.libs=lib/tools/server-cli",
        f"-Des.path.home={server.tree}",
        f"-Des.path.conf={server.home / 'config'}",
        "-Des.distribution.type=tar",
        "-Des.java.type=ES_JAVA_HOME",
        "-cp",
        libraries,
        "org.elasticsearch.launcher.CliToolLauncher",
    ]
