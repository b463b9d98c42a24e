"""The environment is made once, and again only when what it holds should change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.dev.node.errors import SetupError
from scripts.dev.node.places import PROJECT
from scripts.dev.stack.venv import ensure, make_stamp, requirements


@pytest.fixture
def stamped(tmp_path: Path) -> Path:
    """An environment in which everything is installed, with client 8."""
    folder = tmp_path / "venv"
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 'error: was run'\nexit 1\n")
    python.chmod(0o755)
    stamp = make_stamp((PROJECT / "pyproject.toml").read_bytes(), client_major=8)
    (folder / "es-hybrid-stamp.json").write_text(json.dumps(stamp))
    return folder


@pytest.mark.parametrize("server_major", [None, 8])
def test_complete_environment_is_left_alone(stamped: Path, server_major: int | None) -> None:
    """Nothing is run or installed where the stamp says that all is there."""
    before = sorted(stamped.rglob("*"))
    found = ensure(stamped, server_major=server_major, dev_dir=stamped.parent)
    assert found == stamped / "bin" / "python"
    assert sorted(stamped.rglob("*")) == before


def test_another_server_needs_another_client() -> None:
    """The stamp changes with the project file and with the client's major."""
    stamp = make_stamp(b"dependencies", client_major=9)
    assert stamp == make_stamp(b"dependencies", client_major=9)
    assert stamp != make_stamp(b"dependencies", client_major=8)
    assert stamp != make_stamp(b"other dependencies", client_major=9)


@pytest.mark.parametrize(
    ("major", "client"), [(8, "elasticsearch>=8,<9"), (9, "elasticsearch>=9,<10")]
)
def test_client_is_of_the_servers_major(major: int, client: str) -> None:
    """A server of one major gets the client of that major, with every extra."""
    wanted = requirements(major)
    assert client in wanted
    assert wanted[:2] == ["--editable", f"{PROJECT}[local,async,dev]"]


def test_failing_installation_gives_pips_reason(
    stamped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What pip said last is passed on, and no stamp claims that all is there."""
    monkeypatch.setattr("scripts.dev.stack.venv._works", lambda _python: True)
    with pytest.raises(SetupError, match="error: was run"):
        ensure(stamped, server_major=9, dev_dir=stamped.parent)
    assert json.loads((stamped / "es-hybrid-stamp.json").read_text())["client_major"] == 8
