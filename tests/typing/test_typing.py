"""Type checkers see the API as it is documented, and find a shop's mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
API = HERE / "api.py"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_mypy() -> None:
    """In strict mode everything fits, and every marked mistake is found."""
    done = run("mypy", "--strict", "--warn-unused-ignores", str(API))
    assert done.returncode == 0, done.stdout + done.stderr


def test_pyright() -> None:
    """The same for the checker inside most editors."""
    done = run("pyright", "--outputjson", "--pythonpath", sys.executable, "--project", str(HERE))
    answer = json.loads(done.stdout)
    found = [(d["range"]["start"]["line"] + 1, d["message"]) for d in answer["generalDiagnostics"]]
    assert found == []
    assert answer["summary"]["filesAnalyzed"] == 1


@pytest.mark.parametrize("mistake", ['shop.search(indx="products")', "shop.count(indx=1)"])
def test_a_mistake_is_an_error(tmp_path: Path, mistake: str) -> None:
    """A misspelled argument fails the check, so that the ignores above prove something."""
    code = (
        f"from es_hybrid import HybridClient\n\ndef f(shop: HybridClient) -> None:\n    {mistake}\n"
    )
    path = tmp_path / "mistake.py"
    path.write_text(code, encoding="utf-8")
    done = run("mypy", "--strict", str(path))
    assert done.returncode == 1
    assert 'Unexpected keyword argument "indx"' in done.stdout
