"""A real node: started once, found again, closed to strangers, stopped without a trace."""

from __future__ import annotations

import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from scripts.dev.node import http, java, state
from scripts.dev.node.places import PROJECT
from scripts.dev.node.process import ProcessId
from scripts.dev.node.state import NodeState
from scripts.dev.stack.venv import make_stamp

pytestmark = pytest.mark.node

_TOOLS = PROJECT / "scripts" / "dev"
_BOOT_WITHIN_S = 660


def command(tool: str, *words: str) -> list[str]:
    return [sys.executable, str(_TOOLS / tool), *words]


@dataclass(frozen=True, slots=True)
class Node:
    """A node of these tests' own, driven as a person drives it."""

    state_dir: Path
    name: str = "test-node"

    def call(self, verb: str, *words: str) -> subprocess.CompletedProcess[str]:
        options = ["--state-dir", str(self.state_dir), "--name", self.name]
        return subprocess.run(
            command("elasticsearch.py", verb, *options, *words),
            capture_output=True,
            text=True,
            check=False,
            timeout=_BOOT_WITHIN_S,
        )

    @property
    def known(self) -> NodeState:
        found = state.read(self.state_dir, self.name)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with security on, started by two commands at once."""
    node = Node(tmp_path_factory.mktemp("state"))
    options = ["--state-dir", str(node.state_dir), "--name", node.name, "--security"]
    starts = [
        subprocess.Popen(
            command("elasticsearch.py", "start", *options), stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [start.communicate(timeout=_BOOT_WITHIN_S)[0] for start in starts]
    try:
        assert [start.returncode for start in starts] == [0, 0]
        assert told[0] == told[1], "two starts at once must end with one node"
        yield node
    finally:
        node.call("stop", "--purge")


def test_start_says_where_and_what(node: Node) -> None:
    """A start ends with one line: address, version and licence; a second one is immediate."""
    before = node.known
    again = node.call("start", "--security")
    assert again.stdout.count("\n") == 1
    assert again.stdout.startswith(f"{before.url}  Elasticsearch {before.version}, basic licence")
    assert again.stderr == ""
    assert node.known == before


def test_node_is_closed_to_strangers(node: Node) -> None:
    """With security on, a request needs the key or the user; the key opens everything."""
    known = node.known
    assert http.request(known.url).status == 401
    me = http.request(f"{known.url}/_security/_authenticate", authorization=known.authorization)
    assert me.body["username"] == "dev"
    made = http.request(
        f"{known.url}/_security/role/reader",
        authorization=known.authorization,
        payload={"cluster": ["monitor"]},
    )
    assert made.status == 200


def test_secrets_are_told_only_when_asked(node: Node) -> None:
    """Status shows no secret; `--export` gives the lines for a shell."""
    known = node.known
    assert known.password is not None
    assert known.api_key is not None
    for shown in (node.call("status"), node.call("status", "--json")):
        assert shown.returncode == 0
        assert known.url in shown.stdout
        assert known.password not in shown.stdout
        assert known.api_key not in shown.stdout
    exported = node.call("status", "--export").stdout.splitlines()
    assert exported == [
        f"export ES_HYBRID_ES_URL={known.url}",
        f"export ES_HYBRID_ES_API_KEY={known.api_key}",
    ]
    mode = state.path_of(node.state_dir, node.name).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_status_as_json_is_for_programs(node: Node) -> None:
    """The machine-readable status names the process, the version and the address."""
    said: dict[str, Any] = json.loads(node.call("status", "--json").stdout)
    assert said["running"] is True
    assert said["process"]["pid"] == node.known.process.pid
    assert said["url"] == node.known.url
    absent = Node(node.state_dir, name="absent").call("status", "--json")
    assert json.loads(absent.stdout) == {"running": False}
    assert absent.returncode == 1


def test_a_node_of_another_kind_is_refused(node: Node) -> None:
    """Asked for something else under the same name, start says what is running."""
    other = "8.14.1" if node.known.version != "8.14.1" else "9.4.3"
    refused = node.call("start", "--security", "--version", other)
    assert refused.returncode == 1
    assert f"version {node.known.version}" in refused.stderr
    assert "security on" in node.call("start").stderr


def test_server_does_not_run_as_root(node: Node) -> None:
    """Elasticsearch refuses to be root, so root starts it as somebody else."""
    shown = subprocess.run(
        ["ps", "-o", "uid=", "-p", str(node.known.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(shown.stdout) == (os.geteuid() or pwd.getpwnam("nobody").pw_uid)


def test_stop_leaves_a_foreign_process_alone(node: Node) -> None:
    """A recorded number that now belongs to another process is not stopped."""
    known = node.known
    bystander = Node(node.state_dir, name="bystander")
    foreign = ProcessId(pid=known.process.pid, started="1")
    state.write(node.state_dir, replace(known, name=bystander.name, process=foreign))
    assert "was not running" in bystander.call("stop").stdout
    assert known.process.running
    assert "running" in bystander.call("status").stdout


def test_run_starts_what_is_missing_and_stops_it_again(tmp_path: Path) -> None:
    """A command beside the services finds them in its environment; nothing is left afterwards."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    python = venv / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    script = tmp_path / "asks.py"
    script.write_text(
        "import json, os, sys\n"
        "from urllib.request import urlopen\n"
        "from pathlib import Path\n"
        "ours = {n: v for n, v in os.environ.items() if n.startswith('ES_HYBRID_')}\n"
        "es = json.load(urlopen(ours['ES_HYBRID_ES_URL']))\n"
        "health = urlopen(ours['ES_HYBRID_EMBED__BASE_URL'].replace('/v1', '/health'))\n"
        "print(json.dumps({'version': es['version']['number'], 'models': health.status}))\n"
        "sys.exit(7)\n"
    )
    release, _ = java.choose(java.find_javas(os.environ, as_root=os.geteuid() == 0))
    stamp = make_stamp(
        (PROJECT / "pyproject.toml").read_bytes(), client_major=min(release.major, 9)
    )
    (venv / "es-hybrid-stamp.json").write_text(json.dumps(stamp))
    dev_dir = tmp_path / "dev"
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("ES_HYBRID_")
    }
    ran = subprocess.run(
        command(
            *("services.py", "run", "--models", "--state-dir", str(dev_dir)),
            *("--venv", str(venv), "--version", release.version),
            *("--", sys.executable, str(script)),
        ),
        capture_output=True,
        text=True,
        check=False,
        env=environ,
        timeout=_BOOT_WITHIN_S,
    )
    assert ran.returncode == 7, ran.stderr
    assert json.loads(ran.stdout) == {"version": release.version, "models": 200}
    assert f"using Elasticsearch {release.version}, basic licence" in ran.stderr
    assert not list(dev_dir.glob("*.json"))
    assert not list(dev_dir.glob("*run-*"))
    assert not list((dev_dir / "nodes").glob("*"))
