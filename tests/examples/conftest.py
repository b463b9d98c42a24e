"""The example package, installed as a shop would install it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "examples" / "shop_plugins"


@pytest.fixture(scope="session")
def installed_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build and install the example package into a directory of its own; needs no network."""
    target = tmp_path_factory.mktemp("site-packages")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    where = ["--no-build-isolation", "--target", str(target), str(PACKAGE)]
    done = subprocess.run([*pip, *where], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n(the build needs hatchling in this environment)"
    return target


@pytest.fixture
def plugins(installed_plugins: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the example package on this process's path, and take it off again."""
    monkeypatch.syspath_prepend(installed_plugins)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "shop_plugins"]:
        del sys.modules[name]
