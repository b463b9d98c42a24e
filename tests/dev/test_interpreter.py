"""A Python that is new enough is found, whatever `python3` is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.dev import interpreter
from scripts.dev.node.places import PROJECT


def install(folder: Path, name: str, script: str) -> Path:
    command = folder / name
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return command


def test_new_enough_python_is_found_beside_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old `python3`, and a shim that runs nothing, are passed over."""
    install(tmp_path, "python3", "exit 1")
    install(tmp_path, "python3.13", "echo 'not installed' >&2; exit 127")
    good = install(tmp_path, "python3.11", f'exec {sys.executable} "$@"')
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreter.supported_python() == str(good)


def test_none_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every Python is too old, one line says what to install."""
    install(tmp_path, "python3", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        interpreter.require_supported_python()


@pytest.mark.parametrize("name", ["elasticsearch.py", "bootstrap.py", "services.py"])
def test_commands_run_from_anywhere_without_an_environment(name: str, tmp_path: Path) -> None:
    """Each command works by its path, in a clean environment, before anything is installed."""
    command = [sys.executable, "-I", "-S", str(PROJECT / "scripts" / "dev" / name), "--help"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "usage:" in shown.stdout
