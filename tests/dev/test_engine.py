"""Which Elasticsearch is taken, and what is said of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.dev.node.errors import SetupError
from scripts.dev.node.http import Identity
from scripts.dev.node.places import free_port
from scripts.dev.stack.engine import (
    Engine,
    EngineRequest,
    Origin,
    authorization,
    find_or_start,
    stop,
    without_password,
)


def docker(folder: Path, script: str) -> str:
    """Put a stand-in for the container engine's command on a PATH; return that PATH."""
    (folder / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "docker").chmod(0o755)
    return f"{folder}:{os.defpath}"


def test_given_address_wins(answering_port: int, tmp_path: Path) -> None:
    """A cluster whose address is given is taken, whatever else could be started."""
    url = f"http://127.0.0.1:{answering_port}"
    environ = {"ES_HYBRID_ES_URL": url, "PATH": docker(tmp_path, "exit 0")}
    found = find_or_start(EngineRequest(dev_dir=tmp_path, environ=environ))
    assert found == Engine(url, Identity("9.4.3", "basic"), Origin.ADDRESS)


def test_given_address_of_another_version_is_passed_over(
    answering_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where exactly one version is wanted, another one is not used in its place."""
    monkeypatch.setattr("scripts.dev.node.java.find_javas", lambda *_args, **_options: [])
    environ = {"ES_HYBRID_ES_URL": f"http://127.0.0.1:{answering_port}", "PATH": ""}
    with pytest.raises(SetupError, match=r"for 8\.14\.1"):
        find_or_start(EngineRequest(version="8.14.1", dev_dir=tmp_path, environ=environ))


def test_running_container_comes_before_a_process(answering_port: int, tmp_path: Path) -> None:
    """Where a container of ours runs, no process is started, and it is not ours to stop."""
    script = f'case "$*" in *" ps "*) echo abc ;; *" port "*) echo 0:{answering_port} ;; esac'
    environ = {"PATH": docker(tmp_path, script)}
    found = find_or_start(EngineRequest(name="run-1", dev_dir=tmp_path, environ=environ))
    assert found.origin is Origin.CONTAINER
    assert found.url == f"http://127.0.0.1:{answering_port}"
    assert not list(tmp_path.glob("*.json"))


def test_started_container_is_remembered_until_it_is_stopped(
    answering_port: int, tmp_path: Path
) -> None:
    """A container that was started for a run has a name of its own and is removed by it."""
    up, calls = tmp_path / "up", tmp_path / "calls"
    script = f"""echo "$*" >> {calls}
case "$*" in
  *-run-1" up "*) touch {up} ;;
  *-run-1" ps "*) test -e {up} && echo abc ;;
  *" port "*) echo 0:{answering_port} ;;
esac"""
    environ = {"PATH": docker(tmp_path, script)}
    found = find_or_start(EngineRequest(name="run-1", dev_dir=tmp_path, environ=environ))
    assert found.origin is Origin.CONTAINER
    assert [path.name for path in tmp_path.glob("*.json")] == ["container-run-1.json"]
    stop("run-1", dev_dir=tmp_path, environ=environ, purge=True)
    assert calls.read_text().splitlines()[-1].endswith("-run-1 down --volumes")
    assert not list(tmp_path.glob("*.json"))


def test_given_address_without_a_server_is_an_error(tmp_path: Path) -> None:
    """A wrong address is reported, without its password, and nothing else is started."""
    port = free_port()
    environ = {"ES_HYBRID_ES_URL": f"http://user:secret@127.0.0.1:{port}", "PATH": ""}
    with pytest.raises(SetupError) as caught:
        find_or_start(EngineRequest(dev_dir=tmp_path, environ=environ))
    assert f"http://127.0.0.1:{port}" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_nothing_at_all_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an address, a container engine and Java, one line names all three ways out."""
    monkeypatch.setattr("scripts.dev.node.java.find_javas", lambda *_args, **_options: [])
    with pytest.raises(SetupError) as caught:
        find_or_start(EngineRequest(dev_dir=tmp_path, environ={"PATH": ""}))
    for way_out in ("JDK", "container engine", "ES_HYBRID_ES_URL"):
        assert way_out in str(caught.value)
    assert "\n" not in str(caught.value)


def test_printed_engine_holds_no_secret() -> None:
    """Neither the line for people nor the object's own shows a password or a key."""
    identity = Identity(version="9.4.3", licence="basic")
    engine = Engine("http://u:secret@shop:9200", identity, Origin.ADDRESS, api_key="the-key")
    assert str(engine) == (
        "Elasticsearch 9.4.3, basic licence at http://shop:9200, given by ES_HYBRID_ES_URL"
    )
    assert "the-key" not in repr(engine)


@pytest.mark.parametrize(
    ("url", "key", "expected"),
    [
        ("http://shop:9200", None, None),
        ("http://shop:9200", "abc", "ApiKey abc"),
        ("http://dev:p%40ss@shop:9200", None, "Basic ZGV2OnBAc3M="),
        ("http://dev:pass@shop:9200", "abc", "ApiKey abc"),
    ],
)
def test_server_is_opened_by_key_or_by_the_user_in_its_address(
    url: str, key: str | None, expected: str | None
) -> None:
    """A key wins over a user; a user may stand in the address, escaped."""
    assert authorization(url, key) == expected


@pytest.mark.parametrize("url", ["http://shop:9200/path", "http://u@shop:9200/path"])
def test_address_is_shown_without_its_user(url: str) -> None:
    """Only what opens the server is taken out of an address."""
    assert without_password(url) == "http://shop:9200/path"
