"""What is remembered of a node, and what of it anybody may see."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from scripts.dev.node import state
from scripts.dev.node.process import ProcessId
from scripts.dev.node.state import NodeState

NODE = NodeState(
    name="default",
    process=ProcessId(pid=4321, started="987"),
    version="9.4.3",
    security=True,
    home="/somewhere",
    url="http://127.0.0.1:9200",
    licence="basic",
    user="dev",
    password="the-password",
    api_key="the-key",
    owner=ProcessId(pid=1234, started="55"),
)


def test_state_comes_back_as_it_was(tmp_path: Path) -> None:
    """What was written is read back whole."""
    state.write(tmp_path, NODE)
    assert state.read(tmp_path, "default") == NODE


def test_state_is_for_its_owner_only(tmp_path: Path) -> None:
    """The file holds a password, so nobody else may read it, even after it was replaced."""
    for _ in range(2):
        state.write(tmp_path, NODE)
        mode = state.path_of(tmp_path, "default").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["elasticsearch-default.json"]


def test_secrets_are_not_shown() -> None:
    """Neither the printed object nor the public view holds a password or a key."""
    for shown in (repr(NODE), json.dumps(NODE.public())):
        assert "the-password" not in shown
        assert "the-key" not in shown


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": "default", "colour": "red"}'])
def test_a_file_of_another_making_is_no_state(tmp_path: Path, text: str) -> None:
    """A half-written or foreign file is taken for nothing, never for an error."""
    state.path_of(tmp_path, "default").write_text(text)
    assert state.read(tmp_path, "default") is None


def test_nothing_is_known_of_a_forgotten_node(tmp_path: Path) -> None:
    """A forgotten node leaves no file; forgetting twice does no harm."""
    state.write(tmp_path, NODE)
    state.forget(tmp_path, "default")
    state.forget(tmp_path, "default")
    assert state.read(tmp_path, "default") is None
    assert not list(tmp_path.iterdir())
