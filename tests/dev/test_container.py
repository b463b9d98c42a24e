"""A container is used where its engine answers, and only our own is removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.dev.node.process import ProcessId
from scripts.dev.stack import container
from scripts.dev.stack.container import Container

RUNNING = """case "$*" in
  info|"compose version") exit 0 ;;
  *" ps "*) echo 0123abcd ;;
  *" port "*) echo 127.0.0.1:9207 ;;
esac"""


class Docker:
    """A stand-in for the engine's command, which is no part of what is tested."""

    def __init__(self, folder: Path) -> None:
        self._calls = folder / "calls"
        self._calls.touch()
        self._command = folder / "docker"
        self.environ = {"PATH": f"{folder}:{os.defpath}"}

    def answers(self, script: str) -> None:
        self._command.write_text(f'#!/bin/sh\necho "$*" >> {self._calls}\n{script}\n')
        self._command.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines()


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    return Docker(tmp_path)


def test_a_command_without_an_engine_is_not_enough(docker: Docker) -> None:
    """The command being there says nothing: the engine has to answer, with compose."""
    assert not container.engine_answers({"PATH": "/nonexistent"})
    docker.answers("echo 'Cannot connect to the daemon' >&2; exit 1")
    assert not container.engine_answers(docker.environ)
    docker.answers('test "$1" = info')
    assert not container.engine_answers(docker.environ)
    docker.answers(RUNNING)
    assert container.engine_answers(docker.environ)


def test_an_engine_that_hangs_does_not_answer(
    docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that says nothing for seconds is taken for none."""
    monkeypatch.setattr(container, "_ENGINE_ANSWERS_WITHIN_S", 0.3)
    docker.answers("exec sleep 600")
    assert not container.engine_answers(docker.environ)


def test_running_container_is_found_with_its_port(docker: Docker) -> None:
    """The address is the one that the engine published."""
    docker.answers(RUNNING)
    found = container.find("es-hybrid", environ=docker.environ)
    assert found == Container("es-hybrid", "0123abcd", "http://127.0.0.1:9207")
    docker.answers("exit 0")
    assert container.find("es-hybrid", environ=docker.environ) is None


def test_only_our_own_container_is_removed(docker: Docker) -> None:
    """A container that took the place of ours is left alone."""
    docker.answers(RUNNING)
    other = Container("es-hybrid", "ffff", "http://127.0.0.1:9207")
    container.remove(other, environ=docker.environ, purge=False)
    assert not [call for call in docker.calls if " down" in call]
    ours = Container("es-hybrid", "0123abcd", "http://127.0.0.1:9207")
    container.remove(ours, environ=docker.environ, purge=True)
    assert docker.calls[-1].endswith("--project-name es-hybrid down --volumes")


def test_start_asks_for_a_version_and_a_port_and_waits(docker: Docker) -> None:
    """The container is started healthy, with the version and the port that are wanted."""
    seen = docker.environ["PATH"].partition(":")[0] + "/seen"
    docker.answers(
        f'case "$*" in *" up "*) echo "$ES_VERSION $ES_PORT $*" > {seen} ;; esac\n{RUNNING}'
    )
    started = container.start("es-hybrid", version="8.14.1", port=9207, environ=docker.environ)
    assert started is not None
    said = Path(seen).read_text()
    assert said.startswith("8.14.1 9207 ")
    assert said.rstrip().endswith("up --detach --wait elasticsearch")


def test_container_that_will_not_start_is_none(docker: Docker) -> None:
    """A failing start is no error: a plain process can be used instead."""
    docker.answers("exit 1")
    assert container.start("x", version=None, port=0, environ=docker.environ) is None


def test_what_was_started_is_remembered(tmp_path: Path) -> None:
    """The record brings the container back, without whom it was for."""
    started = Container("es-hybrid-run-1", "0123abcd", "http://127.0.0.1:9207")
    owner = ProcessId(pid=1, started="2")
    container.remember(tmp_path, "run-1", started, owner=owner)
    assert container.recall(tmp_path, "run-1") == started
    assert container.recall(tmp_path, "run-2") is None
