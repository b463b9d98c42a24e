"""No hand-written module grows past the limit unseen."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_long_modules_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module over 300 lines fails, one of 300 passes, generated ones and tests do not count."""
    main = runpy.run_path(str(ROOT / "scripts/dev/check_sizes.py"))["main"]
    for place, lines in {
        "es_hybrid/rank/fuse.py": 300,
        "es_hybrid/_sync/client.py": 900,
        "tests/test_client.py": 900,
    }.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("x = 1\n" * lines)
    assert main(root=tmp_path) == 0
    (tmp_path / "es_hybrid/rank/fuse.py").write_text("x = 1\n" * 301)
    assert main(root=tmp_path) == 1
    assert capsys.readouterr().out.startswith("es_hybrid/rank/fuse.py: 301 lines")
