"""A state is whole or not there, and has one owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from es_hybrid.errors import ConfigurationError, HybridError
from es_hybrid.readers.state_file import locked, read_state, write_state


def test_a_state_is_replaced_whole(tmp_path: Path) -> None:
    """What was kept last is read; a write that was cut off leaves the one before."""
    path = tmp_path / "state.json"
    assert read_state(path) is None
    write_state(path, {"n": 1})
    write_state(path, {"n": 2})
    path.with_name("state.json.part").write_text('{"n"')
    assert read_state(path) == {"n": 2}


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_another_file_is_not_taken_for_a_state(tmp_path: Path, content: str) -> None:
    """A wrong path neither begins anew nor overwrites what is there."""
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="holds something else"):
        read_state(path)


def test_a_lock_has_one_owner(tmp_path: Path) -> None:
    """A second process is refused while the first one runs, and not after."""
    path = tmp_path / "state.json"
    with locked(path), pytest.raises(HybridError, match="another process follows"):
        locked(path)
    locked(path).close()
    with pytest.raises(ConfigurationError, match="cannot be written: No such file"):
        locked(tmp_path / "nowhere" / "state.json")
